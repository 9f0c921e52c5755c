"""A rollback that nobody has proven: the host goes back to how it was before it, unless somebody gets in."""

import errno
import json
from types import SimpleNamespace

import pytest
from ansible.module_utils.joliba.restore import points, program, revert, rollback
from ansible.module_utils.joliba.restore.points import ROLLBACK, Refused
from restore_points import create, fire, roll_back, seen

BEFORE = b"caf\xe9\n"


@pytest.fixture
def twice(store, tree, hardened):
    """``issue`` hardened by ``run``, then ``people`` by ``later``; both proven."""
    people = tree / "sudoers.d" / "people"
    create("later", store, files=[str(people)])
    revert.arm("later", 600, store=str(store))
    people.write_text("hardened")
    revert.disarm("later", store=str(store))
    return SimpleNamespace(issue=hardened, people=people)


@pytest.fixture
def cut_off(store, monkeypatch):
    """``cut_off(run, after)``: a rollback of the run is killed when it comes to it, or after that step of it."""

    def start(run, after=None):
        step = after or revert.restoring._restore
        where = revert.since if after else revert.restoring

        def killed(point, *others):
            if point["run"] != run:
                return step(point, *others)
            if after:
                step(point, *others)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(where, step.__name__, killed)
            with pytest.raises(KeyboardInterrupt):
                roll_back(store, run)

    return start


def known(store):
    return [point["run"] for point in points.listed(str(store))]


def test_it_stands_once_somebody_gets_in(store, hardened):
    assert [each["run"] for each in roll_back(store)] == ["run"]
    assert revert.armed(str(store))["run"] == ROLLBACK
    assert revert.remaining(revert.armed(str(store))) > 800

    revert.disarm(ROLLBACK, store=str(store))

    assert hardened.read_bytes() == BEFORE
    assert revert.armed(str(store)) is None
    assert known(store) == ["run"]
    assert roll_back(store) == []


def test_without_that_the_host_goes_back_and_can_be_rolled_back_later(store, hardened):
    roll_back(store)

    (outcome,) = fire(store)

    assert (outcome["left"], outcome["problems"]) == ({}, {})
    assert hardened.read_text() == "hardened"
    assert revert.armed(str(store)) is None
    assert [each["run"] for each in roll_back(store)] == ["run"]
    assert hardened.read_bytes() == BEFORE


def test_the_folders_of_its_timer_keep_their_times(store, tree, hardened):
    create("another", store, files=[str(tree / "empty")])
    units = store.parent / "units"
    before = seen(units)
    revert.arm("another", 600, store=str(store))
    (tree / "empty" / "file").touch()
    revert.disarm("another", store=str(store))

    roll_back(store)
    revert.disarm(ROLLBACK, store=str(store))

    assert seen(units) == before


def test_all_the_runs_that_it_took_back_stand_again(store, twice):
    assert [each["run"] for each in roll_back(store, "run")] == ["later", "run"]
    assert twice.issue.read_bytes() == BEFORE

    fire(store)

    assert [path.read_text() for path in (twice.issue, twice.people)] == ["hardened"] * 2
    assert [each["run"] for each in roll_back(store, "run")] == ["later", "run"]


@pytest.mark.parametrize("goes_on", [False, True])
def test_one_that_is_cut_off_goes_back_or_is_ended_by_the_next(store, twice, cut_off, goes_on):
    cut_off("run")
    assert twice.people.read_text() != "hardened"

    if goes_on:
        roll_back(store, "run")
        assert twice.issue.read_bytes() == BEFORE
    fire(store)

    assert [path.read_text() for path in (twice.issue, twice.people)] == ["hardened"] * 2


def test_asked_twice_before_it_is_proven_it_waits_anew(store, hardened):
    roll_back(store)

    assert roll_back(store) == []

    assert revert.armed(str(store))["run"] == ROLLBACK
    fire(store)
    assert hardened.read_text() == "hardened"


def test_an_older_run_than_the_one_that_waits_is_refused_until_that_is_over(store, twice):
    """What was saved does not hold what that run has changed, and is the only way back."""
    roll_back(store)

    with pytest.raises(Refused, match="a rollback of later waits to be proven"):
        roll_back(store, "run")

    assert revert.armed(str(store))["run"] == ROLLBACK
    assert twice.issue.read_text() == "hardened"
    revert.disarm(ROLLBACK, store=str(store))
    assert [each["run"] for each in roll_back(store, "run")] == ["run"]


def test_one_that_was_cut_off_is_ended_by_the_next_that_names_no_run(store, twice, cut_off):
    cut_off("run")

    assert [each["run"] for each in roll_back(store)] == ["run"]

    assert twice.issue.read_bytes() == BEFORE


def test_one_that_is_refused_half_way_goes_back(store, twice, monkeypatch):
    real = revert.since.begun

    def begun(point, *others):
        if point["run"] == "run":
            raise Refused("what others did cannot be told")
        return real(point, *others)

    with monkeypatch.context() as patch:
        patch.setattr(revert.since, "begun", begun)
        with pytest.raises(Refused, match="cannot be told"):
            roll_back(store, "run")
    assert twice.people.read_text() != "hardened"

    fire(store)

    assert [path.read_text() for path in (twice.issue, twice.people)] == ["hardened"] * 2


def test_what_somebody_mended_after_the_host_went_back_is_no_longer_undone(store, tree, systemd, cut_off):
    """One that was cut off had noted what it wanted."""
    create("run", store, files=[str(tree)])
    revert.arm("run", 600, store=str(store))
    (tree / "issue").write_text("hardened")
    revert.disarm("run", store=str(store))
    cut_off("run", after=revert.since.begun)
    fire(store)
    (tree / "sudoers.d" / "people").chmod(0o640)
    (tree / "sudoers.d" / "people").write_text("mended")

    roll_back(store)

    assert (tree / "sudoers.d" / "people").read_text() == "mended"
    assert (tree / "issue").read_bytes() == BEFORE


def test_a_file_that_says_what_is_armed_arms_nothing_without_a_timer(store, hardened, monkeypatch):
    """A power cut came between the two."""
    (store / "armed.json").write_text(json.dumps({"run": ROLLBACK, "deadline": 0, "boot": "another", "attempts": 0}))
    with monkeypatch.context() as patch:
        patch.setattr(revert, "at_work", lambda _: None)
        assert [each["run"] for each in roll_back(store)] == ["run"]
    assert known(store) == ["run", ROLLBACK]

    fire(store)

    assert hardened.read_text() == "hardened"


@pytest.fixture
def console(store, monkeypatch):
    """``console(run, word)``: the program beside a point, started by hand; its exit code."""

    def start(run, word):
        monkeypatch.setattr("sys.argv", ["program", word])
        monkeypatch.setattr(program, "__file__", str(store / run / "program/restore/program.py"))
        return program.main()

    return start


def test_at_the_console_it_is_taken_back_at_once(store, hardened, console):
    roll_back(store)

    assert console(ROLLBACK, "restore") == 0

    assert hardened.read_text() == "hardened"
    assert revert.armed(str(store)) is None
    assert console(ROLLBACK, "restore") == 0
    assert [each["run"] for each in roll_back(store)] == ["run"]


def test_at_the_console_it_is_let_stand(store, hardened, console):
    roll_back(store)

    assert console("run", "restore") == 0
    assert revert.remaining(revert.armed(str(store))) > 800
    assert console("run", "disarm") == 2
    assert console(ROLLBACK, "disarm") == 0

    assert hardened.read_bytes() == BEFORE
    assert known(store) == ["run"]


@pytest.mark.parametrize("why", [Refused("too full"), OSError(errno.ENOSPC, "no space left on device")])
def test_where_the_host_cannot_be_saved_it_is_put_back_all_the_same(store, hardened, monkeypatch, why):
    def refuse(*_, **_named):
        raise why

    monkeypatch.setattr(rollback.points, "save", refuse)

    assert [each["run"] for each in roll_back(store)] == ["run"]

    assert hardened.read_bytes() == BEFORE
    assert revert.armed(str(store)) is None


@pytest.mark.usefixtures("armed")
def test_a_run_that_nobody_has_proven_is_no_state_to_go_back_to(store, tree):
    (tree / "issue").write_text("locks out")

    roll_back(store, "run")

    assert (tree / "issue").read_bytes() == BEFORE
    assert revert.armed(str(store)) is None


def test_one_that_is_refused_leaves_nothing_armed(store, hardened, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EIO, "unreadable")

    with monkeypatch.context() as patch:
        patch.setattr(revert.since, "wanted", refuse)
        with pytest.raises(Refused, match="cannot be told"):
            roll_back(store)

    assert revert.armed(str(store)) is None
    assert hardened.read_text() == "hardened"
    roll_back(store)
    hardened.write_text("by others")
    fire(store)
    assert hardened.read_text() == "hardened"


def test_no_run_begins_meanwhile_and_the_next_one_removes_what_is_over(store, tree, hardened):
    roll_back(store)
    with pytest.raises(Refused, match="run rollback is at work on this host"):
        revert.alone("next", str(store))
    fire(store)
    assert known(store) == ["run", ROLLBACK]

    create("next", store, files=[str(hardened)])

    assert known(store) == ["run", "next"]
    revert.arm("next", 600, store=str(store))


def test_no_run_may_have_its_name(store):
    with pytest.raises(Refused, match="give the run another name"):
        create(ROLLBACK, store)
    create("rollback-2", store)


def test_it_saves_what_the_runs_touch_and_the_packages_that_will_go(store, monkeypatch):
    asked = []
    monkeypatch.setattr(rollback.points, "save", lambda *_, **told: asked.append(told["undoes"]))
    monkeypatch.setattr(rollback, "_touches", lambda chain: chain)
    empty = {subject: [] for subject in points.SUBJECTS}
    there = {"sudo": ["ii", "1"]}
    chain = [
        {"run": "later", "outcome": None, "touches": {**empty, "files": ["/b"], "firewall": True}},
        {
            "run": "run",
            "outcome": {"left": {"files": ["/a"]}},
            "touches": {**empty, "files": ["/a", "/etc/passwd"], "units": ["cron.service"], "firewall": False},
            "packages": {"touched": ["sudo", "auditd"], "coming": ["libauparse0"], "known": there},
        },
    ]
    rollback.begin(chain, {}, str(store))
    monkeypatch.undo()

    assert asked == [{"later": None, "run": {"left": {"files": ["/a"]}}}]
    assert rollback._touches(chain) == {
        **empty,
        "files": ["/a", "/b", "/etc/passwd"],
        "attributes": ["/home/*"],
        "units": ["cron.service"],
        "packages": ["auditd", "libauparse0", "sudo"],
        "removals": ["auditd", "libauparse0"],
        "firewall": True,
    }
