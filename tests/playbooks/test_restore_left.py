"""What a rollback could not put back: a later one tries that alone, and leaves what others did meanwhile."""

import contextlib
import errno

import pytest
from ansible.module_utils.joliba.restore import points, revert
from ansible.module_utils.joliba.restore.points import ROLLBACK
from restore_points import create, fire, roll_back

BEFORE = b"caf\xe9\n"


@pytest.mark.parametrize("waits", [True, False])
def test_what_could_not_be_put_back_is_tried_later_and_others_work_stays(store, tree, systemd, waits):
    people, issue = tree / "sudoers.d" / "people", tree / "issue"
    create("run", store, files=[str(tree)])
    revert.arm("run", 600, store=str(store))
    for path in (issue, people):
        path.write_text("by the run")
    revert.disarm("run", store=str(store))
    (tree / "motd").unlink()
    (tree / "motd").write_text("by others, before the rollback")
    real = revert.restoring.files.put_back

    def put_back(path, *others):
        if path.endswith("people"):
            raise OSError(errno.EPERM, "immutable")
        return real(path, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revert.restoring.files, "put_back", put_back)
        for _ in range(2):
            (outcome,) = roll_back(store) if waits else revert.restore(None, store=str(store))
            assert outcome["left"] == {"files": [str(people)]}
            if waits:
                revert.disarm(ROLLBACK, store=str(store))
            issue.write_text("by others, since")

    assert [each["left"] for each in roll_back(store)] == [{}]

    assert people.read_text() == "people ALL=(ALL) ALL\n"
    assert issue.read_text() == "by others, since"
    assert (tree / "motd").read_text() == "by others, before the rollback"


@pytest.fixture
def immutable(monkeypatch):
    """``immutable(path)``: within it nothing can be put back at this path, or removed."""

    @contextlib.contextmanager
    def held(path):
        files = revert.restoring.files

        def refusing(step):
            def refuse(there, *others):
                if there == str(path):
                    raise OSError(errno.EPERM, "immutable")
                return step(there, *others)

            return refuse

        with monkeypatch.context() as patch:
            patch.setattr(files, "put_back", refusing(files.put_back))
            patch.setattr(files, "remove", refusing(files.remove))
            yield

    return held


@pytest.fixture
def proven(store, tree, systemd):
    """``proven(run, {path: text})``: a run that writes these, and that is proven."""

    def run(name, texts):
        create(name, store, files=[str(tree)])
        revert.arm(name, 600, store=str(store))
        for path, text in texts.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        revert.disarm(name, store=str(store))

    return run


def test_a_file_of_an_older_run_does_not_come_back_with_what_a_later_one_left(store, tree, proven, immutable):
    drop_in, people = tree / "00-joliba.conf", tree / "sudoers.d" / "people"
    proven("run", {drop_in: "hardened"})
    proven("later", {people: "hardened"})
    with immutable(people):
        roll_back(store, "later")
        revert.disarm(ROLLBACK, store=str(store))
    people.unlink()
    drop_in.unlink()  # by others

    (outcome,) = roll_back(store, "later")

    assert outcome["left"] == {}
    assert not drop_in.exists()
    assert people.read_text() == "people ALL=(ALL) ALL\n"


def test_what_a_later_run_left_and_an_older_one_put_back_is_left_no_more(store, tree, proven):
    issue = tree / "issue"
    proven("run", {issue: "by the run"})
    proven("later", {issue: "by the later"})
    real, calls = revert.restoring.files.put_back, []

    def put_back(path, *others):
        if path == str(issue) and points.listed(str(store))[1]["outcome"] is None:
            calls.append(path)
            raise OSError(errno.ENOSPC, "no space left on device")
        return real(path, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(revert.restoring.files, "put_back", put_back)
        roll_back(store, "run")
    revert.disarm(ROLLBACK, store=str(store))
    assert calls
    assert issue.read_bytes() == BEFORE

    assert roll_back(store, "run") == []

    assert issue.read_bytes() == BEFORE


def test_what_was_put_back_before_a_rollback_that_goes_back_stays_others_work(store, tree, proven, immutable):
    issue, people = tree / "issue", tree / "sudoers.d" / "people"
    proven("run", {issue: "hardened", people: "hardened"})
    with immutable(people):
        roll_back(store)
        revert.disarm(ROLLBACK, store=str(store))
    issue.write_text("by others")
    roll_back(store)
    fire(store)
    assert people.read_text() == "hardened"

    roll_back(store)

    assert issue.read_text() == "by others"
    assert people.read_text() == "people ALL=(ALL) ALL\n"


def test_a_folder_that_the_run_made_and_that_was_left_goes_with_all_in_it(store, tree, proven, immutable):
    folder = tree / "new.d"
    proven("run", {folder / "file": "by the run"})
    with immutable(folder):
        (outcome,) = roll_back(store)
        assert outcome["left"] == {"files": [str(folder)]}
        revert.disarm(ROLLBACK, store=str(store))
    (tree / "by-others").touch()

    (outcome,) = roll_back(store)

    assert outcome["left"] == {}
    assert not folder.exists()
    assert (tree / "by-others").exists()


def test_an_account_that_others_made_after_a_revert_that_left_the_file_stays(
    store, tree, systemd, immutable, monkeypatch
):
    passwd = tree / "passwd"
    passwd.write_text("root:0\n")
    monkeypatch.setattr(revert.since, "_ACCOUNTS", (str(passwd),))
    create("run", store, files=[str(tree)])
    revert.arm("run", 600, store=str(store))
    passwd.write_text("root:0\nawa:by the run\n")
    with immutable(passwd):
        while revert.armed(str(store)):
            fire(store)
    passwd.write_text("root:0\nawa:by the run\npostgres:by others\n")

    revert.restore(None, store=str(store))

    assert passwd.read_text() == "root:0\npostgres:by others\n"


def test_an_account_file_that_the_run_made_in_a_folder_goes_once_it_can(store, tree, proven, immutable, monkeypatch):
    made, issue = tree / "group", tree / "issue"
    monkeypatch.setattr(revert.since, "_ACCOUNTS", (str(made),))
    proven("run", {made: "people:x:9:\n", issue: "hardened"})
    with immutable(made):
        (outcome,) = roll_back(store)
        revert.disarm(ROLLBACK, store=str(store))
    assert outcome["left"] == {"files": [str(made)]}
    issue.write_text("by others")

    (outcome,) = roll_back(store)

    assert outcome["left"] == {}
    assert not made.exists()
    assert issue.read_text() == "by others"


HELD = {
    "files": {"entries": {"/etc/issue": {}}},
    "units": {"ssh.service": True},
    "packages": {"touched": ["auditd"], "coming": ["libauparse0"]},
    "kernel": {"parameters": {"/proc/sys/kernel/panic": "0"}, "mounts": {"/srv": []}, "modules": ["usb_storage"]},
    "firewall": {},
}
"""An older run's point: it has put these back after a later one could not."""


@pytest.mark.parametrize(
    ("subject", "held", "own"),
    [
        ("files", ["/etc/issue"], ["/etc/motd"]),
        ("units", ["ssh.service"], ["cron.service"]),
        ("packages", ["auditd", "libauparse0"], ["sudo"]),
        ("kernel", ["kernel.panic", "/srv", "usb_storage"], ["kernel.sysrq", "/var", "cramfs"]),
        ("firewall", ["inet joliba"], []),
        ("audit", ["audit"], []),
        ("homes", [], ["/home/awa"]),
    ],
)
def test_what_an_older_run_put_back_since_is_left_no_more(subject, held, own):
    names = [*held, *own]
    outcome = {"run": "later", "left": {subject: names}, "problems": dict.fromkeys(names, "why"), "until_boot": names}

    assert revert.restoring._forget_what_older_ones_hold(outcome, [HELD]) == bool(held)

    left = {subject: own} if own else {}
    assert outcome == {"run": "later", "left": left, "problems": dict.fromkeys(own, "why"), "until_boot": own}


@pytest.mark.parametrize("older", [[], [{**HELD, "packages": {}}]])
def test_what_no_older_run_holds_stays_left(older):
    outcome = {"left": {"packages": ["auditd"]}, "problems": {}, "until_boot": []}

    assert not revert.restoring._forget_what_older_ones_hold(outcome, older)

    assert outcome["left"] == {"packages": ["auditd"]}


def test_marks_of_packages_that_are_not_left_stay_as_others_set_them(store, tree, monkeypatch):
    point = create("run", store, files=[str(tree)])
    point["outcome"] = {"left": {"packages": ["auditd", "sudo"]}}
    point["packages"] = {"known": {}, "manual": ["auditd", "vim"]}
    monkeypatch.setattr(points.packages, "installed", dict)
    monkeypatch.setattr(points.packages, "manual", lambda: ["nginx", "sudo"])

    assert revert.since.wanted(point, str(store))["packages"]["manual"] == ["auditd", "nginx"]
