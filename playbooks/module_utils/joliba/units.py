"""Units of systemd: whether they run, whether they will, and what their services may do.

Links of the file system say which units start with the system: `systemctl list-unit-files` says the same, and takes
seconds on a small machine.
"""

from __future__ import annotations

import fnmatch
import functools
import os
from typing import NamedTuple

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, at, output

_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
_KINDS = (".service", ".socket", ".timer")
_PROPERTIES = "Id,LoadState,StandardOutput,User,DynamicUser,NoNewPrivileges,ProtectSystem"
_RUN_LEVELS = ("/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d", "/etc/rcS.d")


class _Unit(NamedTuple):
    active: str
    state: str


class _Files(NamedTuple):
    known: frozenset[str]
    """Those that have a file, or are an instance of one that has."""
    started: frozenset[str]
    """Those that another unit, like ``multi-user.target``, pulls in."""
    chosen: frozenset[str]
    """Those of them that were enabled on this host, by a package or a person, not by the system's makers."""


def unit(name: str) -> Observed:
    """A unit, ``enabled`` or ``disabled``: running now, and at the next start. None if there is none."""
    if name not in _files().known and name not in _running():
        return Observed(None, None)
    active = name in _running() and _running()[name].active in ("active", "activating", "reloading")
    return Observed(_word(active), _word(enabled(name)))


def services_beyond(known: dict[str, list[str]]) -> Observed:
    """Services and sockets that run or are enabled, and that nobody declared.

    Args:
        known: ``declared`` and ``base``, names or patterns of names; ``.service`` may be left out.
    """
    patterns = [_full(name) for name in [*known["declared"], *known["base"]]]

    def beyond(names: list[str]) -> list[str]:
        services = (name for name in names if name.endswith((".service", ".socket")))
        return sorted(name for name in services if not any(fnmatch.fnmatchcase(name, each) for each in patterns))

    running = [name for name, each in _running().items() if each.state in ("running", "listening")]
    return Observed(beyond(running), beyond([name for name in _files().chosen if enabled(name)]))


def services_as_root(names: list[str]) -> Observed:
    """Which of these services run with all of root's rights."""
    return Observed(
        [
            name
            for name, each in _declared(names)
            if each.get("User", "") in ("", "root", "0") and each.get("DynamicUser") != "yes"
        ]
    )


def services_unconfined(names: list[str]) -> Observed:
    """Which of these services may gain privileges or write to the system's files."""
    return Observed(
        [
            name
            for name, each in _declared(names)
            if each.get("NoNewPrivileges") != "yes" or each.get("ProtectSystem") not in ("yes", "full", "strict")
        ]
    )


def services_unlogged(names: list[str]) -> Observed:
    """Which of these services throw away what they print."""
    return Observed([name for name, each in _declared(names) if each.get("StandardOutput") == "null"])


def enabled(name: str) -> bool:
    """Whether a unit is started with the system."""
    masked = os.path.realpath(at(f"{_FOLDERS[0]}/{name}")) == os.devnull
    return name in _files().started and not masked


@functools.cache
def _running() -> dict[str, _Unit]:
    """The loaded units."""
    types = ",".join(kind[1:] for kind in _KINDS)
    command = ("systemctl", "list-units", "--all", "--full", "--plain", "--no-legend", "--no-pager", f"--type={types}")
    try:
        lines = output(*command).splitlines()
    except NotApplicable as error:
        raise Unmeasured("systemd does not run here") from error
    fields = (line.split(None, 4) for line in lines)
    return {each[0]: _Unit(each[2], each[3]) for each in fields if len(each) > 3 and each[1] == "loaded"}  # noqa: PLR2004


@functools.cache
def _files() -> _Files:
    known: set[str] = set()
    started: dict[str, set[str]] = {folder: set() for folder in _FOLDERS}
    for folder in _FOLDERS:
        for name in _listed(folder):
            if name.endswith((".wants", ".requires")):
                started[folder].update(_listed(f"{folder}/{name}"))
            elif name.endswith(_KINDS):
                known.add(name)
    scripts = {name[3:] for folder in _RUN_LEVELS for name in _listed(folder) if name.startswith("S")}
    old = {f"{name.removesuffix('.sh')}.service" for name in scripts} - known
    pulled = old.union(*started.values())
    instances = {name for name in pulled if f"{name.partition('@')[0]}@{name[name.rfind('.') :]}" in known}
    return _Files(frozenset(known | old | instances), frozenset(pulled), frozenset(old | started[_FOLDERS[0]]))


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(at(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _declared(names: list[str]) -> list[tuple[str, dict[str, str]]]:
    """Properties of services by the names that the tenant gives them."""
    if not names:
        raise NotApplicable("no service is declared for this host")
    shown = output("systemctl", "show", "--no-pager", f"--property={_PROPERTIES}", *map(_full, names))
    found = [dict(line.split("=", 1) for line in part.splitlines() if "=" in line) for part in shown.split("\n\n")]
    loaded = [(each.get("Id", ""), each) for each in found if each.get("LoadState") == "loaded"]
    if not loaded:
        raise Unmeasured(f"none of these services is there: {', '.join(names)}")
    return loaded


def _full(name: str) -> str:
    return name if name.endswith(_KINDS) else f"{name}.service"


def _word(holds: bool) -> str:
    return "enabled" if holds else "disabled"


PROBES = {
    "unit": unit,
    "services_beyond": services_beyond,
    "services_as_root": services_as_root,
    "services_unconfined": services_unconfined,
    "services_unlogged": services_unlogged,
}
