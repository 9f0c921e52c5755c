"""Trees of files, saved and put back as root would, in a folder of the test's own."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time

import pytest
from ansible.module_utils.joliba.restore import entries, files, points, restoring, revert
from ansible.module_utils.joliba.restore.points import Refused
from restore_points import create

ROOT = os.geteuid() == 0


def seen(top):
    """Everything below a folder, by what a restore point promises to put back."""
    found = {}
    for path in [top, *sorted(top.rglob("*"))]:
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else path.is_symlink() and path.readlink()
        attributes = {
            name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
        }
        owner = status.st_uid, status.st_gid
        found[os.fsencode(path)] = (oct(status.st_mode), *owner, status.st_mtime_ns, content, attributes)
    return found


def test_a_tree_is_put_back_whatever_was_done_to_it(tree, store):
    before = seen(tree)
    create("run", store, files=[str(tree)])

    (tree / "sudoers.d" / "people").chmod(0o666)
    (tree / "sudoers.d" / "broken").write_text("nonsense\n")
    (tree / "issue").write_text("changed\n")
    os.removexattr(tree / "issue", "user.joliba")
    (tree / "motd").unlink()
    (tree / "motd").mkdir()
    (tree / "motd" / "full").write_text("x")
    (tree / "nowhere").unlink()
    (tree / "pipe").unlink()
    (tree / "pipe").write_text("no pipe")
    (tree / "empty").rmdir()
    (tree / "empty").symlink_to("sudoers.d")
    os.setxattr(tree / "sudoers.d", "user.new", b"new")
    (outcome,) = revert.restore("run", store=str(store))

    assert seen(tree) == before
    assert outcome["problems"] == {}
    assert outcome["left"] == {}
    assert str(tree / "issue") in outcome["changed"]["files"]


def test_a_tree_that_nobody_changed_is_left_alone(tree, store):
    create("run", store, files=[str(tree)])
    inodes = {path: (path.lstat().st_ino, path.lstat().st_ctime_ns) for path in tree.rglob("*")}

    (outcome,) = revert.restore("run", store=str(store))

    assert outcome["changed"] == {}
    assert {path: (path.lstat().st_ino, path.lstat().st_ctime_ns) for path in tree.rglob("*")} == inodes


def test_what_did_not_exist_is_removed_with_the_folders_that_it_lacked(tree, store):
    before = seen(tree)
    create("run", store, files=[str(tree / "new" / "deep" / "drop-in.conf"), str(tree / "*.local")])

    (tree / "new" / "deep").mkdir(parents=True)
    (tree / "new" / "deep" / "drop-in.conf").write_text("ours")
    (tree / "site.local").write_text("ours too")
    (outcome,) = revert.restore("run", store=str(store))

    assert seen(tree) == before
    assert outcome["left"] == {}


def test_a_new_folder_that_others_use_by_now_stays_and_is_told(tree, store):
    create("run", store, files=[str(tree / "new" / "drop-in.conf")])

    (tree / "new").mkdir()
    (tree / "new" / "drop-in.conf").write_text("ours")
    (tree / "new" / "theirs.conf").write_text("an administrator's")
    (outcome,) = revert.restore("run", store=str(store))

    assert [path.name for path in (tree / "new").iterdir()] == ["theirs.conf"]
    assert str(tree / "new") in outcome["problems"]


def test_only_the_attributes_of_a_large_file_can_be_saved(tree, store):
    (tree / "program").write_text("#!/bin/sh\n")
    (tree / "program").chmod(0o4755)
    create("run", store, attributes=[str(tree / "prog*")])
    assert list((store / "run" / "content").iterdir()) == []

    (tree / "program").chmod(0o755)
    (outcome,) = revert.restore("run", store=str(store))

    assert stat.S_IMODE((tree / "program").stat().st_mode) == 0o4755
    assert outcome["left"] == {}


def test_a_log_keeps_what_was_written_to_it_since(tree, store):
    logs = tree / "log"
    logs.mkdir()
    for name in ("audit.log", "rotated.log", "replaced.log"):
        (logs / name).write_text("before\n")
        (logs / name).chmod(0o644)
    create("run", store, attributes=[str(logs), str(logs / "*")])

    for name in ("audit.log", "rotated.log", "replaced.log"):
        (logs / name).chmod(0o600)
    with (logs / "audit.log").open("a") as log:
        log.write("since\n")
    os.utime(logs / "audit.log", ns=(1, 2 * 10**18))
    (logs / "rotated.log").rename(logs / "rotated.log.1")
    (logs / "replaced.log").unlink()
    (logs / "replaced.log").mkdir()
    (outcome,) = revert.restore("run", store=str(store))

    assert (logs / "audit.log").read_text() == "before\nsince\n"
    assert (logs / "audit.log").stat().st_mtime_ns == 2 * 10**18
    assert stat.S_IMODE((logs / "audit.log").stat().st_mode) == 0o644
    assert sorted(path.name for path in logs.iterdir()) == ["audit.log", "replaced.log", "rotated.log.1"]
    assert outcome["left"] == {"files": [str(logs / "replaced.log")]}
    assert list(outcome["problems"]) == [str(logs / "replaced.log")]


OF_USERS = 54321


@pytest.mark.skipif(not ROOT, reason="only root gives files away")
@pytest.mark.parametrize("old", [True, False])
def test_attributes_of_a_users_file_are_given_to_no_file_of_roots_in_its_place(tree, store, old):
    own, dump = tree / "empty" / "own.log", tree / "empty" / "dump"
    own.touch(0o644)
    for path in (own.parent, own):
        os.chown(path, OF_USERS, OF_USERS)
    dump.touch(0o600)
    create("run", store, attributes=[str(own)])
    if old:  # by a release that kept no inodes
        without_inodes(store / "run" / "point.json")

    dump.rename(own)  # as who owns the folder may
    (outcome,) = revert.restore("run", store=str(store))

    assert (own.stat().st_uid, stat.S_IMODE(own.stat().st_mode)) == (0, 0o600)
    assert (outcome["left"], outcome["problems"]) == ({}, {})


@pytest.mark.skipif(not ROOT, reason="only root has folders of root's")
@pytest.mark.parametrize("old", [True, False])
def test_attributes_of_a_new_version_of_roots_own_file_are_put_back(monkeypatch, tree, store, old):
    monkeypatch.setattr(entries, "_roots_alone", roots_alone_below(tree))
    (tree / "program").touch(0o755)
    (tree / "program").chmod(0o4755)
    create("run", store, attributes=[str(tree / "program")])
    if old:
        without_inodes(store / "run" / "point.json")

    (tree / "upgraded").touch(0o755)
    (tree / "upgraded").rename(tree / "program")
    (outcome,) = revert.restore("run", store=str(store))

    assert stat.S_IMODE((tree / "program").stat().st_mode) == 0o4755
    assert outcome["left"] == {}


def roots_alone_below(tree):
    """The real look, but where tests may write: ``/tmp`` is everybody's."""
    real = entries._roots_alone
    return lambda path: str(path) == str(tree) or real(path)


def without_inodes(file):
    point = json.loads(file.read_text())
    for entry in point["files"]["entries"].values():
        entry.pop("inode", None)
    file.write_text(json.dumps(point))


def test_a_file_that_takes_a_name_just_then_is_given_nothing(tree, store, monkeypatch):
    """The one that was looked at is held."""
    create("run", store, attributes=[str(tree / "issue")])
    (tree / "issue").chmod(0o600)
    (tree / "other").touch(0o640)

    def swapped(path):
        found = real(path)
        (tree / "other").rename(tree / "issue")
        return found

    real = entries.bare
    monkeypatch.setattr(entries, "bare", swapped)
    (point,) = points.listed(str(store))
    entries.put_back(str(tree / "issue"), point["files"]["entries"][str(tree / "issue")], str)

    assert stat.S_IMODE((tree / "issue").stat().st_mode) == 0o640


@pytest.fixture
def logs(tmp_path):
    """A folder of logs, in which ``app`` is others' than root's to fill."""
    (tmp_path / "log" / "app" / "deep").mkdir(parents=True)
    (tmp_path / "log" / "app").chmod(0o775)
    (tmp_path / "log" / "root" / "deep").mkdir(parents=True)
    for name in ("app/deep/own.log", "root/deep/own.log", "root/.hidden"):
        (tmp_path / "log" / name).write_text("x")
    return tmp_path / "log"


def deep(logs, store):
    return set(saved(logs, store)["entries"])


def saved(logs, store):
    return create("run", store, attributes=[str(logs / "**")])["files"]


def test_attributes_at_any_depth_are_saved_by_no_links_way(logs, store, tree):
    (tree / "issue").chmod(0o600)
    (logs / "app" / "out").symlink_to(tree)
    (logs / "app" / "loop").symlink_to(".")

    found = deep(logs, store)

    visible = {str(path) for path in logs.rglob("*") if path.name != ".hidden"}
    assert found == {str(logs), *visible}
    assert saved(logs, store)["left_out"] == []
    (tree / "issue").chmod(0o644)
    (logs / "app" / "deep" / "own.log").chmod(0o600)
    revert.restore("run", store=str(store))
    assert stat.S_IMODE((tree / "issue").stat().st_mode) == 0o644
    assert stat.S_IMODE((logs / "app" / "deep" / "own.log").stat().st_mode) == 0o644


def test_a_folder_that_its_user_filled_up_is_left_out_and_keeps_nothing_else_back(logs, store, monkeypatch):
    monkeypatch.setattr(files, "MOST_OF_OTHERS", 20)
    for number in range(20):
        (logs / "app" / str(number)).touch()

    assert deep(logs, store) >= {str(logs / "app")}
    assert not any(path.startswith(f"{logs}/app/") for path in deep(logs, store))
    assert saved(logs, store)["left_out"] == [str(logs / "app")]


@pytest.mark.skipif(not ROOT, reason="only root has folders of root's")
def test_attributes_of_far_too_much_of_roots_own_are_refused(logs, store, monkeypatch):
    monkeypatch.setattr(files, "MOST_PATHS", 4)

    with pytest.raises(Refused, match="match more than 4 paths of root's"):
        deep(logs, store)


def test_a_folder_of_which_only_attributes_are_saved_has_its_time_back_if_a_file_in_it_is(tree, store):
    before = seen(tree)
    create("run", store, files=[str(tree / "sudoers.d" / "ours")], attributes=[str(tree / "sudoers.d")])

    (tree / "sudoers.d" / "ours").write_text("x")
    (tree / "sudoers.d").chmod(0o700)
    (outcome,) = revert.restore("run", store=str(store))

    assert seen(tree) == before
    assert outcome["left"] == {}


@pytest.mark.skipif(not ROOT, reason="only root gives files away and sets capabilities and ACLs")
def test_owners_capabilities_and_access_lists_come_back(tree, store):
    (tree / "program").write_text("x")
    os.chown(tree / "program", 12345, 54321)
    (tree / "program").chmod(0o6755)
    os.setxattr(tree / "program", "security.capability", bytes.fromhex("0000000200040000000000000000000000000000"))
    listed = bytes.fromhex("0200000001000600ffffffff02000400e803000004000400ffffffff10000600ffffffff20000400ffffffff")
    os.setxattr(tree / "issue", "system.posix_acl_access", listed)
    before = seen(tree)
    create("run", store, files=[str(tree)])

    os.chown(tree / "program", 0, 0)
    os.removexattr(tree / "issue", "system.posix_acl_access")
    (tree / "issue").chmod(0o600)
    revert.restore("run", store=str(store))

    assert seen(tree) == before


def test_a_folder_that_became_a_link_leads_nothing_elsewhere(tree, store, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "people").write_text("not to be touched\n")
    create("run", store, files=[str(tree / "sudoers.d" / "people")])

    shutil.rmtree(tree / "sudoers.d")
    (tree / "sudoers.d").symlink_to(elsewhere)
    (outcome,) = revert.restore("run", store=str(store))

    assert (elsewhere / "people").read_text() == "not to be touched\n"
    assert str(tree / "sudoers.d" / "people") in outcome["problems"]


def test_a_link_on_the_way_that_was_there_before_is_followed(tree, store, tmp_path):
    (tmp_path / "lib").symlink_to("etc")
    create("run", store, files=[str(tmp_path / "lib" / "issue")])

    (tree / "issue").write_text("changed")
    revert.restore("run", store=str(store))

    assert (tree / "issue").read_bytes() == b"caf\xe9\n"


def test_packages_are_taken_away_once_their_scripts_may_start(tree, store, monkeypatch):
    done = []
    monkeypatch.setattr(points.packages, "managed", lambda: True)
    monkeypatch.setattr(points.packages, "capture", lambda *_: {})
    monkeypatch.setattr(points.packages, "differences", lambda _saved: [])
    monkeypatch.setattr(restoring.packages, "put_back", lambda *_: done.append("packages") or [])
    monkeypatch.setattr(restoring.kernel, "put_mounts_back", lambda *_: done.append("mounts") or [])
    create("run", store, files=[str(tree / "issue")], packages=["auditd"])

    revert.restore("run", store=str(store))

    assert done == ["mounts", "packages", "mounts"]


def test_what_ansible_installs_for_itself_is_taken_away_too(tmp_path, monkeypatch):
    present = {"auditd": ["ii", "1:3.0.9-1"]}
    monkeypatch.setattr(points.packages, "LISTS", str(tmp_path))
    monkeypatch.setattr(points.packages, "installed", lambda: present)
    monkeypatch.setattr(points.packages, "_planned", lambda _verb, names: dict.fromkeys(names, "Inst"))
    monkeypatch.setattr(points.packages, "_archives", lambda *_: [])
    monkeypatch.setattr(points.packages, "output", lambda *_: "auditd\n")

    saved = points.packages.capture(["auditd"], str(tmp_path))
    assert saved["coming"] == ["python3-apt"]
    assert points.packages.differences(saved) == []

    monkeypatch.setattr(points.packages, "installed", lambda: {**present, "python3-apt": ["ii", "2.6.0"]})
    assert points.packages.differences(saved) == ["python3-apt"]


@pytest.mark.parametrize(
    ("lists", "fetched"), [((), ["update"]), (("deb.debian.org_main_binary-amd64_Packages.lz4",), [])]
)
def test_lists_of_packages_are_fetched_where_there_are_none(tmp_path, monkeypatch, lists, fetched):
    for name in lists:
        (tmp_path / name).touch()
    asked = []
    monkeypatch.setattr(points.packages, "LISTS", str(tmp_path / "*_Packages*"))
    monkeypatch.setattr(points.packages, "installed", dict)
    monkeypatch.setattr(points.packages, "_planned", lambda *_: {"auditd": "Inst"})
    monkeypatch.setattr(points.packages, "output", lambda *_: "")
    monkeypatch.setattr(points.packages, "run", lambda *command, **_: asked.append(command[-1]))

    points.packages.capture(["auditd"], str(tmp_path))

    assert asked == fetched


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
    for name, problems in (("half", {"audit": "locked"}), ("whole-1", {}), ("whole-2", {}), ("whole-3", {})):
        (store / name / "outcome.json").write_text(json.dumps({"left": {}, "problems": problems}))

    gone = [points.surplus(str(store), keep=keep, spared="whole-3") for keep in (5, 4, 3, 2)]

    assert gone == [[], ["whole-1"], ["whole-1", "whole-2"], ["whole-1", "whole-2", "stands"]]


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


def test_a_socket_is_its_services_to_make(tree, store):
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(tree)
        listening.bind("socket")
    create("run", store, files=[str(tree)])
    (tree / "socket").unlink()

    (outcome,) = revert.restore("run", store=str(store))

    assert outcome["problems"] == {}
    assert outcome["left"] == {}


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
        (DATED[1:6], DATED[0], None),  # its point may have been forgotten
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
