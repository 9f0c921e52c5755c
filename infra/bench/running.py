"""Commands that are timed."""

import resource
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from infra.errors import CloudError

LINES = 25
"""How much of a failed command's output is shown."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """What is run, where, with which variables; ``expects`` must be in its output, ``""`` is in every one."""

    words: Sequence[str]
    folder: Path
    variables: dict[str, str] = field(repr=False)
    expects: str = ""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """``seconds`` by the clock; ``processor`` seconds of the commands and of what they waited for."""

    seconds: float
    processor: float


def run(commands: Sequence[Command], jobs: int) -> Cost:
    """Run commands, `jobs` at once, until all have ended.

    Raises:
        CloudError: one of them failed, or did not say what it should.
    """
    before, began = _processor(), time.monotonic()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        list(pool.map(_run, commands))
    return Cost(seconds=time.monotonic() - began, processor=_processor() - before)


def output(command: Command) -> str:
    """What a command prints.

    Raises:
        CloudError: it failed.
    """
    return _run(command)


def _run(command: Command) -> str:
    done = subprocess.run(
        command.words,
        cwd=command.folder,
        env=command.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode or command.expects not in done.stdout:
        told = "\n".join(f"{done.stdout}\n{done.stderr}".strip().splitlines()[-LINES:])
        wanted = f", without saying {command.expects!r}" if not done.returncode else ""
        raise CloudError(f"`{' '.join(command.words)}` ended with exit code {done.returncode}{wanted}:\n{told}")
    return done.stdout


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
