"""The catalogue is whole, and says what it may."""

import pytest
import yaml

from infra.environment import PLAYBOOKS
from infra.errors import JolibaError
from infra.hosts.catalogue import Answer, chosen, read_catalogue

CATALOGUE = read_catalogue()


def test_a_person_may_name_recommendations_and_rules():
    assert chosen(CATALOGUE, ["r9", "kernel-pointers-hidden"]) == ("R9", "kernel-pointers-hidden")


def test_a_name_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(JolibaError, match="did you mean kernel-pointers-hidden"):
        chosen(CATALOGUE, ["kernel-pointer-hidden"])


def test_what_no_rule_looks_at_is_not_asked_alone():
    for names in (["R2"], ["r2", "R4"]):
        with pytest.raises(JolibaError, match="no rule looks at hosts"):
            chosen(CATALOGUE, names)

    assert chosen(CATALOGUE, ["R2", "R9"]) == ("R2", "R9")
    assert chosen(CATALOGUE, []) == ()


def test_a_rollback_leaves_what_the_running_host_goes_on_writing():
    written = ("/var/log/", "/var/spool/", "/var/lib/systemd/", "/run/", "/home/")
    for recommendation in CATALOGUE.recommendations.values():
        if recommendation.number.startswith("R"):
            inside = [path for path in recommendation.touches.files if path.startswith(written)]
            assert not inside, recommendation.number


def test_what_loads_a_firewall_has_its_tables_saved():
    loads = {rule.recommendation for rule in CATALOGUE.rules.values() if "firewall_flows" in rule.probe}
    assert loads
    assert all(CATALOGUE.recommendations[number].touches.firewall for number in loads)


def test_what_is_automated_can_be_remedied_and_what_is_asked_of_people_says_what_they_show():
    for recommendation in CATALOGUE.recommendations.values():
        remedied = [rule for rule in recommendation.rules.values() if rule.remedied]
        assert bool(remedied) == (recommendation.answer is Answer.AUTOMATED), recommendation.number
        assert bool(recommendation.evidence) == (recommendation.answer is Answer.ORGANISATIONAL), recommendation.number
        if recommendation.answer is Answer.AUDITED:
            assert recommendation.rules, recommendation.number


LOADED = [
    "Have the resolver read its servers",
    "Load the audit rules",
    "Load the firewall",
    "Load the kernel's parameters",
]
"""Handlers by which files come into effect that others can undo in effect alone."""


def test_what_fails_in_effect_alone_is_loaded_again():
    """A remedy runs where something fails, and its file may be as it should be already."""
    files = (PLAYBOOKS / "roles").glob("*/tasks/*.yml")
    tasks = [task for file in files for task in yaml.safe_load(file.read_text()) if task.get("notify") in LOADED]

    assert sorted({task["notify"] for task in tasks}) == LOADED
    assert [task["name"] for task in tasks if task.get("changed_when") is not True] == []
