"""The timed revert: armed, renewed, due, cut off; over trees of files, on a host whose systemd takes every timer."""

import contextlib
import errno
import importlib.util
import json
import runpy
import threading
import time

import pytest
from ansible.module_utils.joliba.restore import points, program, revert, since
from ansible.module_utils.joliba.restore.points import Refused
from playing import PLAYBOOKS
from restore_points import create, fire, save


@pytest.fixture
def asked(store, monkeypatch):
    """``asked(*words)``: the program beside the run's point is started with these; its exit code."""

    def start(*words):
        monkeypatch.setattr("sys.argv", ["program", *words])
        monkeypatch.setattr(program, "__file__", str(store / "run/program/restore/program.py"))
        return program.main()

    return start


@pytest.mark.usefixtures("armed")
def test_an_armed_run_is_given_a_new_deadline(store, asked):
    assert asked("renew", "6000") == 0

    assert revert.remaining(revert.armed(str(store))) > 5000


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize(
    "words", [("renew",), ("renew", "soon"), ("renew", "-5"), ("renew", "1", "2"), ("due", "1"), ()]
)
def test_the_program_says_how_it_is_used(store, asked, capsys, words):
    before = revert.armed(str(store))

    assert asked(*words) == 2
    assert "python3 -ISB" in capsys.readouterr().err
    assert revert.armed(str(store)) == before


def test_a_renewal_asks_the_program_where_points_are_kept():
    assert runpy.run_path(str(PLAYBOOKS / "action_plugins/joliba_renew.py"))["_STORE"] == points.STORE


@pytest.mark.usefixtures("armed")
def test_a_renewal_has_systemd_load_nothing_anew(store, monkeypatch):
    commands = []
    monkeypatch.setattr(revert, "output", lambda *command: commands.append(command[1]))

    revert.renew("run", 600, store=str(store))
    assert commands == ["restart", "is-active"]
    revert.renew("run", 900, store=str(store))
    assert commands[2:] == ["daemon-reload", "restart", "is-active"]


@pytest.mark.usefixtures("armed")
def test_a_run_whose_revert_fires_just_then_is_not_armed_again(store):
    outcomes = []
    with points.locked(str(store)):  # as the revert does
        renewing = threading.Thread(target=lambda: outcomes.append(refused(store)))
        renewing.start()
        time.sleep(0.3)
        assert outcomes == []
        revert._disarm("run", str(store))
    renewing.join()

    assert outcomes == ["no revert of run run is armed"]
    assert revert.armed(str(store)) is None


@pytest.mark.usefixtures("armed")
def test_a_run_whose_revert_fired_is_over_even_if_something_could_not_be_put_back(store, monkeypatch):
    """What could not be is tried again in a minute: meanwhile the run neither goes on nor stands."""
    monkeypatch.setattr(revert.restoring.audit, "put_back", lambda _, problem: problem("audit rules", "locked") or [])
    armed = revert.armed(str(store))
    (store / "armed.json").write_text(json.dumps({**armed, "deadline": 0}))
    (outcome,) = revert.due(store=str(store))
    assert outcome["problems"]
    assert revert.armed(str(store))

    assert "it fired" in refused(store)
    with pytest.raises(Refused, match="it fired"):
        revert.disarm("run", store=str(store))


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize(("left", "code"), [({}, 0), ({"files": ["/etc/issue"]}, 1)])
def test_a_revert_of_which_only_a_boot_is_missing_is_over_and_no_failure(store, monkeypatch, asked, left, code):
    """Where the kernel loaded a file of the run at a boot, the next boot takes back what it does not; but no file."""
    monkeypatch.setattr(
        revert.restoring.audit, "put_back", lambda _, problem: problem("kernel.bpf", "no", until_boot=True) or []
    )
    monkeypatch.setattr(revert.restoring, "differences", lambda *_: {"kernel": ["kernel.bpf"], **left})
    (store / "armed.json").write_text(json.dumps({**revert.armed(str(store)), "deadline": 0}))

    assert asked("due") == code

    assert revert.armed(str(store)) is None
    assert json.loads((store / "run/outcome.json").read_text())["reboot"]


@pytest.mark.usefixtures("armed")
def test_weeks_after_a_revert_a_rollback_leaves_what_others_did(store, tree, asked):
    (tree / "issue").write_text("by the run")
    fire(store)
    (tree / "issue").write_text("by others")

    for name in (None, "run"):
        assert revert.restore(name, store=str(store)) == []
    assert asked("restore") == 0
    assert (tree / "issue").read_text() == "by others"
    assert revert.armed(str(store)) is None


@pytest.mark.usefixtures("hardened")
@pytest.mark.parametrize("rolled_back", [False, True])
def test_a_run_that_is_armed_is_put_back_whatever_was_noted_of_it_before(store, tree, rolled_back):
    """A name that is used twice."""
    if rolled_back:
        revert.restore("run", store=str(store))
    revert.arm("run", 600, store=str(store))
    for text in ("locks out", "goes on although it fired"):
        (tree / "issue").write_text(text)
        if text == "locks out":
            fire(store)
        else:
            revert.restore("run", store=str(store), again=True)
        assert (tree / "issue").read_bytes() == b"caf\xe9\n"


@pytest.mark.usefixtures("hardened")
def test_a_run_that_was_proven_after_all_can_be_rolled_back(store, tree):
    revert.restore("run", store=str(store))
    revert.arm("run", 600, store=str(store))
    (tree / "issue").write_text("hardened again")
    revert.disarm("run", store=str(store))

    assert [each["run"] for each in revert.restore(None, store=str(store))] == ["run"]
    assert (tree / "issue").read_bytes() == b"caf\xe9\n"


@pytest.fixture
def broken(store, tree, armed, monkeypatch):
    """A run that has changed two files, of which a revert cannot put back the one."""
    create("another", store, files=[str(tree)])
    revert._disarm("run", str(store))
    revert.arm("another", 600, store=str(store))
    for name in ("issue", "sudoers.d/people"):
        (tree / name).write_text("by the run")
    real = revert.restoring.files.put_back

    def put_back(path, *others):
        if path.endswith("people"):
            raise OSError(errno.EPERM, "immutable")
        return real(path, *others)

    monkeypatch.setattr(revert.restoring.files, "put_back", put_back)
    return lambda: monkeypatch.setattr(revert.restoring.files, "put_back", real)


def gone_back(store, *, by_itself):
    if not by_itself:
        return revert.rescue("another", store=str(store))
    for _ in range(revert._ATTEMPTS):
        outcomes = fire(store)
    return outcomes


@pytest.mark.parametrize("by_itself", [True, False])
def test_what_a_revert_left_is_put_back_later_and_what_others_did_since_stays(store, tree, broken, by_itself):
    (outcome,) = gone_back(store, by_itself=by_itself)
    assert outcome["left"] == {"files": [str(tree / "sudoers.d/people")]}
    (tree / "issue").write_text("by others")
    (tree / "postgresql").write_text("by others")
    broken()

    assert [each["left"] for each in revert.restore(None, store=str(store))] == [{}]

    assert (tree / "sudoers.d/people").read_text() == "people ALL=(ALL) ALL\n"
    assert [(tree / name).read_text() for name in ("issue", "postgresql")] == ["by others"] * 2


def test_what_a_run_did_after_its_revert_had_ended_is_not_taken_for_others(store, tree, broken):
    gone_back(store, by_itself=True)
    (tree / "issue").write_text("by the run, which goes on")

    gone_back(store, by_itself=False)

    assert (tree / "issue").read_bytes() == b"caf\xe9\n"


def refused(store):
    with pytest.raises(Refused) as why:
        revert.renew("run", 600, store=str(store))
    return str(why.value)


@pytest.mark.parametrize("killed", [True, False])
def test_a_rollback_that_is_cut_off_goes_on_by_itself(store, hardened, monkeypatch, killed):
    """Half of it may lock out: accounts are back already, and SSH still asks for the run's group."""
    armed_for = []

    def restore(*arguments):
        armed_for.append(revert.armed(str(store))["run"])
        if killed:
            raise KeyboardInterrupt
        return real(*arguments)

    real = revert.restoring.restore
    monkeypatch.setattr(revert.restoring, "restore", restore)
    with contextlib.suppress(KeyboardInterrupt):
        revert.restore("run", store=str(store))
    monkeypatch.setattr(revert.restoring, "restore", real)

    assert armed_for == ["run"]
    if killed:
        (store / "armed.json").write_text(json.dumps({**revert.armed(str(store)), "boot": "another"}))
        monkeypatch.setattr(revert, "_uptime", lambda: 10)
        revert.due(store=str(store))
    assert hardened.read_bytes() == b"caf\xe9\n"
    assert revert.armed(str(store)) is None


def test_a_rollback_that_is_refused_changes_nothing_later_either(store, hardened, monkeypatch):
    monkeypatch.setattr(since, "wanted", refusing)

    with pytest.raises(Refused, match="cannot be told"):
        revert.restore("run", store=str(store))

    assert revert.armed(str(store)) is None
    assert hardened.read_text() == "hardened"


def refusing(*_, **_named):
    raise OSError(errno.EIO, "unreadable")


@pytest.mark.usefixtures("armed")
def test_a_run_whose_end_cannot_be_noted_is_not_let_stand(store, monkeypatch):
    """Without the note a rollback would remove what others made since."""
    monkeypatch.setattr(since, "_state", refusing)
    with pytest.raises(Refused, match="cannot be noted"):
        revert.disarm("run", store=str(store))
    assert revert.armed(str(store))["run"] == "run"


@pytest.mark.usefixtures("armed")
def test_a_full_disk_holds_up_no_revert_which_begins_by_making_room(store, tree, monkeypatch):
    (tree / "issue").write_text("locks out")
    (store / "armed.json").write_text(json.dumps({**revert.armed(str(store)), "deadline": 0}))
    freed = []

    def full(path, content):
        if path.endswith("armed.json"):
            freed.append(not (store / "run/ballast").exists())
            raise OSError(errno.ENOSPC, "no space left on device")
        real(path, content)

    real = revert.durable.write_json
    assert sum(each.stat().st_blocks * 512 for each in (store / "run/ballast").iterdir()) >= points.BALLAST
    monkeypatch.setattr(revert.durable, "write_json", full)

    revert.due(store=str(store))

    assert freed == [True]
    assert (tree / "issue").read_bytes() == b"caf\xe9\n"


@pytest.mark.usefixtures("armed")
def test_a_revert_of_which_a_part_cannot_be_looked_at_ends(store, monkeypatch):
    monkeypatch.setattr(revert.restoring.files, "differences", refusing)
    for _ in range(revert._ATTEMPTS):
        (store / "armed.json").write_text(json.dumps({**revert.armed(str(store)), "deadline": 0}))
        (outcome,) = revert.due(store=str(store))
        assert [why for why in outcome["problems"].values() if "unreadable" in why]

    assert revert.armed(str(store)) is None


@pytest.fixture
def module(store, monkeypatch):
    """``module(action, run)``: what Ansible's module answers on a host whose points are in the test's own folder."""
    for function in (
        points.create, points.forget, points.listed, points.surplus, revert.alone, revert.arm, revert.armed,
        revert.at_work, revert.disarm, revert.rescue, revert.restore,
    ):  # fmt: skip
        for kind in ("__defaults__", "__kwdefaults__"):
            given = getattr(function, kind)
            if isinstance(given, dict):
                monkeypatch.setattr(function, kind, {**given, "store": str(store)})
            elif given:
                monkeypatch.setattr(
                    function, kind, tuple(str(store) if each == points.STORE else each for each in given)
                )
    file = PLAYBOOKS / "library/joliba_restore_point.py"
    specification = importlib.util.spec_from_file_location("joliba_restore_point", file)
    library = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(library)

    def answer(action, run, **asked):
        plain = {"seconds": 600, "keep": 5, "newest": False, "again": False, "guarded": False}
        return library._ACTIONS[action]({"run": run, **plain, **asked}, check=False)

    return answer


@pytest.mark.usefixtures("systemd")
def test_of_two_runs_that_overlap_one_works_and_is_never_left_without_its_way_back(store, tree, module):
    touches = {"files": [str(tree / "issue")]}
    for run in ("first", "second"):  # each found the host free
        module("create", run, touches=touches)
    with pytest.raises(Refused, match="run second has saved this host since run first did"):
        module("arm", "first")
    module("arm", "second")
    (tree / "issue").write_text("by the second")

    assert module("restore", "first", newest=True)["outcomes"] == []
    assert revert.armed(str(store))["run"] == "second"
    assert (tree / "issue").read_text() == "by the second"
    assert [point["run"] for point in points.listed(str(store))] == ["second"], "what never began is forgotten"

    assert [each["run"] for each in module("restore", "second", newest=True)["outcomes"]] == ["second"]
    assert (tree / "issue").read_bytes() == b"caf\xe9\n"
    assert revert.armed(str(store)) is None


@pytest.mark.usefixtures("systemd")
@pytest.mark.parametrize("action", ["create", "arm"])
def test_a_run_that_waited_for_its_turn_is_refused_if_another_began_meanwhile(store, module, action):
    for run in ("first", "second"):
        create(run, store, files=[])
    outcomes = []

    def begin():
        with pytest.raises(Refused, match="run first is at work") as why:
            module(action, "third" if action == "create" else "second", touches={})
        outcomes.append(why)

    with points.locked(str(store)):  # as the first does while it arms
        waiting = threading.Thread(target=begin)
        waiting.start()
        time.sleep(0.3)
        assert outcomes == []
        revert._arm("first", 600, str(store))
    waiting.join()

    assert len(outcomes) == 1
    assert revert.armed(str(store))["run"] == "first"


@pytest.mark.usefixtures("systemd")
def test_a_run_is_armed_again_while_it_is_at_work_and_a_newer_one_once_it_is_over(store, tree, module):
    module("create", "first", touches={"files": [str(tree / "issue")]})
    for _ in range(2):
        module("arm", "first")
    with pytest.raises(Refused, match="run first is at work"):
        module("create", "second", touches={})
    module("disarm", "first")

    module("create", "second", touches={})
    module("arm", "second")

    assert revert.armed(str(store))["run"] == "second"


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize("fired", [False, True])
def test_a_rescue_puts_its_run_back_even_if_its_revert_fired_and_the_run_went_on(tree, store, module, fired):
    if fired:
        fire(store)
    (tree / "issue").write_text("by the run")

    assert [each["run"] for each in module("restore", "run", newest=True)["outcomes"]] == ["run"]

    assert (tree / "issue").read_bytes() == b"caf\xe9\n"


@pytest.mark.usefixtures("broken")
def test_of_a_run_that_was_rolled_back_in_part_a_later_rollback_leaves_what_others_did(store, tree):
    """Its controller had died: nothing was noted at its end."""
    (outcome,) = revert.restore(None, store=str(store))
    assert outcome["left"] == {"files": [str(tree / "sudoers.d/people")]}
    (tree / "issue").write_text("by the boot")
    revert.restore("another", store=str(store), again=True)
    assert (tree / "issue").read_bytes() == b"caf\xe9\n"
    (tree / "issue").write_text("by others, weeks later")

    revert.restore(None, store=str(store))

    assert (tree / "issue").read_text() == "by others, weeks later"


def test_a_power_cut_once_the_last_revert_is_disarmed_leaves_a_run_that_was_put_back(store, hardened):
    disarm = revert._disarm

    def cut(*asked):
        disarm(*asked)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revert, "_disarm", cut)
        with pytest.raises(KeyboardInterrupt):
            revert.restore("run", store=str(store))
    hardened.write_text("by others")

    assert revert.restore(None, store=str(store)) == []
    assert hardened.read_text() == "by others"


@pytest.mark.usefixtures("hardened")
def test_a_run_that_was_saved_before_a_rollback_does_not_begin_after_it(store, tree):
    """Its point holds what the rollback has taken back."""
    save("waits", store, files=[str(tree / "issue")])
    revert.restore("run", store=str(store))

    with pytest.raises(Refused, match="create it first"):
        revert.arm("waits", 600, store=str(store))
    create("anew", store, files=[str(tree / "issue")])
    revert.arm("anew", 600, store=str(store))


@pytest.mark.usefixtures("hardened")
@pytest.mark.parametrize("saved", [False, True])
def test_a_rescue_of_a_run_that_never_began_takes_back_no_other(store, tree, module, saved):
    if saved:
        module("create", "refused", touches={"files": [str(tree / "issue")]})

    assert module("restore", "refused", newest=True)["outcomes"] == []

    assert (tree / "issue").read_text() == "hardened"
    assert [point["run"] for point in points.listed(str(store))] == ["run"]


@pytest.mark.usefixtures("hardened")
@pytest.mark.parametrize("guarded", [False, True])
def test_a_rollback_that_is_guarded_stays_armed(module, guarded):
    said = module("restore", "run", guarded=guarded)

    assert [each["run"] for each in said["outcomes"]] == ["run"]
    assert (said["armed"] or {}).get("run") == (points.ROLLBACK if guarded else None)


@pytest.mark.usefixtures("hardened")
@pytest.mark.parametrize("begun", [False, True])
def test_a_rescue_leaves_what_a_later_run_has_begun(store, tree, module, begun):
    module("create", "later", touches={"files": [str(tree / "issue")]})
    if begun:
        module("arm", "later")
    (tree / "issue").write_text("by the later")

    assert module("restore", "run", newest=True)["outcomes"] == []

    assert (tree / "issue").read_text() == "by the later"
    assert (revert.armed(str(store)) is not None) == begun
