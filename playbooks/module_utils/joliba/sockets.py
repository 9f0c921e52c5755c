"""Sockets that wait for others than this host."""

from __future__ import annotations

import fnmatch
import functools
import re
from typing import Any, NamedTuple

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, output, text_of

_HERE = re.compile(r"127\.|\[::1\]|\[::ffff:127\.|.*%lo$")
_PROGRAM = re.compile(r'"([^"]*)",pid=(\d+)')
_UNIT = re.compile(r"/([^/\n]+)\.(service|scope)(?=/|$)", re.MULTILINE)


class _Socket(NamedTuple):
    port: str
    address: str
    program: str
    processes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.port} ({self.program}, {self.address})"


def listening_beyond(known: dict[str, list[str]]) -> Observed:
    """Ports that wait for the network, and that nobody declared.

    Args:
        known: ``declared`` and ``base``, each like ``443/tcp`` or ``8000-8010/tcp``.
    """
    accepted = [*known["declared"], *known["base"]]
    beyond = {str(each) for each in _exposed() if not any(_within(each.port, port) for port in accepted)}
    return Observed(sorted(beyond))


def exposed_programs(known: dict[str, Any]) -> Observed:
    """Programs that wait for the network, ``except`` those that every host has, and how many they are."""
    found = sorted({each.program for each in _exposed()} - set(known["except"]))
    return Observed({"programs": found, "count": len(found)})


def exposed_units(known: dict[str, list[str]]) -> Observed:
    """Programs that wait for the network and belong to no service that was declared, or that every host has.

    Args:
        known: ``declared`` and ``base``, names or patterns of names of services; ``postgresql`` is
            ``postgresql@15-main`` too.
    """
    accepted = [name.removesuffix(".service") for name in [*known["declared"], *known["base"]]]
    found = set()
    for each in _exposed():
        for unit in map(_unit, each.processes) if each.processes else ["no service"]:
            names = (unit, unit.partition("@")[0])
            if not any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in accepted):
                found.add(f"{each.program} ({unit})")
    return Observed(sorted(found))


def _unit(process: str) -> str:
    """The service or session that a process belongs to."""
    found = _UNIT.findall(text_of(f"/proc/{process}/cgroup") or "")
    return "no service" if not found else found[-1][0] if found[-1][1] == "service" else f"{found[-1][0]}.scope"


def _within(port: str, declared: str) -> bool:
    number, _, protocol = port.partition("/")
    ports, _, wanted = declared.partition("/")
    first, _, last = ports.partition("-")
    return protocol == wanted and int(first) <= int(number) <= int(last or first)


@functools.cache
def _exposed() -> tuple[_Socket, ...]:
    try:
        lines = output("ss", "-H", "-l", "-t", "-u", "-n", "-p").splitlines()
    except NotApplicable as error:
        raise Unmeasured("ss is not installed") from error
    found = []
    for words in (line.split(None, 6) for line in lines):
        if len(words) < 6:  # noqa: PLR2004  kind, state, two queues, both addresses
            continue
        address, _, port = words[4].rpartition(":")
        programs = _PROGRAM.findall(words[6]) if len(words) > 6 else []  # noqa: PLR2004
        if not _HERE.match(address) and port.isdigit():
            names = "+".join(sorted({name for name, _ in programs})) or "the kernel"
            found.append(_Socket(f"{port}/{words[0]}", address, names, tuple(process for _, process in programs)))
    return tuple(found)


PROBES = {"listening_beyond": listening_beyond, "exposed_programs": exposed_programs, "exposed_units": exposed_units}
