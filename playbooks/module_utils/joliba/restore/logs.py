"""Logs outlive the packages that wrote them: purging one takes its folder in /var/log along, and logs are evidence.

The folder is out of the way meanwhile. One that a file system is mounted on is unmounted: a purge fails on it.
"""

from __future__ import annotations

import glob
import os

from .commands import output, run

FOLDER = "/var/log"
_ASIDE = ".joliba-kept-"


def set_aside(packages: list[str]) -> None:
    """Take the folders of these packages' logs out of the way, apart from empty ones.

    Raises:
        CommandError: one cannot be.
    """
    for name in sorted({name for package in packages for name in _folders(package)}):
        folder, aside = os.path.join(FOLDER, name), os.path.join(FOLDER, _ASIDE + name)
        if os.path.islink(folder) or not os.path.isdir(folder) or not os.listdir(folder) or os.path.lexists(aside):
            continue
        if os.path.ismount(folder):
            os.mkdir(aside, 0o700)
            _move_mount(folder, aside)
        else:
            os.rename(folder, aside)


def put_back() -> None:
    """Have what was set aside where it was, also what an attempt that was cut off left.

    Raises:
        CommandError: it cannot be.
    """
    for aside in glob.glob(os.path.join(FOLDER, f"{_ASIDE}*")):
        folder = os.path.join(FOLDER, os.path.basename(aside)[len(_ASIDE) :])
        if os.path.ismount(aside):
            os.makedirs(folder, exist_ok=True)
            _move_mount(aside, folder)
            os.rmdir(aside)
        elif not os.path.isdir(folder):
            os.rename(aside, folder)
        else:  # its program wrote on, or an empty one was made
            for name in os.listdir(aside):
                if not os.path.lexists(os.path.join(folder, name)):
                    os.rename(os.path.join(aside, name), os.path.join(folder, name))
            if not os.listdir(aside):
                os.rmdir(aside)


def _folders(package: str) -> list[str]:
    """Names of the folders of /var/log that are a package's own."""
    listed = run("dpkg-query", "-L", package).stdout.splitlines()
    return [os.path.basename(path) for path in listed if os.path.dirname(path) == FOLDER]


def _move_mount(source: str, target: str) -> None:
    """What is mounted, under another name: ``mount --move`` refuses where mounts are shared, as systemd has them."""
    output("mount", "--bind", "--", source, target)
    output("umount", "--lazy", "--", source)
