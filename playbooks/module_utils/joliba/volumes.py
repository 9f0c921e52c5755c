"""Data volumes: mounted by label under /srv, and encrypted."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from ansible.module_utils.joliba.observing import NotApplicable, Observed, at, output

DATA = "/srv"
_LABEL = 16  # bytes


def data_volumes(volumes: dict[str, str]) -> Observed:
    """Which of the declared volumes are mounted under /srv from the file system of their label, now and at boot.

    At boot are those whose unit the start of the host wants: a disk that is gone shows in what is mounted now.
    """
    if not volumes:
        raise NotApplicable("no data volumes are declared")
    listed = json.loads(output("findmnt", "-J", "-l", "-o", "TARGET,LABEL", codes=(0, 1)) or '{"filesystems": []}')
    mounted = {entry["target"]: entry.get("label") for entry in listed["filesystems"]}
    return Observed(
        effective=[name for name in sorted(volumes) if mounted.get(f"{DATA}/{name}") == label(name)],
        persistent=[name for name in sorted(volumes) if _wanted(mount_unit(name))],
    )


def volume_encryption(argument: dict[str, Any]) -> Observed:
    """Which of the declared ``volumes`` are encrypted and how; ``by_cloud`` are those whose type the cloud encrypts."""
    volumes = argument["volumes"]
    if not volumes:
        raise NotApplicable("no data volumes are declared")
    listed = json.loads(output("findmnt", "-J", "-l", "-o", "TARGET,SOURCE", codes=(0, 1)) or '{"filesystems": []}')
    devices = {entry["target"]: entry["source"] for entry in listed["filesystems"]}
    ways = {}
    for name in sorted(volumes):
        device = devices.get(f"{DATA}/{name}")
        if name in argument["by_cloud"]:
            ways[name] = "by the cloud, as its volume type says"
        elif device and "crypt" in output("lsblk", "-n", "-s", "-o", "TYPE", device).split():
            ways[name] = "on this host, by dm-crypt"
    return Observed(
        effective={
            "unencrypted": [name for name in sorted(volumes) if name not in ways],
            "encrypted": [f"{name} {how}" for name, how in ways.items()],
        }
    )


def _wanted(unit: str) -> bool:
    files = (f"/etc/systemd/system/{unit}", f"/etc/systemd/system/local-fs.target.wants/{unit}")
    return all(os.path.lexists(at(path)) for path in files)


def label(volume: str) -> str:
    """The label of a volume's file system: ext4 has room for 16 bytes.

    A longer name is cut and ends in a digest of the whole, after a dot, which no name of a volume has: two volumes of a
    host never share a label.
    """
    if len(volume) <= _LABEL:
        return volume
    return f"{volume[: _LABEL - 7]}.{hashlib.sha256(volume.encode('ascii')).hexdigest()[:6]}"


def mount_unit(volume: str) -> str:
    """The unit that mounts a volume (``systemd-escape --path``): names of volumes are letters, digits and dashes."""
    return f"srv-{volume.replace('-', chr(92) + 'x2d')}.mount"


PROBES = {"data_volumes": data_volumes, "volume_encryption": volume_encryption}
