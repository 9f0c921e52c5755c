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


def put_back(
    saved: list[str], problem: Callable[[str, object], None], folder: str = FOLDER, skeleton: str = SKELETON
) -> list[str]:
    """Remove homes that were not there and whose accounts are gone, where they hold nothing but the skeleton.

    One that was used stays and is told; it becomes root's alone, since the next new account may get its number.
    """
    changed = []
    for home in _ownerless(saved, folder):
        if _unused(home, skeleton):
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
    known = {each.pw_uid for each in pwd.getpwall()} - {0}
    for name in sorted(set(capture(folder)) - set(saved)):
        status = os.lstat(os.path.join(folder, name))
        if stat.S_ISDIR(status.st_mode) and status.st_uid not in known:
            yield os.path.join(folder, name)


def _unused(home: str, skeleton: str) -> bool:
    for folder, folders, names in os.walk(home):
        for path in (os.path.join(folder, name) for name in (*folders, *names)):
            model = os.path.join(skeleton, os.path.relpath(path, home))
            found, wanted = observe(path, digest), observe(model, digest)
            if any(found.get(part) != wanted.get(part) for part in ("kind", "digest", "target")):
                return False
    return True
