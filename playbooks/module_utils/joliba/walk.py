"""One walk of the local file systems, shared by all rules that ask what is somewhere on this host."""

from __future__ import annotations

import functools
import os
import stat
from collections import defaultdict
from typing import TYPE_CHECKING

from ansible.module_utils.joliba import observing
from ansible.module_utils.joliba.files import group_name, owner_name
from ansible.module_utils.joliba.observing import Observed, Unmeasured, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_ENTRIES = 3_000_000
_MOST_TOLD = 500  # paths of one kind
_LOCAL = {"btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "tmpfs", "vfat", "xfs", "zfs"}
_OTHERS = ("/proc", "/sys", "/dev", "/var/lib/docker", "/var/lib/containerd", "/var/lib/containers")
"""Not this system's files: the kernel's, and other systems' that containers are made of."""


@functools.cache
def _walked() -> dict[str, list[str]]:
    """Paths by what is noticeable about them.

    Raises:
        Unmeasured: there are more files than anyone waits for.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for seen, (path, status) in enumerate(_files()):
        if seen > _MOST_ENTRIES:
            raise Unmeasured(f"more than {_MOST_ENTRIES} files")
        for noticed in _noticed(status):
            if len(found[noticed]) < _MOST_TOLD:
                found[noticed].append(path)
    return {noticed: sorted(paths) for noticed, paths in found.items()}


def _noticed(status: os.stat_result) -> Iterator[str]:
    mode = status.st_mode
    folder, regular = stat.S_ISDIR(mode), stat.S_ISREG(mode)
    if owner_name(status.st_uid) is None:
        yield "without-owner"
    if group_name(status.st_gid) is None:
        yield "without-group"
    if regular and mode & stat.S_ISUID and mode & 0o111:
        yield "setuid"
    if regular and mode & stat.S_ISGID and mode & 0o010:
        yield "setgid"
    if mode & stat.S_IWOTH:
        if folder and not mode & stat.S_ISVTX:
            yield "writable-folders-without-sticky-bit"
        if folder and owner_name(status.st_uid) != "root":
            yield "writable-folders-of-others-than-root"
        if regular:
            yield "writable-files"
        if stat.S_ISFIFO(mode):
            yield "writable-pipes"


def _files() -> Iterator[tuple[str, os.stat_result]]:
    """Everything of the local file systems, links apart; none of it twice."""
    root = observing.ROOT or "/"
    devices = {os.lstat(root).st_dev}
    waiting = [root]
    places = _mounts()
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError:
            continue  # it went meanwhile
        with entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                path = entry.path[len(observing.ROOT) :]
                if stat.S_ISLNK(status.st_mode) or path in _OTHERS:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    if path in places:
                        if places[path] not in _LOCAL or status.st_dev in devices:
                            continue
                        devices.add(status.st_dev)
                    elif status.st_dev not in devices:
                        continue
                    waiting.append(entry.path)
                yield path, status


def _mounts() -> dict[str, str]:
    """File systems' types by where they are mounted."""
    found = {}
    for line in lines_of("/proc/self/mountinfo"):
        said, _, system = line.partition(" - ")
        found[said.split()[4].replace("\\040", " ")] = system.split()[0]
    return found


def paths(noticed: str) -> list[str]:
    """Paths of which something is so: one of what `_noticed` names."""
    return _walked().get(noticed, [])


def anywhere(noticed: str) -> Observed:
    """The same, for rules."""
    return Observed(persistent=paths(noticed))


PROBES = {"anywhere": anywhere}
