"""Findings as people read them: by file, with place, what was found, and how to mend it."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

from infra.cli.output import console, plain
from infra.cli.wording import counted, labelled
from infra.errors import RefusedError
from infra.wording import say_in

if TYPE_CHECKING:
    from rich.console import Console

    from infra.intake.findings import Finding

STYLES = {"error": "red", "warning": "yellow"}


def refuse(name: str, findings: Sequence["Finding"], lang: str) -> NoReturn:
    """Show the findings because of which a request cannot be used.

    Raises:
        RefusedError: always.
    """
    show_findings(findings, lang, stderr=True)
    raise RefusedError("{name} has findings: joliba check", name=name)


def show_findings(findings: Sequence["Finding"], lang: str, *, stderr: bool = False) -> None:
    """Print findings, grouped by file, and how many they are."""
    from infra.intake.findings import printable  # noqa: PLC0415  with all that reads and checks YAML

    out = console(stderr=stderr)
    for file, group in groupby(findings, key=lambda finding: finding.place.file):
        out.print(plain(printable(file)), style="bold")
        for finding in group:
            _show(out, finding, lang)
        out.print()
    counts = [sum(finding.severity == severity for finding in findings) for severity in STYLES]
    files = len({finding.place.file for finding in findings})
    out.print(
        say_in(
            lang,
            "{errors}, {warnings} in {files}",
            errors=counted(lang, counts[0], "error"),
            warnings=counted(lang, counts[1], "warning"),
            files=counted(lang, files, "file"),
        )
    )


def _show(out: "Console", finding: "Finding", lang: str) -> None:
    from rich.text import Text  # noqa: PLC0415  30 ms

    place = finding.place
    out.print(
        Text.assemble(
            f"  {place.line}:{place.column}  ",
            (say_in(lang, finding.severity.value), STYLES[finding.severity]),
            f"  {plain(finding.text(lang))}",
            (f"  [{finding.code}]", "dim"),
        )
    )
    if place.path:
        out.print(Text(f"      {plain(place.path)}", style="dim"))
    if fix := finding.fix(lang):
        out.print(Text(f"      {labelled(lang, 'fix', plain(fix))}"))
    if source := finding.source(lang):
        out.print(Text(f"      {labelled(lang, 'source', plain(source))}", style="dim"))
    for other in finding.related:
        out.print(Text(f"      {say_in(lang, 'see also')} {plain(str(other))} {plain(other.path)}", style="dim"))
