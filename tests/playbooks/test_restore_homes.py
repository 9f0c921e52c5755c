"""Homes of accounts that a run made, when the run is put back."""

import os
import pwd

import pytest
from ansible.module_utils.joliba.restore import homes, revert, since
from restore_points import create

NOBODYS = 54321
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders to others")


@pytest.fixture
def skeleton(tmp_path):
    folder = tmp_path / "skel"
    folder.mkdir()
    (folder / ".bashrc").write_text("alias ll='ls -l'\n")
    (folder / ".config").mkdir()
    return folder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "home" / "before").mkdir(parents=True)
    return tmp_path / "home"


def home(folder, skeleton, name, owner=NOBODYS):
    made = folder / name
    made.mkdir()
    (made / ".bashrc").write_bytes((skeleton / ".bashrc").read_bytes())
    (made / ".config").mkdir()
    os.chown(made, owner, owner)
    return made


def put_back(saved, folder, skeleton):
    told = {}
    changed = homes.put_back(saved, lambda what, why: told.update({what: why}), str(folder), str(skeleton))
    return changed, told, homes.differences(saved, str(folder))


def test_a_home_that_nobody_used_goes_with_its_account(folder, skeleton):
    saved = homes.capture(str(folder))
    made = home(folder, skeleton, "awa")

    assert put_back(saved, folder, skeleton) == ([str(made)], {}, [])
    assert homes.capture(str(folder)) == ["before"]


@pytest.mark.parametrize(
    "use",
    [
        lambda made: (made / "rapport.txt").write_text("mine"),
        lambda made: (made / ".bashrc").write_text("export A=1\n"),
        lambda made: (made / ".config" / "editor").mkdir(),
        lambda made: (made / "link").symlink_to("/etc"),
    ],
)
def test_a_home_that_was_used_stays_is_told_and_is_roots_alone(folder, skeleton, use):
    saved = homes.capture(str(folder))
    made = home(folder, skeleton, "awa")
    use(made)
    inside = sorted(made.rglob("*"))

    for _ in range(2):
        changed, told, left = put_back(saved, folder, skeleton)
        assert (changed, list(told), left) == ([], [str(made)], [str(made)])
    assert sorted(made.rglob("*")) == inside
    assert (made.stat().st_uid, made.stat().st_mode & 0o777) == (0, 0o700)


def test_homes_of_before_and_of_accounts_that_are_still_there_are_left_alone(folder, skeleton):
    os.chown(folder / "before", NOBODYS, NOBODYS)
    saved = homes.capture(str(folder))
    made = home(folder, skeleton, "daemon", owner=1)
    (folder / "link").symlink_to("/etc")

    assert put_back(saved, folder, skeleton) == ([], {}, [])
    assert made.is_dir()


@pytest.mark.parametrize("why", ["root", "mount", "directory"])
def test_folders_that_are_no_leftovers_are_left_alone(folder, skeleton, monkeypatch, why):
    saved = homes.capture(str(folder))
    made = home(folder, skeleton, "shared", owner=0 if why == "root" else NOBODYS)
    made.chmod(0o1777)
    if why == "mount":
        monkeypatch.setattr(os.path, "ismount", lambda path: path == str(made))
    if why == "directory":  # of accounts, which sssd does not list
        monkeypatch.setattr(pwd, "getpwuid", lambda uid: uid == NOBODYS)

    assert put_back(saved, folder, skeleton) == ([], {}, [])
    assert (made.stat().st_uid, made.stat().st_mode & 0o7777) == (NOBODYS * (why != "root"), 0o1777)


def test_a_rollback_takes_only_homes_of_accounts_that_its_run_made(tmp_path, folder, skeleton, monkeypatch):
    store, passwd = str(tmp_path / "store"), tmp_path / "passwd"
    passwd.write_text(f"root:x:0:0::/root:/bin/sh\nbefore:x:1:1::{folder}/before:/bin/sh\n")
    for function in (homes.capture, homes.differences, homes.spared):
        monkeypatch.setattr(function, "__defaults__", (str(folder),))
    monkeypatch.setattr(homes.put_back, "__defaults__", (str(folder), str(skeleton)))
    monkeypatch.setattr(since, "_ACCOUNTS", (str(passwd),))
    monkeypatch.setattr(since, "_PASSWD", str(passwd))
    point = create("run", store, files=[str(passwd)])
    since.durable.write_json(f"{store}/run/point.json", {**point, "homes": homes.capture()})
    passwd.write_text(f"{passwd.read_text()}awa:x:{NOBODYS}:{NOBODYS}::{folder}/awa:/bin/bash\n")
    home(folder, skeleton, "awa")
    since.note("run", store)
    passwd.write_text(f"{passwd.read_text()}bob:x:{NOBODYS}:{NOBODYS}::{folder}/bob:/bin/bash\n")
    for name in ("bob", "gone"):
        home(folder, skeleton, name)

    (outcome,) = revert.restore("run", store=store)

    assert (outcome["changed"]["homes"], outcome["left"], outcome["problems"]) == ([f"{folder}/awa"], {}, {})
    assert homes.capture() == ["before", "bob", "gone"]
    assert (folder / "gone").stat().st_uid == NOBODYS
