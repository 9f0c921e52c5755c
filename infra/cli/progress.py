"""What people see while stacks are being worked on: a line a stack on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from infra.cli.output import console, line, plain
from infra.cli.wording import labelled
from infra.wording import language, say_in

if TYPE_CHECKING:
    from infra.fleet.events import Outcome, Tally
    from infra.fleet.stacks import StackName

_HEARTBEAT = 10.0  # seconds between two plain lines about one stack
_NAMES = 3


class Progress:
    """Shows several stacks at once. ``quiet`` shows nothing: for machines."""

    def __init__(self, verb: str, stacks: Sequence["StackName"], *, quiet: bool = False) -> None:
        self._verb, self._quiet, self._lang = verb, quiet, language()
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
        with self._lock:
            self._lines[stack] = self._doing(tally)
            if not self._live and not self._quiet and time.monotonic() - self._told.get(stack, 0.0) > _HEARTBEAT:
                self._told[stack] = time.monotonic()
                self._line(stack)

    def told(self, outcome: "Outcome") -> None:
        """Take note of how a stack ended."""
        with self._lock:
            status, seconds = say_in(self._lang, outcome.status), f"{outcome.seconds:.1f}"
            ended = say_in(self._lang, "{status} after {seconds} s", status=status, seconds=seconds)
            self._lines[outcome.stack] = ended
            if not self._live and not self._quiet:
                self._line(outcome.stack)

    def _doing(self, tally: "Tally") -> str:
        if tally.awaited:
            return say_in(self._lang, "waits for an earlier run to end (process {process})", process=tally.awaited)
        doing = [say_in(self._lang, "resources done: {count}", count=tally.done)]
        if running := list(dict.fromkeys(tally.running.values())):
            doing.append(say_in(self._lang, "now {names}", names=", ".join(running[:_NAMES])))
        if len(running) > _NAMES:
            doing.append(say_in(self._lang, "{count} more", count=len(running) - _NAMES))
        return ", ".join(doing)

    def _line(self, stack: "StackName") -> None:
        line(labelled(self._lang, str(stack), labelled(self._lang, self._verb, self._lines[stack])))

    def _table(self) -> Any:  # noqa: ANN401  one of rich's renderables
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        made = Table(box=None, show_header=False, pad_edge=False)
        with self._lock:
            busy = {stack: doing for stack, doing in self._lines.items() if doing != "waits"}
            for stack, doing in busy.items():
                made.add_row(Text(str(stack)), Text(self._verb), Text(plain(doing), overflow="ellipsis", no_wrap=True))
            if waiting := len(self._lines) - len(busy):
                made.add_row(Text(say_in(self._lang, "{count} wait", count=waiting)))
        return made
