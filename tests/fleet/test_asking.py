"""What `joliba up` builds of what a person was shown, and what it tells then. The engine's part is played."""

from types import SimpleNamespace

import pytest
import typer

from infra.cli import up as command
from infra.cli.selection import Selection
from infra.fleet import building
from infra.fleet.building import UNFINISHED
from infra.fleet.events import Outcome, Status
from infra.fleet.stacks import StackName

FOUNDATION, SANTE, MINES = (StackName("ml-bko", part) for part in ("foundation", "sante", "mines"))
DUE, SAME = {"created": 2}, {"same": 2}


@pytest.fixture
def asked(monkeypatch):
    """``asked(answers, planned)``: what an `up` of these stacks tells in the end, and which it built."""

    def run(answers, planned, unready=()):
        built, ended, answers = [], [], list(answers)
        chosen = Selection(list(planned), dict.fromkeys(("ml-bko", "ne-nia"), SimpleNamespace()), unready=list(unready))

        def outcome(stack, told):
            return Outcome(stack=stack, **{"status": Status.OK, "counts": SAME, **told})

        def up(job, **_):
            built.append(job.stack)
            return outcome(job.stack, {"counts": DUE})

        monkeypatch.setattr(Selection, "waiting", lambda _: [])
        monkeypatch.setattr(command, "_begin", lambda *_, **__: (chosen, 1))
        monkeypatch.setattr(command, "show_summary", lambda outcomes, **_: ended.append(list(outcomes)))
        monkeypatch.setattr(command.sys, "stdin", SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr(command, "confirmed", lambda *_: answers.pop(0))
        monkeypatch.setattr(building, "preview", lambda job, **_: outcome(job.stack, planned[job.stack]))
        monkeypatch.setattr(building, "up", up)
        with pytest.raises(typer.Exit):
            command.up(["ml-bko"])
        assert answers == []
        return {each.stack: (each.status, each.counts) for each in ended[-1]} if ended else {}, built

    return run


def test_a_tenant_that_cannot_be_previewed_holds_up_no_other_and_is_told(asked):
    refused = {"status": Status.REFUSED, "counts": {}, "errors": ("data would be lost",)}

    told, built = asked([True], {MINES: refused, SANTE: {"counts": DUE}})

    assert built == [SANTE]
    assert told == {MINES: (Status.REFUSED, {}), SANTE: (Status.OK, DUE)}


def test_after_a_no_it_is_told_what_was_built_and_that_the_rest_was_not(asked):
    told, built = asked([True, False], {FOUNDATION: {"counts": DUE}, SANTE: {"counts": DUE}})

    assert built == [FOUNDATION]
    assert told == {FOUNDATION: (Status.OK, DUE), SANTE: (Status.SKIPPED, {})}


def test_after_a_no_to_all_nothing_was_done(asked, capsys):
    _, built = asked([False], {FOUNDATION: {"counts": DUE}, SANTE: {"counts": DUE}})

    assert built == []
    assert "nothing was done" in capsys.readouterr().out


def test_without_changes_nobody_is_asked_unless_an_earlier_run_was_interrupted(asked):
    assert asked([], {SANTE: {}})[1] == []
    assert asked([True], {SANTE: {"notes": (UNFINISHED,)}})[1] == [SANTE]


def test_what_was_previewed_when_the_person_stopped_it_is_not_told_as_built(asked):
    other, stopped = StackName("ne-nia", "foundation"), {"status": Status.STOPPED, "counts": {}}

    told, built = asked([], {FOUNDATION: {"counts": DUE}, other: stopped, SANTE: {"counts": DUE}})

    assert built == []
    assert told == {FOUNDATION: (Status.SKIPPED, {}), other: (Status.STOPPED, {})}


def test_tenants_of_a_foundation_that_failed_are_blocked_and_nobody_is_asked_of_them(asked):
    failed = Outcome(stack=FOUNDATION, status=Status.FAILED, errors=("its state cannot be read",))

    told, built = asked([], {SANTE: {"counts": DUE}}, unready=[failed])

    assert built == []
    assert told == {FOUNDATION: (Status.FAILED, {}), SANTE: (Status.BLOCKED, {})}
