"""The catalogue is whole, and says what it may."""

import pytest
import yaml

from infra.environment import PLAYBOOKS
from infra.errors import JolibaError
from infra.hosts.catalogue import Answer, chosen, read_catalogue

CATALOGUE = read_catalogue()
ROLES = PLAYBOOKS / "roles"
LEVELS = {
    "minimal": (30, 31, 53, 54, 56, 58, 59, 61, 62, 68, 80),
    "intermediary": (
        2, 3, 5, 8, 9, 11, 12, 13, 14, 28, 32, 33, 34, 35, 39, 40, 42, 43, 44, 50, 52, 55, 63, 67, 69, 70, 74, 75, 79,
    ),
    "enhanced": (1, 7, 10, 29, 36, 37, 38, 41, 45, 51, 57, 60, 64, 65, 71, 72, 73, 78),
    "high": (4, 6, *range(15, 28), 46, 47, 48, 49, 66, 76, 77),
}  # fmt: skip
"""The level that ANSSI-BP-028 v2.0 gives each recommendation."""


def test_the_recommendations_are_the_guides_80_and_the_base():
    numbers = [*(f"R{number}" for number in range(1, 81)), *(f"B{number}" for number in range(1, 9))]
    assert list(CATALOGUE.recommendations) == numbers


def test_each_is_at_the_level_of_the_guide_and_the_base_is_for_every_host():
    guides = {f"R{number}": level for level, numbers in LEVELS.items() for number in numbers}
    found = {number: recommendation.level for number, recommendation in CATALOGUE.recommendations.items()}
    assert found == guides | {number: "minimal" for number in found if number[0] == "B"}


def test_what_is_automated_has_its_tasks_and_nothing_else_has():
    asked = {
        f"{each.chapter}/tasks/{each.number[0]}{int(each.number[1:]):02}.yml"
        for each in CATALOGUE.recommendations.values()
        if each.answer is Answer.AUTOMATED
    }
    files = {str(file.relative_to(ROLES)) for file in ROLES.glob("*/tasks/*.yml")}
    assert files - {"integrity/tasks/seal.yml"} == asked  # R76 and R79 share it


CHECKERS = {"/etc/ssh/sshd_config": "sshd -t", "/etc/sudoers": "visudo -c", "nftables": "nft -c"}
"""What judges a file by which nobody could come in any more, by what is in the file's path."""
WRITERS = ("copy", "template", "lineinfile", "blockinfile", "replace")


def tasks_of(steps):
    """Tasks, and those in their blocks."""
    for step in steps:
        yield step
        for part in ("block", "rescue", "always"):
            yield from tasks_of(step.get(part, ()))


def test_a_file_of_sshd_sudo_or_nft_is_judged_by_its_program_before_it_is_there():
    files = [file for folder in ("tasks", "handlers") for file in ROLES.glob(f"*/{folder}/*.yml")]
    tasks = [task for file in files for task in tasks_of(yaml.safe_load(file.read_text()))]
    writing = [given for task in tasks for name, given in task.items() if name.rpartition(".")[2] in WRITERS]
    written = [(given.get("dest", given.get("path")), given.get("validate", "")) for given in writing]
    judged = [(path, said, CHECKERS[part]) for path, said in written for part in CHECKERS if part in path]

    assert {checker for *_, checker in judged} == {*CHECKERS.values()}
    assert [path for path, said, checker in judged if checker not in said] == []


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
    files = ROLES.glob("*/tasks/*.yml")
    tasks = [task for file in files for task in yaml.safe_load(file.read_text()) if task.get("notify") in LOADED]

    assert sorted({task["notify"] for task in tasks}) == LOADED
    assert [task["name"] for task in tasks if task.get("changed_when") is not True] == []
