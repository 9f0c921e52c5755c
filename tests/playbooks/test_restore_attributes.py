"""Owners, modes, access lists and times alone, saved and put back without the content of a file."""

import json
import os
import stat

import pytest
from ansible.module_utils.joliba.restore import entries, files, points, revert
from ansible.module_utils.joliba.restore.points import Refused
from restore_points import create, seen

ROOT = os.geteuid() == 0


def test_only_the_attributes_of_a_large_file_can_be_saved(tree, store):
    (tree / "program").write_text("#!/bin/sh\n")
    (tree / "program").chmod(0o4755)
    create("run", store, attributes=[str(tree / "prog*")])
    assert list((store / "run" / "content").iterdir()) == []

    (tree / "program").chmod(0o755)
    (outcome,) = revert.restore("run", store=str(store))

    assert stat.S_IMODE((tree / "program").stat().st_mode) == 0o4755
    assert outcome["left"] == {}


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
