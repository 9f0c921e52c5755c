"""Kernel parameters: as they are, and as systemd-sysctl will set them at the next start."""

from __future__ import annotations

import fnmatch
import functools
import os

from ansible.module_utils.joliba.observing import NotApplicable, Observed, at, drop_ins, lines_of, matching, text_of

_FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
_LOCK = "/etc/systemd/system/multi-user.target.wants/joliba-R10.service"
_LOOPBACK = "00000000000000000000000001000000"  # ::1, in four words of a little-endian machine
_LISTENS = "0A"  # TCP_LISTEN
_PERMANENT = 0x80  # IFA_F_PERMANENT of an address: it has no lifetime, so no router or server gave it


def sysctl(name: str) -> Observed:
    """A kernel parameter by its dotted name; with ``*`` in it, the different values of all that match."""
    paths = matching(f"/proc/sys/{name.replace('.', '/')}")
    if not paths:
        raise NotApplicable(f"this kernel has no {name}")
    values = {" ".join((text_of(path) or "").split()) for path in paths}
    return Observed(", ".join(sorted(values)), _configured(name))


def sysctl_of_unused_protocol(name: str) -> Observed:
    """A parameter that would take IPv6 away: not for a host that uses it."""
    used = [interface for interface, _ in _ipv6_addresses()]
    if used:
        raise NotApplicable(f"IPv6 is in use: {', '.join(sorted(set(used)))}")
    waiting = _ports_at_loopback()
    if waiting:
        raise NotApplicable(f"IPv6 is in use: {', '.join(f'[::1]:{port}' for port in waiting)}")
    return sysctl(name)


def sysctl_of_fixed_addresses(name: str) -> Observed:
    """A parameter that would take an address away that IPv6 routers or servers gave."""
    given = [interface for interface, flags in _ipv6_addresses() if not flags & _PERMANENT]
    if given:
        raise NotApplicable(f"the network gives IPv6 addresses: {', '.join(sorted(set(given)))}")
    return sysctl(name)


def modules_locked(_: str) -> Observed:
    """1 if no more kernel module can be loaded; persistent by sysctl.d, or by our unit at the end of the start."""
    lasting = "1" if os.path.lexists(at(_LOCK)) else _configured("kernel.modules_disabled")
    return Observed(sysctl("kernel.modules_disabled").effective, lasting)


def _ipv6_addresses() -> list[tuple[str, int]]:
    """Interfaces and flags of the addresses that reach beyond the own link."""
    rows = [line.split() for line in lines_of("/proc/net/if_inet6")]
    return [(row[5], int(row[4], 16)) for row in rows if row[3] == "00"]


def _ports_at_loopback() -> list[int]:
    """TCP ports at which a program waits at ::1: some end when it is gone. Chrony, at UDP, does without."""
    rows = [line.split() for line in lines_of("/proc/net/tcp6")[1:]]
    waiting = (row[1].partition(":") for row in rows if row[3] == _LISTENS)
    return sorted({int(port, 16) for address, _, port in waiting if address == _LOOPBACK})


def _configured(name: str) -> str | None:
    """What systemd-sysctl will set; a pattern (``net.ipv4.conf.*.x``) counts where nothing names the parameter."""
    lines = _lines()
    if name in lines:
        return lines[name]
    if "*" in name:
        return None
    matching = [value for key, value in lines.items() if "*" in key and fnmatch.fnmatchcase(name, key)]
    return matching[-1] if matching else None


@functools.cache
def _lines() -> dict[str, str | None]:
    """Values by name or pattern, the last file winning; None keeps a parameter out of patterns (``-name``)."""
    found: dict[str, str | None] = {}
    for path in drop_ins(*_FOLDERS, suffix=".conf"):
        for line in lines_of(path):
            key, given, value = line.partition("=")
            if line.startswith(";") or not (given or line.startswith("-")):
                continue
            name = _dotted(key.lstrip("-").strip())
            found.pop(name, None)  # the last line counts, also between patterns
            found[name] = " ".join(value.split()) if given else None
    return found


def _dotted(key: str) -> str:
    """``net/ipv4/conf/eth0.1/x`` and ``net.ipv4.conf.all.x`` both by dots."""
    return key.replace("/", ".") if "." not in key.partition("/")[0] else key


PROBES = {
    "sysctl": sysctl,
    "sysctl_of_unused_protocol": sysctl_of_unused_protocol,
    "sysctl_of_fixed_addresses": sysctl_of_fixed_addresses,
    "modules_locked": modules_locked,
}
