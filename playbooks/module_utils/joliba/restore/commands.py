"""Programs of the host: in its plain environment, never through a shell, never asking."""

from __future__ import annotations

import os
import shutil
import subprocess

_PLAIN = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
    "SYSTEMD_PAGER": "",
}
_TOLD = 400  # characters of a program's complaint


class CommandError(Exception):
    """A program failed; the text says which one and its last words."""


def found(name: str) -> bool:
    """Whether the host has a program."""
    return shutil.which(name, path=_PLAIN["PATH"]) is not None


def run(*command: str, fed: str = "", patience: float = 120, folder: str = "/") -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its exit code; one that is missing or hangs ends with 127 or 124.

    Args:
        command: the program and its arguments.
        fed: its standard input; empty without.
        patience: seconds.
        folder: where it runs.
    """
    try:
        return subprocess.run(
            command,
            input=fed,
            capture_output=True,
            text=True,
            errors="replace",
            env=_PLAIN,
            cwd=folder,
            timeout=patience,
            check=False,
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", f"there is no {command[0]}")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"not done after {patience:.0f} s")


def output(*command: str, fed: str = "", patience: float = 120) -> str:
    """What a program prints.

    Raises:
        CommandError: it ended with another code than 0.
    """
    done = run(*command, fed=fed, patience=patience)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-_TOLD:]
        raise CommandError(f"{' '.join(command[:4])}: exit {done.returncode}: {said}")
    return done.stdout


def booted_with_systemd() -> bool:
    """Whether systemd runs here (not so in a plain chroot or a light host)."""
    return os.path.isdir("/run/systemd/system")
