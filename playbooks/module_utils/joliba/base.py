"""What every host gets: people's accounts, the site's name servers, data volumes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from typing import Any

from ansible.module_utils.joliba.accounts import accounts, groups
from ansible.module_utils.joliba.observing import NotApplicable, Observed, at, lines_of, output

DATA = "/srv"
_BACKUPS = "/etc/joliba/backup.env"
_LABEL = 16  # bytes
_STUB = "127.0.0.53"
_EXPIRY = 7  # field of shadow(5), in days since 1970
_NO_MEMBERS: tuple[int, tuple[str, ...]] = (0, ())


def people(argument: dict[str, str]) -> Observed:
    """The accounts in a group, each with its name, keys (kind and key) and whether it administers (another group)."""
    administrators = groups().get(argument["administrators"], _NO_MEMBERS)[1]
    return Observed(
        persistent=[
            {"name": name, "keys": _keys(name), "administrator": name in administrators}
            for name in _open(argument["group"])
        ]
    )


def people_keys_from(group: str) -> Observed:
    """Where sshd takes the keys of a group's accounts from: its files, a command, an authority."""
    members = _open(group)
    if not members:
        raise NotApplicable("nobody may log in")
    found = set()
    for name in members:
        settings = _sshd(name)
        found.update(settings.get("authorizedkeysfile", ".ssh/authorized_keys").split())
        found.update(
            f"{keyword} {settings[keyword]}"
            for keyword in ("authorizedkeyscommand", "trustedusercakeys")
            if settings.get(keyword, "none") != "none"
        )
    return Observed(effective=sorted(found))


def _open(group: str) -> list[str]:
    """Members of a group whose accounts are not closed (``usermod --expiredate 1``), which sshd honours through PAM."""
    rows = [line.split(":") for line in lines_of("/etc/shadow")]
    closed = {row[0] for row in rows if row[_EXPIRY : _EXPIRY + 1] == ["1"]}
    return [name for name in groups().get(group, _NO_MEMBERS)[1] if name not in closed]


def _keys(name: str) -> list[str]:
    home = next((each.home for each in accounts() if each.name == name), "/nonexistent")
    patterns = _sshd(name).get("authorizedkeysfile", ".ssh/authorized_keys").split()
    paths = (each.replace("%h", home).replace("%u", name).replace("%%", "%") for each in patterns)
    return sorted({" ".join(line.split()[:2]) for path in paths for line in lines_of(os.path.join(home, path))})


def _sshd(name: str) -> dict[str, str]:
    """The SSH server's settings for an account, as it evaluates them."""
    shown = output("sshd", "-T", "-C", f"user={name},host=localhost,addr=127.0.0.1")
    return {keyword: value for keyword, _, value in (line.partition(" ") for line in shown.splitlines())}


def resolvers(_: str) -> Observed:
    """The name servers that are asked; None if there is none."""
    servers = _name_servers("/etc/resolv.conf")
    return Observed(effective=(_asked_by_resolved() if servers == [_STUB] else servers) or None)


def _asked_by_resolved() -> list[str]:
    """What systemd-resolved asks: those of all, and those of links.

    Where ``~.`` (every name) is given to those of all, a link's are asked only for a domain of the link's own.
    """
    servers, domains = (_resolved(subject) for subject in ("dns", "domain"))
    everything = bool(servers.get("Global")) and "~." in domains.get("Global", [])
    asked = (scope for scope in servers if scope == "Global" or domains.get(scope) or not everything)
    return sorted({re.sub(r"[#%].*", "", server) for scope in asked for server in servers[scope]})


def _resolved(subject: str) -> dict[str, list[str]]:
    lines = (line.partition(":") for line in output("resolvectl", "--no-pager", subject).splitlines())
    return {scope.strip(): values.split() for scope, colon, values in lines if colon}


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
        persistent=[name for name in sorted(volumes) if os.path.exists(at(f"/etc/systemd/system/{mount_unit(name)}"))],
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


def backup_settings(_: str) -> Observed:
    """Where backups go (without the login), of what, how often and for how long; None if none are set up."""
    said = dict(line.split("=", 1) for line in lines_of(_BACKUPS) if "=" in line)
    timer = "\n".join(lines_of("/etc/systemd/system/joliba-backup.timer"))
    period = re.search(r"^OnUnitActiveSec=(\d+)h$", timer, re.MULTILINE)
    if not said or not period:
        return Observed(persistent=None)
    return Observed(
        persistent={
            "repository": re.sub(r"^rest:(https://)[^@/]*@", r"\1", said.get("RESTIC_REPOSITORY", "")),
            "paths": said.get("JOLIBA_PATHS", "").strip('"').split(),
            "every_hours": int(period[1]),
            "keep_days": said.get("JOLIBA_KEEP_DAYS"),
        }
    )


def backup_age_hours(_: str) -> Observed:
    """Hours since a backup was made; None if none ever was."""
    try:
        made = os.path.getmtime(at("/var/lib/joliba-backup/made"))
    except FileNotFoundError:
        return Observed(effective=None)
    return Observed(effective=int((time.time() - made) / 3600))


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


PROBES: dict[str, Any] = {
    "people": people,
    "people_keys_from": people_keys_from,
    "resolvers": resolvers,
    "data_volumes": data_volumes,
    "volume_encryption": volume_encryption,
    "backup_settings": backup_settings,
    "backup_age_hours": backup_age_hours,
}
