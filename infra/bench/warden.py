"""Cleaning up after the bench, also after one that was killed.

``python -m infra.bench.warden FOLDER LAB`` waits until its standard input ends, which it does with the bench's process.
Then it ends every process that the bench has started, and removes the folder.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "JOLIBA_BENCH"
"""The variable that every command of a bench, and what that starts, carries: the bench's folder."""
PATIENCE = 10.0
"""Seconds until a process that was asked to end is killed."""


def started_by(folder: Path, lab: Path) -> Iterator[int]:
    """The processes of a bench: those that carry its mark, and those of its lab, which names its folder to them."""
    mark, named = f"{MARK}={folder}".encode(), str(lab).encode()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            marked = mark in (process / "environ").read_bytes().split(b"\0")
            if marked or named in (process / "cmdline").read_bytes().split(b"\0"):
                yield int(process.name)
        except OSError:
            continue  # it has ended, or is another user's


def end(folder: Path, lab: Path) -> None:
    """End them all, by force after `PATIENCE`."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + PATIENCE
        for pid in started_by(folder, lab):
            _send(pid, number)
        while list(started_by(folder, lab)) and time.monotonic() < deadline:
            time.sleep(0.1)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def main() -> None:
    """Wait, then clean up."""
    folder, lab = map(Path, sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end(folder, lab)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
