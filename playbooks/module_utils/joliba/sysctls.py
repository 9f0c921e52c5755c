"""Kernel parameters: as they are, and as the files of sysctl.d will set them."""

from __future__ import annotations

import functools
import os

from ansible.module_utils.joliba.observing import NotApplicable, Observed, drop_ins, lines_of, text_of

_FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")


def sysctl(name: str) -> Observed:
    """A kernel parameter by its dotted name."""
    path = f"/proc/sys/{name.replace('.', '/')}"
    if not os.path.exists(path):
        raise NotApplicable(f"this kernel has no {name}")
    found = text_of(path)
    return Observed(" ".join(found.split()) if found is not None else None, _configured().get(name))


@functools.cache
def _configured() -> dict[str, str]:
    """What systemd-sysctl will set, the last file winning; ``/etc/sysctl.conf`` is read last (procps)."""
    found: dict[str, str] = {}
    for path in [*drop_ins(*_FOLDERS, suffix=".conf"), "/etc/sysctl.conf"]:
        for line in lines_of(path):
            key, _, value = line.lstrip("-").partition("=")
            if not line.startswith(";") and value:
                found[_dotted(key.strip())] = " ".join(value.split())
    return found


def _dotted(key: str) -> str:
    """``net/ipv4/conf/eth0.1/x`` and ``net.ipv4.conf.all.x`` both by dots."""
    return key.replace("/", ".") if "." not in key.partition("/")[0] else key


PROBES = {"sysctl": sysctl}
