"""Restore points and their order: names, later runs first, what is refused, what a killed save or restore leaves."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest
from ansible.module_utils.joliba.restore import files, points, restoring, revert
from ansible.module_utils.joliba.restore.points import Refused
from restore_points import create, save, seen


def test_later_runs_are_put_back_first(tree, store):
    before = seen(tree)
    create("first", store, files=[str(tree / "issue")])
    (tree / "issue").write_text("by the first")
    create("second", store, files=[str(tree / "sudoers.d")])
    (tree / "sudoers.d" / "people").write_text("by the second")

    outcomes = revert.restore("first", store=str(store))

    assert [outcome["run"] for outcome in outcomes] == ["second", "first"]
    assert seen(tree) == before


def test_what_would_be_put_back_is_told_and_nothing_is_changed(tree, store):
    create("run", store, files=[str(tree)])
    (tree / "issue").write_text("changed")
    now = seen(tree)

    (outcome,) = restoring.foreseen("run", str(store))

    assert outcome["changed"] == {"files": [str(tree / "issue")]}
    assert seen(tree) == now
    assert revert.restore("run", store=str(store))[0]["changed"] == outcome["changed"]
    assert restoring.foreseen("run", str(store)) == []


def test_without_a_name_the_last_run_is_put_back_and_asking_twice_goes_no_further_back(tree, store):
    create("first", store, files=[str(tree / "issue")])
    (tree / "issue").write_text("by the first")
    create("second", store, files=[str(tree / "issue")])
    (tree / "issue").write_text("by the second")

    put_back = [[each["run"] for each in revert.restore(None, store=str(store))] for _ in range(2)]

    assert put_back == [["second"], []]
    assert (tree / "issue").read_text() == "by the first"


@pytest.mark.parametrize(("run", "back"), [(None, ["first"]), ("first", ["first"]), ("saved", [])])
def test_a_run_that_was_saved_and_never_began_is_not_put_back(tree, store, run, back):
    """Its controller has died: what differs since is others' work."""
    create("first", store, files=[str(tree / "issue")])
    (tree / "issue").write_text("by the first")
    save("saved", store, files=[str(tree / "sudoers.d")])
    (tree / "sudoers.d" / "people").write_text("by others")

    assert [each["run"] for each in restoring.foreseen(run, str(store))] == back
    assert [each["run"] for each in revert.restore(run, store=str(store))] == back
    assert (tree / "sudoers.d" / "people").read_text() == "by others"
    assert (tree / "issue").read_bytes() == (b"caf\xe9\n" if back else b"by the first")


def test_a_host_of_which_runs_were_only_saved_has_nothing_to_put_back(tree, store):
    save("saved", store, files=[str(tree)])

    with pytest.raises(Refused, match="this host has no restore point"):
        revert.restore(None, store=str(store))


@pytest.mark.parametrize("run", [None, "run"])
def test_what_came_since_a_run_was_put_back_is_others_and_stays(tree, store, run):
    create("run", store, files=[str(tree)])
    (tree / "issue").write_text("by the run")
    assert revert.restore("run", store=str(store))[0]["left"] == {}
    (tree / "issue").write_text("by others, weeks later")
    (tree / "postgresql").write_text("by others, weeks later")
    now = seen(tree)

    assert revert.restore(run, store=str(store)) == []
    assert seen(tree) == now


def test_what_a_boot_has_changed_since_a_run_was_put_back_is_put_back_again_if_asked(tree, store):
    before = seen(tree)
    create("run", store, files=[str(tree)])
    revert.restore("run", store=str(store))
    (tree / "issue").write_text("by the boot")

    (outcome,) = revert.restore("run", store=str(store), again=True)

    assert outcome["changed"] == {"files": [str(tree / "issue")]}
    assert seen(tree) == before


def test_a_host_without_any_point_is_told(store):
    with pytest.raises(Refused, match="this host has no restore point"):
        revert.restore(None, store=str(store))


def test_a_run_without_a_point_is_refused_and_told_which_there_are(tree, store):
    create("first", store, files=[str(tree / "issue")])

    with pytest.raises(Refused, match="this host has first"):
        revert.restore("other", store=str(store))


@pytest.mark.parametrize("run", ["../x", "", ".hidden", "a/b", "x" * 81, "a\n"])
def test_a_name_that_is_no_run_is_refused(tree, store, run):
    with pytest.raises(Refused):
        create(run, store, files=[str(tree)])


def test_a_run_named_as_ours_are_is_accepted(tree, store):
    create("20261124T031500Z-harden-1a2b", store, files=[str(tree)])

    assert [point["run"] for point in points.listed(str(store))] == ["20261124T031500Z-harden-1a2b"]


def test_points_are_private(tree, store):
    create("run", store, files=[str(tree)])

    assert {path for path in store.rglob("*") if path.lstat().st_mode & 0o077} == set()
    assert store.stat().st_mode & 0o777 == 0o700


def test_the_oldest_points_beyond_the_number_go(tree, store):
    for number in range(7):
        create(f"run-{number}", store, files=[str(tree / "issue")])

    points.forget(points.surplus(str(store), keep=5, spared="run-6"), store=str(store))

    assert [point["run"] for point in points.listed(str(store))] == [f"run-{number}" for number in range(2, 7)]


def test_runs_that_were_put_back_push_out_no_point_of_one_that_stands(tree, store):
    for name in ("stands", "half", "whole-1", "whole-2", "whole-3"):
        create(name, store, files=[str(tree / "issue")])
    save("never-began", store, files=[str(tree / "issue")])
    for name, problems in (("half", {"audit": "locked"}), ("whole-1", {}), ("whole-2", {}), ("whole-3", {})):
        (store / name / "outcome.json").write_text(json.dumps({"left": {}, "problems": problems}))

    gone = [points.surplus(str(store), keep=keep, spared="whole-3") for keep in (6, 5, 4, 3, 2)]

    nothing_to_put_back = ["whole-1", "whole-2", "never-began"]
    assert gone == [[], *(nothing_to_put_back[:number] for number in (1, 2, 3)), [*nothing_to_put_back, "stands"]]


def test_too_much_is_refused_and_leaves_nothing(tree, store, monkeypatch):
    monkeypatch.setattr(points, "MOST_CONTENT", 10)

    with pytest.raises(Refused, match="name fewer files"):
        create("run", store, files=[str(tree)])
    assert [path.name for path in store.iterdir()] == [".lock"]


def test_a_full_disk_is_told_before_it_is_full(tree, store, monkeypatch):
    monkeypatch.setattr(points.packages, "space", lambda _folder: points.LEAVES_FREE)

    with pytest.raises(Refused, match="too full"):
        create("run", store, files=[str(tree)])


def test_a_killed_save_leaves_none_and_the_next_is_whole(tree, store, sample):
    for number in range(100):
        (tree / f"file-{number}").write_text(f"{number}\n")
    whole = 0
    for delay in sample([each * 0.012 for each in range(60)], 3):
        child = os.fork()
        if child == 0:
            create("run", store, files=[str(tree)])
            os._exit(0)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

        for point in points.listed(str(store)):
            assert restoring.differences(point, str(store)) == {}
            kept = {path.name for path in (store / "run" / "content").iterdir()}
            assert {entry["digest"] for entry in point["files"]["entries"].values() if "digest" in entry} == kept
            whole += 1
        shutil.rmtree(store / "run", ignore_errors=True)
    create("run", store, files=[str(tree)])
    assert {path.name for path in store.iterdir()} == {".lock", "run"}


def test_a_killed_restore_is_finished_by_the_next(tree, store, sample):
    for number in range(100):
        (tree / f"file-{number}").write_text(f"{number}\n")
    before = seen(tree)
    create("run", store, files=[str(tree)])
    for delay in sample([each * 0.01 for each in range(60)], 3):
        (store / "run" / "outcome.json").unlink(missing_ok=True)
        for number in range(100):
            (tree / f"file-{number}").write_text("changed")
            (tree / f"new-{number}").write_text("new")
        child = os.fork()
        if child == 0:
            revert.restore("run", store=str(store))
            os._exit(0)
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

        revert.restore("run", store=str(store))
        assert seen(tree) == before


def test_the_program_beside_a_point_needs_nothing_else(tree, store, tmp_path):
    before = seen(tree)
    create("run", store, files=[str(tree)])
    (tree / "issue").write_text("changed")
    program = [shutil.which("python3"), "-ISB", store / "run" / "program"]

    assert subprocess.run([*program, "check"], capture_output=True, check=False, cwd="/").returncode == 1
    done = subprocess.run([*program, "restore"], capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")
    assert subprocess.run([*program, "check"], capture_output=True, check=False, cwd="/").returncode == 0
    assert seen(tree) == before
    assert subprocess.run([*program, "nonsense"], capture_output=True, check=False, cwd="/").returncode == 2


def test_patterns_that_match_far_too_much_are_refused(tree, store, monkeypatch):
    monkeypatch.setattr(files, "MOST_PATHS", 3)

    with pytest.raises(Refused, match="match more than 3"):
        create("run", store, files=[str(tree)])


def test_what_was_not_wholly_put_back_is_put_back_again_before_an_earlier_run(store, tree):
    for name in ("first", "second", "third"):
        create(name, store, files=[str(tree / "issue")])
    for name, problems in (("second", {"audit": "locked"}), ("third", {})):
        (store / name / "outcome.json").write_text(json.dumps({"left": {}, "problems": problems}))

    assert [point["run"] for point in revert.restoring.chain("first", str(store))] == ["second", "first"]
    assert [point["run"] for point in revert.restoring.chain("third", str(store))] == []
    assert [point["run"] for point in revert.restoring.chain("third", str(store), again=True)] == ["third"]


DATED = [f"2026112{day}T080000Z-harden" for day in range(10)]


@pytest.mark.parametrize(
    ("kept", "run", "back"),
    [
        ([], DATED[0], []),
        ([DATED[1]], DATED[0], [DATED[1]]),  # a later run's changes go first, as ever
        ([DATED[1]], DATED[2], []),
        (DATED[1:6], DATED[2] + "2", DATED[5:2:-1]),
        (DATED[1:6], DATED[0], DATED[5:0:-1]),
        ([DATED[1], "by-hand"], DATED[2], None),
        ([DATED[1]], "mistyped", None),
    ],
)
def test_a_run_that_changed_nothing_here_has_nothing_to_put_back(store, tree, kept, run, back):
    for name in kept:
        create(name, store, files=[str(tree / "issue")])

    if back is None:
        with pytest.raises(Refused, match="no restore point"):
            revert.restoring.chain(run, str(store))
    else:
        assert [point["run"] for point in revert.restoring.chain(run, str(store))] == back


@pytest.mark.parametrize("later", [5, 4])
def test_a_run_whose_point_has_gone_is_not_taken_for_one_that_changed_nothing(store, tree, later):
    for name in DATED[: later + 1]:
        create(name, store, files=[str(tree / "issue")])
    points.forget([DATED[0]], store=str(store))

    with pytest.raises(Refused, match="no restore point"):
        revert.restoring.chain(DATED[0], str(store))
    assert [point["run"] for point in revert.restoring.chain(DATED[2], str(store))] == DATED[later:1:-1]


def test_a_step_that_ends_before_it_is_through_leaves_the_host_not_as_it_was(tree, store, monkeypatch):
    create("run", store, files=[str(tree)])
    monkeypatch.setattr(restoring.units, "reload_systemd", lambda: 1 / 0)

    (outcome,) = revert.restore("run", store=str(store))

    (step,) = outcome["left"].pop("steps")
    assert outcome["left"] == {}
    assert outcome["problems"] == {step: "ZeroDivisionError: division by zero"}


def test_a_step_that_was_through_when_it_was_tried_again_leaves_nothing(tree, store, monkeypatch):
    create("run", store, files=[str(tree)])
    calls, real = [], restoring.files.put_all_back

    def put_all_back(*arguments, **named):
        calls.append(1)
        return 1 / 0 if len(calls) == 1 else real(*arguments, **named)

    monkeypatch.setattr(restoring.files, "put_all_back", put_all_back)
    (tree / "issue").write_text("by the run")

    (outcome,) = revert.restore("run", store=str(store))

    assert len(calls) > 1
    assert (outcome["left"], outcome["problems"]) == ({}, {})
    assert (tree / "issue").read_bytes() == b"caf\xe9\n"


@pytest.mark.parametrize(("enabled", "left"), [("2", {"audit": ["audit"]}), ("1", {})])
def test_audit_rules_that_are_locked_are_left_until_the_next_boot(tree, store, monkeypatch, enabled, left):
    monkeypatch.setattr(restoring.audit, "capture", lambda: {"rules": "", "enabled": "1"})
    monkeypatch.setattr(restoring.audit, "run", lambda *command, **_: subprocess.CompletedProcess(command, 0))
    create("run", store, files=[str(tree)])
    monkeypatch.setattr(restoring.audit, "capture", lambda: {"rules": "-w /etc -p wa\n", "enabled": enabled})

    (outcome,) = revert.restore("run", store=str(store))

    assert (outcome["left"], outcome["until_boot"]) == (left, [*left])
