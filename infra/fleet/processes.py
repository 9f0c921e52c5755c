"""Processes of this machine, as Linux's ``/proc`` tells."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def name(pid: int) -> str | None:
    """The name of a running process's program (at most 15 characters); None if there is none, or only its zombie."""
    try:
        told = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    before, _, after = told.rpartition(")")
    return None if after.split()[0] == "Z" else before.partition("(")[2]


def variables(pid: int) -> Mapping[str, str]:
    """The environment that a process was started with; empty if it may not be read."""
    try:
        content = (_PROC / str(pid) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in content.split("\0") if "=" in entry)


def with_variable(name: str, value: str) -> Iterator[int]:
    """The processes that were started with a variable of that value, this one left out."""
    for path in _PROC.glob("[0-9]*"):
        pid = int(path.name)
        if pid != os.getpid() and variables(pid).get(name) == value:
            yield pid


def end(pid: int) -> None:
    """Kill a process; nothing happens if it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
