"""Units of systemd: enabled, masked and overridden as files of /etc, running or not as systemd says."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from .commands import booted_with_systemd, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_FOLDER = "/etc/systemd/system"
_LINKS = ("wants", "requires", "upholds")
_RUNNING = ("active", "activating", "reloading", "refreshing")
WAY_IN = ("ssh.service", "sshd.service", "ssh.socket", "sshd.socket")
"""What lets people in, on Debian, Ubuntu and Rocky."""


def patterns(names: list[str]) -> list[str]:
    """The paths in which systemd keeps what was decided of units: masks, overrides, drop-ins, links and old init's."""
    found = []
    for name in names:
        found += [f"{_FOLDER}/{name}", f"{_FOLDER}/{name}.d", *(f"{_FOLDER}/*.{links}/{name}" for links in _LINKS)]
        if name.endswith(".service"):
            found.append(f"/etc/rc?.d/[SK][0-9][0-9]{glob.escape(name[: -len('.service')])}")
    for link in sorted(glob.glob(f"{_FOLDER}/*")):  # aliases, like sshd.service of Debian's ssh.service
        if os.path.islink(link) and os.path.basename(os.readlink(link)) in names:
            found.append(glob.escape(link))
    return found


def capture(names: list[str]) -> dict[str, bool]:
    """Whether each runs now."""
    return {name: state["ActiveState"] in _RUNNING for name, state in _states(names).items()}


def _states(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """``Id`` (one for all names of a unit), ``LoadState``, ``ActiveState``; empty where systemd does not run."""
    asked, nothing = list(names), {"Id": "", "LoadState": "", "ActiveState": ""}
    if not asked or not booted_with_systemd():
        return dict.fromkeys(asked, nothing)
    shown = run("systemctl", "show", "-p", "Id", "-p", "LoadState", "-p", "ActiveState", "--", *asked).stdout
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in shown.split("\n\n")]
    return {name: {**nothing, **block} for name, block in zip(asked, [*blocks, *({} for _ in asked)])}


def put_back(saved: dict[str, bool], *, reread: bool, problem: Callable[[str, object], None]) -> list[str]:
    """Start what ran and stop what did not; with ``reread``, what runs reads its configuration again."""
    if not booted_with_systemd():
        return []
    changed = []
    units = {state["Id"] or name: (name, state) for name, state in reversed(_states(saved).items())}
    for name, state in units.values():
        if saved[name] and state["ActiveState"] in _RUNNING:
            if reread:
                _reread(name, problem)
        elif saved[name] or state["ActiveState"] in _RUNNING:
            changed.append(name)
            done = run("systemctl", "start" if saved[name] else "stop", "--", name)
            if done.returncode and state["LoadState"] == "loaded":
                problem(name, " ".join(done.stderr.split())[-300:])
        elif state["ActiveState"] == "failed":
            run("systemctl", "reset-failed", "--", name)
    return changed


def _reread(name: str, problem: Callable[[str, object], None]) -> None:
    done = run("systemctl", "try-reload-or-restart", "--", name)
    if done.returncode and run("systemctl", "show", "-P", "RefuseManualStop", "--", name).stdout.strip() != "yes":
        problem(name, " ".join(done.stderr.split())[-300:])


def reload_systemd() -> None:
    """Have systemd read its units again."""
    if booted_with_systemd():
        run("systemctl", "daemon-reload")


def differences(saved: dict[str, bool]) -> list[str]:
    """The units that run and did not, or the other way round."""
    return [name for name, state in capture(list(saved)).items() if state != saved[name]]
