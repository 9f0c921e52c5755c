"""Which processes a lab has, in a way that survives their death and never takes a stranger's for one of them.

A lab runs as long as ``run/lock`` is locked: supervisor and services hold it, and the kernel frees it with the last of
them. Numbers are trusted only together with the time at which their process started.
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.lab.deployment import read_json, write_file

SUPERVISOR = "supervisor"


def started(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 if there is none (or a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])


def memory(pid: int) -> int:
    """The memory of a process in MiB, what it shares counted in part (PSS); 0 if it cannot be read."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("Pss:")), 0)


def acquire(run: Path, patience: float = 0.0) -> int | None:
    """Take the lab's lock for this process and those it forks; None if another holds it for `patience` seconds."""
    run.mkdir(parents=True, exist_ok=True)
    handle = os.open(run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(handle)
                return None
            time.sleep(0.01)
        else:
            return handle


def running(run: Path) -> bool:
    """Does any process of the lab live?"""
    if not (run / "lock").exists():
        return False
    handle = acquire(run)
    if handle is None:
        return True
    os.close(handle)
    return False


@contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Let one process at a time do something; the kernel frees it when it and all that have the handle died."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


class Table:
    """``run/processes.json``: written by the supervisor, read by whoever asks after the lab."""

    def __init__(self, run: Path) -> None:
        self.path = run / "processes.json"

    def start(self, pid: int) -> None:
        """Begin anew, with the supervisor alone."""
        self._write({SUPERVISOR: {"pid": pid, "started": started(pid)}})

    def add(self, group: str, pid: int) -> None:
        """Note a process."""
        self._write(self._read() | {group: {"pid": pid, "started": started(pid)}})

    def end(self, group: str, code: int) -> None:
        """Note that a process has ended."""
        rows = self._read()
        if group in rows:
            self._write(rows | {group: {**rows[group], "exit_code": code}})

    def clear(self) -> None:
        """Forget all of them."""
        self.path.unlink(missing_ok=True)

    def pid(self, group: str) -> int | None:
        """The process of a group, if it lives and is the one that was started then."""
        row = self._read().get(group, {})
        alive = row and "exit_code" not in row and started(row["pid"]) == row["started"]
        return int(row["pid"]) if alive else None

    def known(self, group: str) -> bool:
        """Was such a process started?"""
        return group in self._read()

    def exit_code(self, group: str) -> int | None:
        """How a process ended (negative: by which signal); None if it has not, or nobody saw it."""
        code = self._read().get(group, {}).get("exit_code")
        return None if code is None else int(code)

    def _read(self) -> dict[str, Any]:
        return read_json(self.path)

    def _write(self, rows: dict[str, Any]) -> None:
        write_file(self.path, json.dumps(rows, indent=1))


def end_all(run: Path, groups: tuple[str, ...], patience: float = 10.0) -> bool:
    """End a lab's processes, by force after `patience` seconds; True when none is left."""
    table = Table(run)
    for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, patience)):
        for group in (SUPERVISOR, *groups) if number == signal.SIGKILL else (SUPERVISOR,):
            if pid := table.pid(group):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not running(run):
                table.clear()
                return True
            time.sleep(0.02)
    return False
