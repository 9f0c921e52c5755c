"""Trees of files, saved and put back as root would, in a folder of the test's own."""

import os
import shutil
import socket
import stat

from ansible.module_utils.joliba.restore import revert
from restore_points import create, seen


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


def test_a_socket_is_its_services_to_make(tree, store):
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(tree)
        listening.bind("socket")
    create("run", store, files=[str(tree)])
    (tree / "socket").unlink()

    (outcome,) = revert.restore("run", store=str(store))

    assert outcome["problems"] == {}
    assert outcome["left"] == {}
