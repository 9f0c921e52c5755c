"""What people see while hosts are being worked on: the busy ones on a terminal, a line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from infra.cli.output import console, line, plain
from infra.cli.wording import counted, labelled
from infra.wording import language, say_in

_HEARTBEAT = 10.0  # seconds between two plain lines
_ROWS = 20  # busy hosts that a terminal has room for


class HostProgress:
    """Counts hosts and shows what is being done on them. ``quiet`` shows nothing: for machines."""

    def __init__(self, verb: str, total: int, *, quiet: bool = False) -> None:
        self._verb, self._total, self._quiet = verb, total, quiet
        self._lang = language()
        self._busy: dict[str, str] = {}
        self._done: set[str] = set()
        self._told = time.monotonic()
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

    def watch(self, host: str, doing: str | None) -> None:
        """Take note of what is done on a host; empty: it waits for others; None: its work is over."""
        if doing:
            self._done.discard(host)
            self._busy[host] = doing
        else:
            self._busy.pop(host, None)
        if doing is None:
            self._done.add(host)
        if doing != "" and not self._live and not self._quiet and time.monotonic() - self._told > _HEARTBEAT:
            self._told = time.monotonic()
            busy = [labelled(self._lang, name, what) for name, what in list(self._busy.items())[:3]]
            line(" · ".join([self._count(), *busy]))

    def _count(self) -> str:
        told = "{verb}: {done} of {hosts}, {busy} at work"
        hosts = counted(self._lang, self._total, "host")
        return say_in(self._lang, told, verb=self._verb, done=len(self._done), hosts=hosts, busy=len(self._busy))

    def _table(self) -> Any:  # noqa: ANN401  one of rich's renderables
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        made = Table(box=None, show_header=False, pad_edge=False)
        made.add_row(Text(self._count(), style="bold"))
        for name, doing in list(self._busy.items())[:_ROWS]:
            made.add_row(Text(plain(f"{name}  {doing}"), overflow="ellipsis", no_wrap=True))
        return made
