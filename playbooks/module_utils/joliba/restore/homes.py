"""Homes of people: an account that a run made takes its home along when it goes, but never what its person keeps there.

Homes are in no restore point: what people wrote since is theirs, not the run's.
"""

from __future__ import annotations

import os
import pwd
import stat
from typing import TYPE_CHECKING

from .entries import digest, observe, place, remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = "/home"
SKELETON = "/etc/skel"
_OF_ROOT = 0o700


def capture(folder: str = FOLDER) -> list[str]:
    """Names of the homes that are there now."""
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def spared(saved: list[str], before: str, after: str, folder: str = FOLDER) -> list[str]:
    """Names of all homes but those of accounts that a run made, by what passwd(5) said before it and after it."""
    names = {line.partition(":")[0] for line in before.splitlines()}
    made = [line.split(":") for line in after.splitlines() if line.partition(":")[0] not in names]
    theirs = {os.path.normpath(fields[5]) for fields in made if len(fields) > 5}  # noqa: PLR2004  passwd(5)
    there = {*saved, *capture(folder)}
    return sorted(name for name in there if name in saved or os.path.join(folder, name) not in theirs)


def put_back(
    saved: list[str], problem: Callable[[str, object], None], folder: str = FOLDER, skeleton: str = SKELETON
) -> list[str]:
    """Remove homes that were not there and whose accounts are gone, where they hold nothing but the skeleton.

    One that was used stays and is told; it becomes root's alone, since the next new account may get its number.
    """
    changed = []
    for home in _ownerless(saved, folder):
        if os.lstat(home).st_uid != 0 and _unused(home, skeleton):
            remove(home)
            changed.append(home)
        else:
            with place(home) as here:
                os.chown(here, 0, 0, follow_symlinks=False)
                os.chmod(here, _OF_ROOT)
            problem(home, "its person has used it: it stays, and is root's alone from now on")
    return changed


def differences(saved: list[str], folder: str = FOLDER) -> list[str]:
    """The homes that were not there and whose accounts are gone."""
    return list(_ownerless(saved, folder))


def _ownerless(saved: list[str], folder: str) -> Iterator[str]:
    for name in sorted(set(capture(folder)) - set(saved)):
        home = os.path.join(folder, name)
        status = os.lstat(home)
        roots = status.st_uid == 0 and stat.S_IMODE(status.st_mode) == _OF_ROOT  # by an earlier attempt
        if stat.S_ISDIR(status.st_mode) and not os.path.ismount(home) and (roots or not _known(status.st_uid)):
            yield home


def _known(uid: int) -> bool:
    """Whether root's, or of an account: also one of a directory, which does not list them all."""
    try:
        return uid == 0 or bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def _unused(home: str, skeleton: str) -> bool:
    for folder, folders, names in os.walk(home):
        for path in (os.path.join(folder, name) for name in (*folders, *names)):
            model = os.path.join(skeleton, os.path.relpath(path, home))
            found, wanted = observe(path, digest), observe(model, digest)
            if any(found.get(part) != wanted.get(part) for part in ("kind", "digest", "target")):
                return False
    return True
