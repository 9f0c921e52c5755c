"""Debian 12 first, the others where a rule is the same: no remedy reaches a system that it is not written for."""

import re

import pytest
import yaml

from infra.environment import PLAYBOOKS
from infra.hosts.asking import remedies
from infra.hosts.catalogue import read_catalogue

CATALOGUE = read_catalogue()
ROCKY = "rocky-9"
FAMILY = "joliba_asked.os is match('debian|ubuntu')"
"""The condition of a task that is for Debian and Ubuntu only."""
DEBIANS = re.compile(
    r"\bapt|dpkg|debconf|DEBIAN|pam-auth-update|update-grub|default/grub|\bssh\.service|chrony\.service|chrony/"
    r"|pam\.d/common-|bash\.bashrc|exim|/etc/aide/|/etc/nftables\.conf"
    r"|resolved"
)
"""What is called so, or is there from the start, on Debian and Ubuntu alone."""


def remedied_on(recommendation, system):
    return any(
        rule.remedied and (not rule.systems or system in rule.systems)
        for rule in CATALOGUE.on(system).recommendations[recommendation.number].rules.values()
    )


def tasks(role, name):
    """A file's tasks that are not limited to Debian and Ubuntu, with those that it includes and its handlers."""
    handlers = PLAYBOOKS / "roles" / role / "handlers/main.yml"
    told = yaml.safe_load(handlers.read_text()) if handlers.exists() else []
    for task in yaml.safe_load((PLAYBOOKS / "roles" / role / "tasks" / name).read_text()):
        conditions = task.get("when", [])
        if FAMILY in (conditions if isinstance(conditions, list) else [conditions]):
            continue
        yield task
        notified = task.get("notify", [])
        for name_of_handlers in [notified] if isinstance(notified, str) else notified:
            found = [each for each in told if name_of_handlers in (each["name"], each.get("listen"))]
            assert found, name_of_handlers
            yield from found
        if included := task.get("ansible.builtin.include_role"):
            yield from tasks(included["name"], included["tasks_from"])
        if included := task.get("ansible.builtin.include_tasks"):
            yield from tasks(role, included)


def debians_words(recommendation):
    file = f"{recommendation.number[0]}{int(recommendation.number[1:]):02}.yml"
    return set(DEBIANS.findall(yaml.safe_dump(list(tasks(recommendation.chapter, file)))))


@pytest.mark.parametrize(
    "recommendation",
    [each for each in CATALOGUE.recommendations.values() if remedied_on(each, ROCKY)],
    ids=lambda each: each.number,
)
def test_what_is_remedied_on_rocky_has_nothing_of_debian(recommendation):
    assert not debians_words(recommendation)
    assert not recommendation.touches.packages, "packages of Rocky are not taken back (docs/decisions/0017)"


def test_some_remedies_are_for_rocky_and_the_others_really_are_debians():
    limited = [each for each in CATALOGUE.recommendations.values() if each.remedied_on]

    assert {"R9", "R12", "R28", "R39"} <= {
        each.number for each in CATALOGUE.recommendations.values() if remedied_on(each, ROCKY)
    }
    assert [each.number for each in limited if not debians_words(each)] == []


@pytest.mark.parametrize(
    ("system", "remedied"),
    [("debian-12", {"R9", "R33"}), ("debian-13", {"R9", "R33"}), ("ubuntu-24.04", {"R9", "R33"}), (ROCKY, {"R9"})],
)
def test_what_is_not_written_for_a_system_is_audited_there_and_left(system, remedied):
    failing = [
        {"rule": name, "recommendation": CATALOGUE.rules[name].recommendation, "verdict": "fail"}
        for name in ("kernel-pointers-hidden", "audit-runs")
    ]

    found = remedies(CATALOGUE.on(system), failing, {})

    assert {each["number"] for each in found["recommendations"]} == remedied
    assert set(found["settings"]) == remedied
    assert bool(found["touches"]["packages"]) == ("R33" in remedied)
