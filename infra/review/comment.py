"""The one comment that answers a pull request: Markdown, bounded, in which nothing that a stranger wrote acts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.review.inert import block, span
from infra.review.pull_request import PullRequest
from infra.review.wording import known, say

MARKER = "<!-- joliba -->"
"""The first line, by which a forge's comment is found again."""
LARGEST = 60_000
"""Bytes, and so characters at most: GitHub takes 65,536 characters, and an environment variable 128 KiB of base64."""
_MOST_LISTED = 30
_FINDINGS_ROOM = 30_000  # bytes
_LAST_WORDS = 4000  # characters of what failed: its end says why


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is told. ``findings`` and ``previews`` are what `joliba check --json` and `joliba preview --json` say.

    ``trusted`` says that nothing but requests changes and that the head is not a stranger's; ``failure`` is set when
    the check itself could not be made, ``stopped`` when time ran out for what comes after it.
    """

    request: PullRequest
    trusted: bool
    ok: bool
    findings: Sequence[Mapping[str, Any]] = ()
    failure: str = ""
    sheets: Sequence[str] = ()
    stopped: bool = False
    previews: Sequence[Mapping[str, Any]] = ()
    preview_failure: str = ""


def comment(answer: Answer, lang: str) -> str:
    """The comment, at most `LARGEST` bytes of UTF-8."""
    parts = [MARKER, _title(answer, lang), *_body(answer, lang)]
    return _bounded("\n\n".join(part for part in parts if part) + "\n")


def _title(answer: Answer, lang: str) -> str:
    if not answer.ok:
        title = "The request is refused"
    elif answer.request.taken or answer.request.removed:
        title = "The request is accepted by the checks"
    else:
        title = "This is not a request"
    return f"## Joliba{_colon(lang)} {say(lang, title)}"


def _colon(lang: str) -> str:
    return " :" if lang == "fr" else ":"


def _body(answer: Answer, lang: str) -> list[str]:
    request = answer.request
    parts = [say(lang, "Commit {head}, compared with {base}.", head=span(request.head), base=span(request.base[:12]))]
    named = [f"- {span(file)}" for file in request.taken]
    named += [f"- {say(lang, '{file} (removed)', file=span(file))}" for file in request.removed]
    if named:
        parts.append(_listed(say(lang, "Requests read:"), named, lang))
    if answer.failure:
        parts += [
            say(lang, "The check itself failed; the platform team must look at it:"),
            block(answer.failure[-_LAST_WORDS:].splitlines()[-20:]),
        ]
    elif named:
        parts += _findings(answer.findings, lang)
    parts += _others(answer, lang)
    if answer.sheets:
        sheets = [f"- {span(sheet)}" for sheet in answer.sheets]
        parts.append(_listed(say(lang, "Decision sheets, in the archive of this run:"), sheets, lang))
    if answer.stopped:
        parts.append(say(lang, "It took too long and was stopped: reports or decision sheets are missing."))
    return parts + _previews(answer, lang)


def _others(answer: Answer, lang: str) -> list[str]:
    request, parts = answer.request, []
    if request.refused:
        if request.taken or request.removed or request.mixed:
            intro = "Only requests were checked, without credentials, because this changes something else:"
            end = (
                "Nothing of it was run or read. Move it to a pull request of its own, which the platform team reviews."
            )
        else:
            intro, end = (
                "It changes no request: nothing to check here. The platform team reviews it and runs its tests.",
                "",
            )
        listed = [f"- {span(each.path)}{_colon(lang)} {say(lang, each.why.value)}" for each in request.refused]
        parts += [_listed(say(lang, intro), listed, lang), say(lang, end) if end else ""]
    elif not answer.trusted and request.pure:
        parts.append(say(lang, "Checked without credentials, since it comes from a fork: no preview."))
    if request.crossed:
        parts.append(say(lang, "It and the base branch have merged each other: bring it up to date with that branch."))
    if not request.whole:
        parts.append(say(lang, "So much changes that not all of it was looked at."))
    return parts


def _findings(findings: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    if not findings:
        return [say(lang, "No finding.")]
    counts = [sum(each.get("severity") == severity for each in findings) for severity in ("error", "warning")]
    parts = [say(lang, "Errors: {errors}. Warnings: {warnings}.", errors=counts[0], warnings=counts[1])]
    lines: list[str] = []
    shown = room = 0
    for each in findings:
        told = _finding(each, lang)
        room += sum(len(line.encode()) + 8 for line in told)
        if room > _FINDINGS_ROOM:
            break
        lines += told
        shown += 1
    parts.append(block(lines))
    if shown < len(findings):
        parts.append(say(lang, "{count} more are in the archive of this run.", count=len(findings) - shown))
    return parts


def _finding(finding: Mapping[str, Any], lang: str) -> list[str]:
    severity = say(lang, "warning" if finding.get("severity") == "warning" else "error")
    lines = [f"{finding['file']}:{finding['line']}:{finding['column']}  {severity}  [{finding['code']}]"]
    lines.append(f"  {finding['text']}")
    if finding.get("fix"):
        lines.append(f"  {say(lang, 'fix')}{_colon(lang)} {finding['fix']}")
    if finding.get("source"):
        lines.append(f"  {say(lang, 'source')}{_colon(lang)} {finding['source']}")
    return lines


def _previews(answer: Answer, lang: str) -> list[str]:
    lines = []
    for stack in answer.previews:
        changes = [
            f"  {each['action']:8} {str(each['type']).rpartition(':')[2]:22} {each['name']}"
            for each in stack.get("changes", ())
        ]
        told = [f"  {known(lang, text)}" for text in (*stack.get("notes", ()), *stack.get("errors", ()))]
        nothing = [] if stack["status"] == "skipped" else [f"  {say(lang, 'nothing')}"]
        lines += [f"{stack['stack']}: {stack['status']}", *(changes or nothing), *told]
    lines += answer.preview_failure.splitlines()[-20:]
    return [say(lang, "What would change in the cloud:"), block(_fitting(lines, lang))] if lines else []


def _fitting(lines: list[str], lang: str, room: int = 10_000) -> list[str]:
    shown: list[str] = []
    for line in lines:
        room -= len(line.encode()) + 8
        if room < 0:
            return [*shown, say(lang, "{count} more are in the archive of this run.", count=len(lines) - len(shown))]
        shown.append(line)
    return shown


def _listed(intro: str, items: list[str], lang: str) -> str:
    more = len(items) - _MOST_LISTED
    told = [f"- {say(lang, '{count} more are in the archive of this run.', count=more)}"] if more > 0 else []
    return "\n".join([intro, "", *items[:_MOST_LISTED], *told])


def _bounded(text: str) -> str:
    """The rooms of the parts keep below the limit; a last guard leaves the title alone, before code could stay open."""
    return text if len(text.encode()) <= LARGEST else "\n\n".join(text.split("\n\n")[:2]) + "\n"
