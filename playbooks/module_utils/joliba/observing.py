"""What a probe tells of a host, and how it looks: never by writing."""

from __future__ import annotations

import functools
import glob
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNSEEN = object()
"""An aspect that a probe does not have: a mount has an effective state, a package no other than its persistent one."""
ROOT = ""
"""Before every path that a probe reads: tests look at trees of their own."""
_PATIENCE = 120  # seconds for one command
_PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"


class NotApplicable(Exception):  # noqa: N818  a verdict
    """What the rule is about does not exist on this host; the text says why."""


class Unmeasured(Exception):  # noqa: N818  a verdict
    """The probe could not look; the text says why. Never a pass."""


@dataclass(frozen=True)
class Observed:
    """A value now (``effective``) and after a reboot (``persistent``): texts, numbers, lists, maps; None is absence."""

    effective: Any = UNSEEN
    persistent: Any = UNSEEN


def at(path: str) -> str:
    """Where a path of the host is found."""
    return f"{ROOT}{path}"


def text_of(path: str) -> str | None:
    """A file's text; None if there is none.

    Raises:
        Unmeasured: it is there and cannot be read.
    """
    try:
        return Path(at(path)).read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unmeasured(f"{path}: {error.strerror}") from error


def matching(pattern: str) -> list[str]:
    """Paths of the host that match a pattern of the shell, sorted."""
    return sorted(path[len(ROOT) :] for path in glob.glob(at(pattern)))


def lines_of(path: str, comment: str = "#") -> list[str]:
    """A configuration file's lines without comments and blank ones; none if there is no file."""
    lines = (line.strip() for line in (text_of(path) or "").splitlines())
    return [line for line in lines if line and not line.startswith(comment)]


def output(*command: str, codes: tuple[int, ...] = (0,)) -> str:
    """What a program prints; each command runs once an audit, whether or not it succeeds.

    Raises:
        NotApplicable: there is no such program.
        Unmeasured: it ended with another code than ``codes``, or not in time.
    """
    done = _ended(command)
    if isinstance(done, FileNotFoundError):
        raise NotApplicable(f"{command[0]} is not installed") from done
    if isinstance(done, Exception):
        raise Unmeasured(f"{command[0]}: {done}") from done
    if done.returncode not in codes:
        raise Unmeasured(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    return done.stdout


@functools.cache
def _ended(command: tuple[str, ...]) -> subprocess.CompletedProcess[str] | Exception:
    surroundings = {"PATH": _PROGRAMS, "LC_ALL": "C", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
    try:
        return subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, env=surroundings, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return error


def drop_ins(*folders: str, suffix: str) -> list[str]:
    """Drop-in files as systemd and its like read them: sorted by name, an earlier folder's hides a later one's."""
    found: dict[str, str] = {}
    for folder in reversed(folders):
        if os.path.isdir(at(folder)):
            found.update({name: os.path.join(folder, name) for name in os.listdir(at(folder)) if name.endswith(suffix)})
    return [path for _, path in sorted(found.items()) if os.path.realpath(at(path)) != os.devnull]
