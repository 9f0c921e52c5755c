"""Files and folders by name: who owns them, and what others may do with them."""

from __future__ import annotations

import functools
import glob
import grp
import os
import pwd
import stat
from typing import Any, Callable

from ansible.module_utils.joliba import observing
from ansible.module_utils.joliba.accounts import accounts, groups, people
from ansible.module_utils.joliba.observing import NotApplicable, Observed, at

START_FILES = (".bash_login", ".bash_logout", ".bash_profile", ".bashrc", ".cshrc", ".profile", ".zshrc")
"""What shells run at the beginning and the end of a session."""
_PEOPLES = 1000  # groups of people have at least this number


@functools.cache
def owner_name(uid: int) -> str | None:
    """An account by its number, as the C library finds it; None if there is none."""
    return next((each.name for each in accounts() if each.uid == uid), None) or _of_the_library(pwd.getpwuid, uid)


@functools.cache
def group_name(gid: int) -> str | None:
    """A group by its number, as the C library finds it; None if there is none."""
    return next((name for name, (each, _) in groups().items() if each == gid), None) or _of_the_library(
        grp.getgrgid, gid
    )


def _of_the_library(find: Callable[[int], Any], number: int) -> str | None:
    try:
        return str(find(number)[0])
    except (KeyError, OverflowError):
        return None


def file(pattern: str) -> Observed:
    """Owner, group and mode of a file; of a pattern's files all owners, all groups, and every bit that one has."""
    found = [each for each in (_status(path) for path in sorted(glob.glob(at(pattern)))) if each]
    if not found:
        raise NotApplicable(f"there is no {pattern}")
    mode = functools.reduce(lambda bits, each: bits | stat.S_IMODE(each.st_mode), found, 0)
    owners = sorted({owner_name(each.st_uid) or str(each.st_uid) for each in found})
    of_groups = sorted({group_name(each.st_gid) or str(each.st_gid) for each in found})
    return Observed(persistent={"owner": " ".join(owners), "group": " ".join(of_groups), "mode": f"{mode:04o}"})


def programs(folders: list[str]) -> Observed:
    """What in folders of programs, or which of these, root does not own or others may write; links apart."""
    found = []
    for folder in (each for each in folders if os.path.isdir(at(each))):
        if not os.path.islink(at(folder)):
            inside = (os.path.join(folder, name) for name in sorted(os.listdir(at(folder))))
            found += [path for path in (folder, *inside) if _loose(path)]
    return Observed(persistent=found)


def _loose(path: str) -> bool:
    status = _status(at(path))
    if status is None or stat.S_ISLNK(status.st_mode):
        return False
    group = group_name(status.st_gid)
    foreign_group = group != "root" and (stat.S_ISDIR(status.st_mode) or status.st_gid >= _PEOPLES)
    writable = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return bool(owner_name(status.st_uid) != "root" or foreign_group or writable)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def homes(most: str) -> Observed:
    """Homes of people that another owns, or with more rights than ``most`` (a mode)."""
    found = []
    for person in people():
        status = _status(at(person.home))
        if status and (status.st_uid != person.uid or stat.S_IMODE(status.st_mode) & ~int(most, 8)):
            found.append(person.home)
    return Observed(persistent=found)


def start_files(most: str) -> Observed:
    """Files that start people's sessions, with more rights than ``most`` (a mode); links apart."""
    paths = (os.path.join(person.home, name) for person in people() for name in START_FILES)
    statuses = ((path, _status(at(path))) for path in paths)
    regular = [(path, stat.S_IMODE(each.st_mode)) for path, each in statuses if each and stat.S_ISREG(each.st_mode)]
    return Observed(persistent=[path for path, mode in regular if mode & ~int(most, 8)])


def foreign_in_homes(_: object) -> Observed:
    """What is directly in people's homes and belongs to somebody else, or to a group that they are not in."""
    found = []
    for person in people():
        of_groups = {gid for gid, members in groups().values() if person.name in members} | {person.gid}
        names = sorted(os.listdir(at(person.home))) if os.path.isdir(at(person.home)) else []
        for path in (os.path.join(person.home, name) for name in names):
            status = _status(at(path))
            if status and (status.st_uid != person.uid or status.st_gid not in of_groups):
                found.append(path)
    return Observed(persistent=found)


def older(argument: dict[str, str]) -> Observed:
    """Which ``files`` (a pattern) were last written before another one was (``than``)."""
    reference = _status(at(argument["than"]))
    found = sorted(glob.glob(at(argument["files"])))
    if reference is None or not found:
        raise NotApplicable(f"there is no {argument['than'] if found else argument['files']}")
    statuses = ((path, _status(path)) for path in found)
    return Observed(
        persistent=[
            path[len(observing.ROOT) :] for path, each in statuses if each and each.st_mtime < reference.st_mtime
        ]
    )


PROBES = {
    "older": older,
    "file": file,
    "programs": programs,
    "homes": homes,
    "start_files": start_files,
    "foreign_in_homes": foreign_in_homes,
}
