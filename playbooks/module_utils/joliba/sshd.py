"""The SSH server, as ``sshd -T`` reads its configuration with all that it includes."""

from __future__ import annotations

import functools

from ansible.module_utils.joliba.observing import Observed, output

_LISTS = {
    "ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms", "casignaturealgorithms",
    "hostbasedacceptedalgorithms", "authenticationmethods",
}  # fmt: skip
_REPEATED = {"allowgroups", "allowusers", "denygroups", "denyusers", "acceptenv", "hostkey", "port", "listenaddress"}


def sshd(keyword: str) -> Observed:
    """A keyword's value; a list for those that hold several. None if sshd does not set it."""
    values = _settings().get(keyword.lower())
    if keyword.lower() in _LISTS:
        return Observed(values[0].split(",") if values else None)
    if keyword.lower() in _REPEATED:
        return Observed([name for value in values or [] for name in value.split()])
    return Observed(values[0] if values else None)


@functools.cache
def _settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in output("sshd", "-T").splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword, []).append(value)
    return found


PROBES = {"sshd": sshd}
