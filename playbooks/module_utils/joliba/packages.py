"""Packages: which are installed, and which nobody declared."""

from __future__ import annotations

import fnmatch
import functools
import re
from typing import TYPE_CHECKING, Any

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, output, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = "/var/lib/dpkg/status"
_STATES = "/var/lib/apt/extended_states"
_OF_THE_SYSTEM = ("required", "important", "standard")  # priorities


def package(name: str) -> Observed:
    """A package's version."""
    return Observed(persistent=installed().get(name))


def packages_beyond(known: dict[str, list[str]]) -> Observed:
    """Packages that were installed on purpose and that nobody declared.

    Args:
        known: ``declared`` and ``base``, names or patterns of names.
    """
    packages = _dpkg()
    if not packages:
        raise NotApplicable("packages of this system do not say whether they were asked for")
    automatic = {each["Package"] for each in _stanzas(_STATES) if each.get("Auto-Installed") == "1"}
    needed = {name for each in packages.values() for name in _needs(each)}
    beyond = [
        name
        for name, each in packages.items()
        if name not in automatic | needed
        and each.get("Priority") not in _OF_THE_SYSTEM
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in [*known["declared"], *known["base"]])
    ]
    return Observed(persistent=sorted(beyond))


@functools.cache
def installed() -> dict[str, str]:
    """Versions of all installed packages."""
    if text_of(_STATUS) is not None:
        return {name: each["Version"] for name, each in _dpkg().items()}
    try:
        lines = output("rpm", "-qa", "--qf", "%{NAME} %{VERSION}-%{RELEASE}\\n").splitlines()
    except NotApplicable as error:
        raise Unmeasured("neither dpkg nor rpm is here") from error
    return dict(line.split(" ", 1) for line in lines if " " in line)


@functools.cache
def _dpkg() -> dict[str, dict[str, str]]:
    return {
        each["Package"]: each for each in _stanzas(_STATUS) if each.get("Status", "").endswith(" installed")
        and "Package" in each and "Version" in each
    }  # fmt: skip


def _stanzas(path: str) -> Iterator[dict[str, str]]:
    """The fields of each paragraph of a control file; lines that continue a field are left out."""
    for paragraph in re.split(r"\n{2,}", text_of(path) or ""):
        yield {
            key: value.strip()
            for key, found, value in (line.partition(":") for line in paragraph.splitlines() if line[:1].strip())
            if found
        }


def _needs(package: dict[str, Any]) -> Iterator[str]:
    for kind in ("Pre-Depends", "Depends", "Recommends"):
        for alternative in re.split(r"[,|]", package.get(kind, "")):
            yield alternative.strip().partition(" ")[0].partition(":")[0]


PROBES = {"package": package, "packages_beyond": packages_beyond}
