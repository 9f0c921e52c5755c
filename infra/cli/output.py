"""What the commands print: text and tables for people, JSON for machines. Nothing in it is ever taken for markup."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_KEPT = "\n\t"
_WIDEST = 1000  # columns


def plain(text: str) -> str:
    """A text of any length that cannot move a terminal's cursor or reverse its reading order; lines and tabs stay."""
    from infra.intake.findings import invisible  # noqa: PLC0415  together with what a command reads

    return "".join(
        each if each in _KEPT or not invisible(each) else each.encode("unicode_escape").decode() for each in text
    )


def console(*, stderr: bool = False) -> "Console":
    """Where people are told things: no markup, no emoji, no colouring by guess; the terminal breaks long lines."""
    from rich.console import Console  # noqa: PLC0415  30 ms

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True)


def line(text: str, *, stderr: bool = False) -> None:
    """Print a line at once, as it is but for what could harm a terminal. Costs no library."""
    stream = sys.stderr if stderr else sys.stdout
    stream.write(f"{plain(text)}\n")
    stream.flush()


def say(text: str = "", style: str | None = None) -> None:
    """Tell people one thing."""
    console().print(plain(text), style=style)


def emit(value: Any) -> None:  # noqa: ANN401  whatever JSON holds
    """Tell machines: JSON on stdout, in ASCII so that no terminal is surprised."""
    from infra.intake.findings import as_json  # noqa: PLC0415  together with what a command reads

    sys.stdout.write(f"{as_json(value, indent=2)}\n")


def show(table: "Table") -> None:
    """Print a table, a line a row however narrow the terminal: it breaks lines itself, and a pipe has no width."""
    wide = console()
    wide.width = _WIDEST
    wide.print(table)


def table(*columns: str, right: Sequence[str] = ()) -> "Table":
    """An unboxed table; the columns named in ``right`` are aligned to the right."""
    from rich.table import Table  # noqa: PLC0415  30 ms

    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    return made


def row(into: "Table", cells: Iterable[object], style: str | None = None) -> None:
    """Add a row; cells are shown as they are."""
    from rich.text import Text  # noqa: PLC0415  30 ms

    into.add_row(*(Text(plain(str(cell))) for cell in cells), style=style)
