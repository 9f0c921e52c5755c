"""Sockets that wait for others than this host."""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, output

_HERE = re.compile(r"127\.|\[::1\]|\[::ffff:127\.|.*%lo$")
_PROGRAM = re.compile(r'"([^"]*)",pid=')


class _Socket(NamedTuple):
    port: str
    address: str
    program: str

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
            found.append(_Socket(f"{port}/{words[0]}", address, "+".join(sorted(set(programs))) or "the kernel"))
    return tuple(found)


PROBES = {"listening_beyond": listening_beyond, "exposed_programs": exposed_programs}
