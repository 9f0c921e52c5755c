"""What rollback.yml does around proof and boot: the real playbook, over parts that write down what they are asked."""

import json

import pytest
import yaml
from playing import PLAYBOOKS, recorded, recording

BOOT = "ansible.builtin.reboot"
PARTS = ("boot", "joliba_audit", "joliba_prove_access", "joliba_restore_point")
OUTCOME = {"run": "first", "changed": {}, "left": {}, "problems": {}, "reboot": False}


@pytest.fixture
def roll_back(tmp_path):
    """``roll_back(outcomes, **variables)``: plays it, and gives what was asked of its parts, in order.

    ``armed``: the run whose revert is armed then. ``proven``: what the login answers; where it fails, so does the play,
    and what it printed is the last thing that is given.
    """

    def play(outcomes, armed=None, proven=None, **variables):
        (book,) = yaml.safe_load((PLAYBOOKS / "rollback.yml").read_text())
        for task in book["tasks"]:
            if BOOT in task:
                task["boot"] = task.pop(BOOT)
        (tmp_path / "rollback.yml").write_text(json.dumps([book]))
        recording(tmp_path, PARTS)
        answers = {
            "joliba_restore_point": {"outcomes": outcomes, "armed": armed and {"run": armed, "seconds": 900}},
            "boot": {"rebooted": True},
            "joliba_prove_access": proven or {},
        }
        asked, said = recorded(tmp_path, "rollback.yml", answers=answers, expect=2 if proven else 0, **variables)
        return [*asked, said] if proven else asked

    return play


def restored(asked):
    """The runs that were to be put back before a boot, and after it."""
    return [(each.get("run"), each.get("again", False)) for each in asked if each.get("action") == "restore"]


def order(asked):
    """The parts that were asked, with what was asked of them."""
    return [each.get("action", each["part"]) for each in asked]


@pytest.mark.parametrize("named", [{}, {"joliba_run": "first"}])
@pytest.mark.parametrize(("reboot", "needed"), [("always", False), ("needed", True)])
def test_what_was_put_back_is_put_back_again_after_a_boot(roll_back, named, reboot, needed):
    asked = roll_back([{**OUTCOME, "run": "second"}, {**OUTCOME, "reboot": needed}], joliba_reboot=reboot, **named)

    assert restored(asked) == [(named.get("joliba_run"), False), ("first", True)]


def test_a_run_that_was_put_back_long_ago_is_left_alone_after_a_boot_too(roll_back):
    assert restored(roll_back([], joliba_reboot="always")) == [(None, False)]


def test_without_a_boot_nothing_is_put_back_twice(roll_back):
    assert restored(roll_back([OUTCOME])) == [(None, False)]


def test_it_stands_once_somebody_got_in_and_a_boot_comes_after(roll_back):
    asked = roll_back([OUTCOME], armed="rollback", joliba_reboot="always")

    assert asked[0]["guarded"]
    assert order(asked) == [
        "restore", "joliba_prove_access", "disarm", "boot", "restore", "joliba_prove_access", "joliba_audit"
    ]  # fmt: skip
    assert asked[2]["run"] == "rollback"


@pytest.mark.parametrize("armed", [None, "first"])
def test_where_no_way_back_was_saved_the_login_is_proven_all_the_same(roll_back, armed):
    assert order(roll_back([OUTCOME], armed=armed)) == ["restore", "joliba_prove_access", "joliba_audit"]


def test_where_nobody_gets_in_it_does_not_stand_and_nothing_else_is_done(roll_back):
    *asked, said = roll_back([OUTCOME], armed="rollback", proven={"failed": True, "msg": "sudo -n fails"})

    assert order(asked) == ["restore", "joliba_prove_access"]
    assert "sudo -n fails (the host goes back by itself to how it was before this)" in said
