"""One run of ``pulumi`` on one stack, watched."""

import json
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from infra.environment import home, project_root
from infra.errors import CloudError, JolibaError
from infra.fleet import locks
from infra.fleet.backend import Backend
from infra.fleet.events import Outcome, Status, Tally
from infra.fleet.stacks import StackName

Watcher = Callable[[StackName, Tally], None]
"""Called from the run's thread whenever something happened."""

_EVENTS = "events"  # the file in a run's folder
_GLANCE = 0.1  # seconds between two looks at what the engine has said
_PARALLEL = 16  # unlimited, Pulumi's memory grows with the stack: 8 GB for 1,000 resources


class StoppedError(CloudError):
    """The person has asked Joliba to stop before a run began."""


class Operation(StrEnum):
    """What a run does."""

    PREVIEW = "preview"
    UP = "up"
    DESTROY = "destroy"


def run_folder() -> Path:
    """Where runs keep what the next one needs if they are killed; 0700."""
    folder = home() / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def left_folders(stack: StackName) -> list[Path]:
    """The folders of runs that changed the stack and whose Joliba was killed; the caller has claimed the stack."""
    return sorted(run_folder().glob(f"{_prefix(stack)}*"))


def events(folder: Path) -> Iterator[dict[str, Any]]:
    """What a run said that has ended, as far as it was written."""
    try:
        lines = Path(folder, _EVENTS).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        with suppress(json.JSONDecodeError):  # the last one, cut off
            if line.startswith("{"):
                yield json.loads(line)


class Runner:
    """Starts runs, any number at once, and can ask all of them to stop.

    A run has its own process group, so that one Ctrl-C reaches Pulumi once: it then ends what it has begun and writes
    its state; a second one ends it at once. Its events go to a file, not to a pipe: should Joliba be killed, the run
    completes and nothing is left half-made.
    """

    def __init__(self) -> None:
        self.stopping = False
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def interrupt(self) -> None:
        """Ask every run to stop; no new one begins."""
        with self._lock:
            self.stopping = True
            for process in self._running:
                process.send_signal(signal.SIGINT)

    def run(
        self,
        operation: Operation,
        stack: StackName,
        backend: Backend,
        *,
        flags: Sequence[str] = (),
        watch: Watcher | None = None,
    ) -> tuple[Outcome, Tally]:
        """Run and wait for the end.

        Returns:
            What it did; and the tally, for what failed.

        Raises:
            locks.LockedError: another process works on the stack, or did when it was killed.
            StoppedError: it was not begun.
            JolibaError: pulumi is not installed.
        """
        began, tally = time.monotonic(), Tally()
        prefix = f"{stack}-" if operation is Operation.PREVIEW else _prefix(stack)
        with tempfile.TemporaryDirectory(dir=run_folder(), prefix=prefix) as folder:
            said, complained = Path(folder, _EVENTS), Path(folder, "errors")
            with said.open("wb") as stdout, complained.open("wb") as stderr:
                command, streams = _command(operation, stack, flags), (stdout.fileno(), stderr.fileno())
                marks = {} if operation is Operation.PREVIEW else locks.marks(stack)
                process = self._start(command, stack, {**backend.variables(), **marks}, streams)
            try:
                for line in _lines(said, process):
                    if line.startswith("{"):
                        tally.feed(json.loads(line))
                        watch = told(watch, stack, tally)
            finally:
                process.wait()
                with self._lock:
                    self._running.discard(process)
            complaints = complained.read_text(encoding="utf-8", errors="replace").strip()
        if process.returncode and locks.LOCKED in complaints:
            raise locks.LockedError(stack, complaints)
        return self._outcome(stack, process.returncode, tally, complaints, time.monotonic() - began), tally

    def _start(
        self, command: list[str], stack: StackName, variables: Mapping[str, str], streams: tuple[int, int]
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self.stopping:
                raise StoppedError(f"{stack}: not begun")
            try:
                process = subprocess.Popen(
                    command,
                    cwd=project_root(),
                    env={**variables, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"},
                    stdin=subprocess.DEVNULL,
                    stdout=streams[0],
                    stderr=streams[1],
                    process_group=0,
                )
            except FileNotFoundError:
                raise JolibaError("pulumi is not installed: run scripts/setup") from None
            self._running.add(process)
            return process

    def _outcome(self, stack: StackName, code: int, tally: Tally, complaints: str, seconds: float) -> Outcome:
        status, errors = Status.OK, tally.errors()
        if code:
            status = Status.STOPPED if self.stopping else Status.FAILED
            errors = errors or tuple(_own_errors(complaints)) or (f"pulumi ended with exit code {code}",)
        return Outcome(
            stack=stack,
            status=status,
            counts=tally.counts(),
            changes=tuple(tally.changes.values()),
            seconds=seconds,
            errors=errors,
            notes=tally.warnings(),
        )


def _prefix(stack: StackName) -> str:
    """How the folders of runs that change the stack begin; no other stack's do."""
    return f"{stack}.run-"


def told(watch: Watcher | None, stack: StackName, tally: Tally) -> Watcher | None:
    """The watcher once it was told; None if its terminal or pipe is gone: the run goes on all the same."""
    if watch:
        try:
            watch(stack, tally)
        except (OSError, ValueError):
            return None
    return watch


def _command(operation: Operation, stack: StackName, flags: Sequence[str]) -> list[str]:
    consent = [] if operation is Operation.PREVIEW else ["--yes", "--skip-preview"]
    fixed = ["--json", "--non-interactive", f"--parallel={_PARALLEL}", f"--stack={stack.qualified}"]
    return ["pulumi", operation, *consent, *fixed, *flags]


def _lines(path: Path, process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Whole lines of a file as they are written, until the process has ended."""
    with path.open("rb") as stream:
        rest = b""
        while True:
            ended = process.poll() is not None
            rest += stream.read()
            *lines, rest = rest.split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
            if ended:
                return
            time.sleep(_GLANCE)


def _own_errors(complaints: str) -> list[str]:
    """What the command itself complained of: its ``error:`` lines with what follows them, else everything."""
    _, found, message = complaints.partition("error: ")
    return [message.strip()] if found else [complaints] if complaints else []
