"""What every host gets: people's accounts, the site's name servers, data volumes."""

from __future__ import annotations

import grp
import json
import os
import pwd
from typing import Any

from ansible.module_utils.joliba.observing import NotApplicable, Observed, lines_of, output

DATA = "/srv"
_STUB = "127.0.0.53"
_EXPIRY = 7  # field of shadow(5), in days since 1970


def people(argument: dict[str, str]) -> Observed:
    """The accounts in a group, each with its name, keys (kind and key) and whether it administers (another group)."""
    try:
        members = sorted(grp.getgrnam(argument["group"]).gr_mem)
    except KeyError:
        return Observed(persistent=[])
    administrators = _members(argument["administrators"])
    return Observed(
        persistent=[
            {"name": name, "keys": _keys(name), "administrator": name in administrators}
            for name in members
            if not _locked(name)
        ]
    )


def _members(group: str) -> list[str]:
    try:
        return grp.getgrnam(group).gr_mem
    except KeyError:
        return []


def _keys(name: str) -> list[str]:
    try:
        home = pwd.getpwnam(name).pw_dir
    except KeyError:
        return []
    return sorted(" ".join(line.split()[:2]) for line in lines_of(os.path.join(home, ".ssh", "authorized_keys")))


def _locked(name: str) -> bool:
    """Whether an account was closed: it has expired (``usermod --expiredate 1``), which sshd honours through PAM."""
    rows = [line.split(":") for line in lines_of("/etc/shadow")]
    return any(row[0] == name and row[_EXPIRY : _EXPIRY + 1] == ["1"] for row in rows)


def resolvers(_: str) -> Observed:
    """The name servers that are asked; None if there is none."""
    servers = _name_servers("/etc/resolv.conf")
    if servers == [_STUB]:
        servers = _name_servers("/run/systemd/resolve/resolv.conf")
    return Observed(effective=servers or None)


def _name_servers(path: str) -> list[str]:
    return [line.split()[1] for line in lines_of(path) if line.startswith("nameserver ")]


def data_volumes(volumes: dict[str, str]) -> Observed:
    """Which of the declared volumes are mounted under /srv from the file system of their label, now and at boot."""
    if not volumes:
        raise NotApplicable("no data volumes are declared")
    listed = json.loads(output("findmnt", "-J", "-l", "-o", "TARGET,LABEL", codes=(0, 1)) or '{"filesystems": []}')
    mounted = {entry["target"]: entry.get("label") for entry in listed["filesystems"]}
    return Observed(
        effective=[name for name in sorted(volumes) if mounted.get(f"{DATA}/{name}") == label(name)],
        persistent=[name for name in sorted(volumes) if os.path.exists(f"/etc/systemd/system/{mount_unit(name)}")],
    )


def label(volume: str) -> str:
    """The label of a volume's file system: ext4 has room for 16 bytes."""
    return volume[:16]


def mount_unit(volume: str) -> str:
    """The unit that mounts a volume (``systemd-escape --path``): names of volumes are letters, digits and dashes."""
    return f"srv-{volume.replace('-', chr(92) + 'x2d')}.mount"


PROBES: dict[str, Any] = {"people": people, "resolvers": resolvers, "data_volumes": data_volumes}
