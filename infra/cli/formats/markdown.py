"""A short comment for a pull request, as a ministry reads it: how many findings, then each by file with its fix.

A list, not a table: no pipe can break it, and French sentences fit.
"""

from itertools import groupby

from infra.cli.formats.report import Report
from infra.cli.wording import counted, labelled
from infra.intake.findings import Finding, Severity, printable
from infra.intake.markdown_text import code, prose, sentence
from infra.wording import say_in

MOST_SHOWN = 50
"""Findings; a comment that goes on is not read, and forges cut at 65,536 characters."""
LONGEST = 60_000
"""Characters."""


def render(report: Report) -> str:
    """Markdown, in which nothing that a request says acts."""
    lines = [f"**{_summary(report)}**", ""]
    if report.mended:
        lines += [*(f"- {code(printable(mend))}" for mend in report.mended), ""]
    shown, length = 0, 0
    for file, group in groupby(report.findings[:MOST_SHOWN], key=lambda finding: finding.place.file):
        head = ["", f"**{code(printable(file))}**", ""]
        for finding in group:
            told = [*head, *_told(finding, report.lang)]
            length += sum(len(line) + 1 for line in told)
            if length > LONGEST:
                break
            lines, head, shown = [*lines, *told], [], shown + 1
    if rest := len(report.findings) - shown:
        lines += ["", prose(say_in(report.lang, "{rest} more: run joliba check", rest=rest))]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip("\n") + "\n"


def _summary(report: Report) -> str:
    if not report.findings:
        return say_in(
            report.lang, "Joliba: no finding in {files}", files=counted(report.lang, len(report.files), "file")
        )
    parts = {
        "errors": counted(report.lang, report.count(Severity.ERROR), "error"),
        "warnings": counted(report.lang, report.count(Severity.WARNING), "warning"),
        "files": counted(report.lang, len({finding.place.file for finding in report.findings}), "file"),
    }
    return say_in(report.lang, "Joliba: {errors}, {warnings} in {files}", **parts)


def _told(finding: Finding, lang: str) -> list[str]:
    text, fix, source = finding.marked(lang)
    place = finding.place
    where = say_in(lang, "line {line}, column {column}", line=place.line, column=place.column)
    path = f", {code(printable(place.path))}" if place.path else ""
    lines = [f"- **{say_in(lang, finding.severity.value).capitalize()}** ({where}{path}) {sentence(text)}"]
    if fix:
        lines.append(f"  - {labelled(lang, 'How to mend it', sentence(fix))}")
    if source:
        lines.append(f"  - {labelled(lang, 'Source', sentence(source))}")
    lines += [
        f"  - {say_in(lang, 'See also')} {code(f'{other} {printable(other.path)}'.strip())}"
        for other in finding.related
    ]
    return [*lines, f"  - {labelled(lang, 'Code', code(finding.code))}"]
