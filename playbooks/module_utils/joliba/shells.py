"""What shells set for everyone who logs in: /etc/profile and its drop-ins, and bash's own file."""

from __future__ import annotations

import re

from ansible.module_utils.joliba.observing import NotApplicable, Observed, drop_ins, lines_of, text_of

_ASSIGNED = r"(?:^|[;\s])(?P<words>(?:(?:declare|typeset|readonly|export)\s+(?:-\w+\s+)*)*){name}=[\"']?(?P<value>\w+)"
_UMASK = re.compile(r"(?:^|[;&\s])umask\s+([0-7]{3,4})\b")


def _profile() -> list[str]:
    return [line for path in ["/etc/profile", *drop_ins("/etc/profile.d", suffix=".sh")] for line in lines_of(path)]


def variable(name: str) -> Observed:
    """A variable that login shells set: ``value``, and whether people cannot change it (``fixed``)."""
    value, fixed = None, False
    pattern = re.compile(_ASSIGNED.format(name=re.escape(name)))
    for line in _profile():
        said = pattern.search(line)
        if said and not fixed:
            value = said["value"]
        if said and re.search(r"readonly|-\w*r", said["words"]):
            fixed = True
        fixed = fixed or re.search(rf"\breadonly\s+{re.escape(name)}\b", line) is not None
    return Observed(persistent={"value": value, "fixed": fixed})


def umask(path: str) -> Observed:
    """The most generous umask that a file sets (/etc/profile with its drop-ins); None if it sets none."""
    if path != "/etc/profile" and text_of(path) is None:
        raise NotApplicable(f"there is no {path}")
    lines = _profile() if path == "/etc/profile" else lines_of(path)
    masks = [int(found, 8) for line in lines for found in _UMASK.findall(line)]
    allowed = 0
    for mask in masks:
        allowed |= ~mask & 0o777
    return Observed(persistent=f"{~allowed & 0o777:03o}" if masks else None)


PROBES = {"shell_variable": variable, "shell_umask": umask}
