"""Who is at work on a stack: Joliba's own claim, and the locks of Pulumi's backends, which outlive their process."""

import fcntl
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from infra.environment import RUN, home
from infra.errors import CloudError
from infra.fleet import processes
from infra.fleet.backend import Backend
from infra.fleet.stacks import StackName

LOCKED = "the stack is currently locked"
_HOLDER = re.compile(r"created by (?P<user>.*?)@(?P<host>.*?) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_RUN_BY = "JOLIBA_RUN_BY"
_GLANCE = 0.2
Waiting = Callable[[int], None]
"""Called again and again with the process that is awaited; what it raises ends the waiting."""


class LockedError(CloudError):
    """Pulumi found the stack locked; ``said`` is its message, which names the holders."""

    def __init__(self, stack: StackName, said: str) -> None:
        super().__init__(f"{stack}: {said}")
        self.said = said


@dataclass(frozen=True)
class Holder:
    """The process that a lock names. ``since`` in seconds since 1970."""

    user: str
    host: str
    pid: int
    since: float

    def is_dead(self) -> bool:
        """Whether it certainly runs no more: it was of this machine, and no Pulumi has its number.

        Times are not compared: clocks are stepped, and a living holder must never look dead.
        """
        return self.host == socket.gethostname() and not (processes.name(self.pid) or "").startswith("pulumi")

    def is_left_over(self, stack: StackName) -> bool:
        """Whether it is a run of this Joliba whose Joliba was killed: it ends by itself."""
        variables = processes.variables(self.pid)
        return variables.get(RUN) == _mark(stack) and processes.name(int(variables.get(_RUN_BY, "0"))) is None


def holders(said: str) -> list[Holder]:
    """The holders that a message of Pulumi names."""
    return [
        Holder(
            user=found["user"],
            host=found["host"],
            pid=int(found["pid"]),
            since=datetime.fromisoformat(found["since"]).timestamp(),
        )
        for found in _HOLDER.finditer(said)
    ]


def marks(stack: StackName) -> dict[str, str]:
    """Variables by which a run that changes the stack, and its plugins, can be told from a stranger's processes.

    Previews bear none: they hold no lock, and may go on while a dead run's plugins are ended.
    """
    return {RUN: _mark(stack), _RUN_BY: str(os.getpid())}


def release(locked: LockedError, stack: StackName, backend: Backend, waiting: Waiting) -> None:
    """Make a locked stack free again, if nobody works on it.

    A dead process's lock is removed, with the plugins it left running. A run whose Joliba was killed is awaited.

    Raises:
        CloudError: a living process, or one of another machine, holds it; the message says which and what to do.
    """
    found = holders(locked.said)
    if not found:
        raise locked
    dead = [holder for holder in found if holder.is_dead()]
    for holder in found:
        if holder in dead:
            continue
        if not holder.is_left_over(stack):
            raise CloudError(_occupied(stack, holder))
        while not holder.is_dead():
            waiting(holder.pid)
            time.sleep(_GLANCE)
    if dead:
        _end_plugins(stack)
        backend.pulumi("cancel", "--yes", stack=stack)


def run_of(stack: StackName) -> int | None:
    """The process of a run of this Joliba's home that is at work on the stack; None if there is none."""
    return next((pid for pid in processes.with_variable(RUN, _mark(stack)) if processes.name(pid) == "pulumi"), None)


def await_left_over(stack: StackName, waiting: Waiting) -> None:
    """Wait for the end of a run whose Joliba was killed, if there is one. The caller has claimed the stack."""
    while pid := run_of(stack):
        waiting(pid)
        time.sleep(_GLANCE)


@contextmanager
def claimed(stack: StackName, folder: Path) -> Iterator[None]:
    """Let one Joliba at a time work on a stack; the kernel frees it when that process dies.

    Raises:
        CloudError: another one is at work on it.
    """
    handle = os.open(folder / f"{stack}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CloudError(f"{stack}: another joliba is at work on it; try again when it has ended") from None
    finally:
        os.close(handle)


def _occupied(stack: StackName, holder: Holder) -> str:
    since = datetime.fromtimestamp(holder.since).astimezone().isoformat(" ", "seconds")
    who = f"{stack}: {holder.user} works on it on {holder.host} (process {holder.pid}) since {since}"
    if holder.host == socket.gethostname():
        return f"{who}; try again when that has ended"
    return f"{who}; if that process is gone, say so with: pulumi cancel --stack {stack}"


def _end_plugins(stack: StackName) -> None:
    """End what a killed run started and left: a plugin may still be asking the cloud for something."""
    for pid in processes.with_variable(RUN, _mark(stack)):
        processes.end(pid)


def _mark(stack: StackName) -> str:
    return f"{home()}:{stack}"
