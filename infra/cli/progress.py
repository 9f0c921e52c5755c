"""What people see while stacks are being worked on: a line a stack on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from infra.cli.output import console, line, plain

if TYPE_CHECKING:
    from infra.fleet.events import Outcome, Tally
    from infra.fleet.stacks import StackName

_HEARTBEAT = 10.0  # seconds between two plain lines about one stack
_NAMES = 3


class Progress:
    """Shows several stacks at once. ``quiet`` shows nothing: for machines."""

    def __init__(self, verb: str, stacks: Sequence["StackName"], *, quiet: bool = False) -> None:
        self._verb, self._quiet = verb, quiet
        self._lines: dict[StackName, str] = dict.fromkeys(stacks, "waits")
        self._told: dict[StackName, float] = {}
        self._lock = threading.Lock()
        self._live: Any = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stdout.isatty():
            from rich.live import Live  # noqa: PLC0415  30 ms

            self._live = Live(console=console(), get_renderable=self._table, refresh_per_second=4, transient=True)
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.__exit__(kind, error, trace)

    def watch(self, stack: "StackName", tally: "Tally") -> None:
        """Take note of what a stack is doing; called from its thread."""
        running = list(dict.fromkeys(tally.running.values()))
        more = f" and {len(running) - _NAMES} more" if len(running) > _NAMES else ""
        now = f", now {', '.join(running[:_NAMES])}{more}" if running else ""
        with self._lock:
            awaits = f"waits for an earlier run to end (process {tally.awaited})"
            self._lines[stack] = awaits if tally.awaited else f"{tally.done} resources done{now}"
            if not self._live and not self._quiet and time.monotonic() - self._told.get(stack, 0.0) > _HEARTBEAT:
                self._told[stack] = time.monotonic()
                line(f"{stack}: {self._verb}: {self._lines[stack]}")

    def told(self, outcome: "Outcome") -> None:
        """Take note of how a stack ended."""
        with self._lock:
            self._lines[outcome.stack] = f"{outcome.status} after {outcome.seconds:.1f} s"
            if not self._live and not self._quiet:
                line(f"{outcome.stack}: {self._verb}: {self._lines[outcome.stack]}")

    def _table(self) -> Any:  # noqa: ANN401  one of rich's renderables
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        made = Table(box=None, show_header=False, pad_edge=False)
        with self._lock:
            busy = {stack: doing for stack, doing in self._lines.items() if doing != "waits"}
            for stack, doing in busy.items():
                made.add_row(Text(str(stack)), Text(self._verb), Text(plain(doing), overflow="ellipsis", no_wrap=True))
            if waiting := len(self._lines) - len(busy):
                made.add_row(Text(f"{waiting} wait"))
        return made
