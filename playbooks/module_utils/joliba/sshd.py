"""The SSH server, as ``sshd -T`` reads its configuration with all that it includes."""

from __future__ import annotations

import functools
import os

from ansible.module_utils.joliba.observing import Observed, Unmeasured, lines_of, matching, output

_FILE = "/etc/ssh/sshd_config"
_OURS = "00-joliba-"
_SAME = {"prohibit-password": "without-password"}
"""Values that sshd tells in another word."""
_LISTS = {
    "ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms", "casignaturealgorithms",
    "hostbasedacceptedalgorithms", "authenticationmethods",
}  # fmt: skip
_REPEATED = {"allowgroups", "allowusers", "denygroups", "denyusers", "acceptenv", "hostkey", "port", "listenaddress"}


def sshd(keyword: str) -> Observed:
    """A keyword's value; a list for those that hold several. None if sshd does not set it.

    Raises:
        Unmeasured: a ``Match`` block, ours apart, gives it another one, to whomever it is for.
    """
    values = _settings().get(keyword.lower())
    for place, value in _matched().get(keyword.lower(), []):
        if _SAME.get(value.lower(), value.lower()) != " ".join(values or []).lower():
            raise Unmeasured(f"a Match block of {place} sets it to {value}")
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


@functools.cache
def _matched() -> dict[str, list[tuple[str, str]]]:
    """What ``Match`` blocks set, by keyword: the file and the value. ``sshd -T`` tells what is for everybody."""
    found: dict[str, list[tuple[str, str]]] = {}
    waiting, seen = [(_FILE, False)], set()
    while waiting:
        path, inside = waiting.pop()
        if path in seen or os.path.basename(path).startswith(_OURS):
            continue
        seen.add(path)
        for line in lines_of(path):
            keyword, value = _words(line)
            if keyword == "match":
                inside = True
            elif keyword == "include":
                names = (name if name.startswith("/") else f"/etc/ssh/{name}" for name in value.split())
                waiting += [(each, inside) for name in names for each in matching(name)]
            elif inside:
                found.setdefault(keyword, []).append((path, value))
    return found


def _words(line: str) -> tuple[str, str]:
    """A line's keyword in lower case and the rest, as OpenSSH separates them: by blanks, an ``=`` too."""
    keyword, _, value = line.replace("=", " ", 1).replace("\t", " ").partition(" ")
    return keyword.lower(), value.strip().strip('"')


PROBES = {"sshd": sshd}
