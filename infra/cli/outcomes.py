"""Summaries: what runs did, or would do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from infra.cli.output import console, emit, plain, row, say, show, table
from infra.cli.wording import labelled
from infra.errors import CloudError, RefusedError
from infra.wording import language, say_in

if TYPE_CHECKING:
    from infra.fleet.events import Outcome

COUNTS = ("created", "updated", "replaced", "deleted", "same")
STYLES = {"failed": "red", "stopped": "red", "refused": "red", "blocked": "yellow", "skipped": "dim"}
SIGNS = {"create": "+", "import": "+", "update": "~", "replace": "±", "delete": "-"}


def show_changes(outcomes: Sequence["Outcome"]) -> None:
    """Print every change of every stack, a line each."""
    lang = language()
    for outcome in outcomes:
        if not outcome.changes:
            continue
        say(str(outcome.stack), style="bold")
        for change in outcome.changes:
            differing = f"  ({', '.join(change.properties)})" if change.properties else ""
            kind = change.type.rpartition(":")[2]
            sign, action = SIGNS.get(change.action, change.action), say_in(lang, change.action)
            say(f"  {sign} {action:12} {kind:22} {change.name}{differing}")


def show_summary(outcomes: Sequence["Outcome"], *, as_json: bool) -> None:
    """Print how each stack ended, with what went wrong and what is worth knowing."""
    if as_json:
        emit({"ok": not failed(outcomes), "stacks": [outcome.as_dict() for outcome in outcomes]})
        return
    lang = language()
    numbers = [say_in(lang, name) for name in (*COUNTS, "seconds")]
    shown = table(say_in(lang, "stack"), say_in(lang, "result"), *numbers, right=numbers)
    for outcome in outcomes:
        counts = [outcome.counts.get(name, 0) or "-" for name in COUNTS]
        cells = (outcome.stack, say_in(lang, outcome.status), *counts, f"{outcome.seconds:.1f}")
        row(shown, cells, STYLES.get(outcome.status))
    show(shown)
    for outcome in outcomes:
        for note in outcome.notes:
            say(labelled(lang, str(outcome.stack), say_in(lang, note)))
    show_errors(outcomes)


def show_errors(outcomes: Sequence["Outcome"]) -> None:
    """Print what went wrong, on stderr."""
    for outcome in outcomes:
        for error in outcome.errors:
            told = labelled(language(), str(outcome.stack), say_in(language(), error))
            console(stderr=True).print(plain(told), style="red")


def failed(outcomes: Sequence["Outcome"]) -> bool:
    """Whether any stack is not as it was asked to be."""
    return any(outcome.status in ("failed", "blocked", "stopped", "refused") for outcome in outcomes)


def exit_code(outcomes: Sequence["Outcome"]) -> int:
    """0, or that of a cloud that failed, or of requests that were refused alone."""
    bad = {outcome.status for outcome in outcomes if failed([outcome])} - {"blocked"}
    return (RefusedError.exit_code if bad == {"refused"} else CloudError.exit_code) if failed(outcomes) else 0
