"""Processes of this machine, as Linux's ``/proc`` tells."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_STATE, _START = 0, 19  # fields of /proc/<pid>/stat that follow the name: proc(5) counts them as 3 and 22


def started(pid: int) -> float | None:
    """When a process started, in seconds since 1970; None if there is none, or only its zombie."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        boot = next(
            line for line in (_PROC / "stat").read_text(encoding="utf-8").splitlines() if line.startswith("btime")
        )
    except OSError:
        return None
    return None if fields[_STATE] == "Z" else int(boot.split()[1]) + int(fields[_START]) / os.sysconf("SC_CLK_TCK")


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
