"""``joliba check``: is everything in the inventories acceptable? No cloud is asked."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import DryRun, Json, Lang, PlatformTeam, Since, chosen_language
from infra.cli.findings import show_findings
from infra.cli.output import line, say
from infra.cli.wording import counted
from infra.environment import project_root
from infra.errors import JolibaError
from infra.wording import say_in

if TYPE_CHECKING:
    from infra.cli.formats.report import Report
    from infra.intake.findings import Finding
    from infra.intake.mending import Mend

MENDS = {
    "mark": "byte-order mark removed",
    "line-ends": "line ends of Windows replaced on {lines}",
    "tabs": "tabs replaced by spaces on {lines}",
    "trailing": "spaces removed at the end of {lines}",
    "end": "line end added at the end of the file",
    "name": "name {found} replaced by {now}, the file's",
    "block": "{found}: {now}",
}
"""What each kind of mend is called, in English."""


class Format(StrEnum):
    """What the answer looks like; all but ``text`` are for machines, and ``markdown`` for a forge's comment."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    JUNIT = "junit"


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders; without any, every site.")] = None,
    *,
    since: Since = None,
    platform_team: PlatformTeam = False,
    lang: Lang = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="What the answer looks like (default: text).", show_default=False)
    ] = None,
    as_json: Json = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what is mechanical: blocks, a name, formatting. Never what is meant.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Check requests: all findings at once, with file, line and fix. Exit code 1 if any is an error.

    With --since only what changed since a commit, and whether it may change so: nothing lost that the request does not
    name.
    """
    from infra.intake import checking  # noqa: PLC0415  with all that reads and checks YAML

    language, chosen = chosen_language(lang), _chosen_format(form, as_json=as_json)
    if dry_run and not fix:
        raise JolibaError("{option} goes with {other}", option="--dry-run", other="--fix")
    if platform_team and since is None:
        raise JolibaError("{option} goes with {other}", option="--platform-team", other="--since")
    root, asked = project_root(), [path.absolute() for path in paths or ()]
    if since is None:  # since a commit, a file may have gone
        checking.see_paths(root, asked)
    mended = _mended(root, asked, language, dry_run=dry_run) if fix else []
    for mend in mended:
        line(mend, stderr=chosen is not Format.TEXT)

    from infra.cli.formats.report import Report  # noqa: PLC0415

    found = _found(root, asked, since, platform_team=platform_team)
    files = [] if chosen is Format.TEXT else [path.as_posix() for path in checking.files(root, asked)]
    report = Report(findings=found, files=files, lang=language, mended=mended)
    if chosen is not Format.TEXT:
        sys.stdout.buffer.write(_rendered(report, chosen).encode())
        sys.stdout.flush()
    elif found:
        show_findings(found, language)
    else:
        what = ", ".join(map(str, paths or ())) or say_in(language, "all requests")
        say(say_in(language, "{files}: no finding", files=what), style="green")
    raise typer.Exit(int(not report.accepted))


def _found(root: Path, asked: Sequence[Path], since: str | None, *, platform_team: bool) -> list["Finding"]:
    if since is None:
        from infra.intake.checking import check as found_in  # noqa: PLC0415  with all that reads and checks YAML

        return found_in(root, asked, forks=True)
    from infra.review.since import check_since  # noqa: PLC0415

    return check_since(root, since, asked, platform_team=platform_team)


def _chosen_format(form: Format | None, *, as_json: bool) -> Format:
    if as_json and form not in {None, Format.JSON}:
        raise JolibaError("--json is --format json: write one of them")
    return Format.JSON if as_json else form or Format.TEXT


def _rendered(report: "Report", form: Format) -> str:
    if form is Format.JSON:
        from infra.cli.formats.json_report import render  # noqa: PLC0415  only the one that is asked for
    elif form is Format.SARIF:
        from infra.cli.formats.sarif import render  # noqa: PLC0415
    elif form is Format.MARKDOWN:
        from infra.cli.formats.markdown import render  # noqa: PLC0415
    else:
        from infra.cli.formats.junit import render  # noqa: PLC0415
    return render(report)


def _mended(root: Path, paths: list[Path], lang: str, *, dry_run: bool) -> list[str]:
    """What was mended, or would be, a line each."""
    from infra.intake.findings import printable  # noqa: PLC0415  only with --fix
    from infra.intake.repair import repair  # noqa: PLC0415

    head = say_in(lang, "would mend" if dry_run else "mended")
    return [f"{head} {printable(done.file)}: {_done(done.mend, lang)}" for done in repair(root, paths, dry_run=dry_run)]


def _done(mend: "Mend", lang: str) -> str:
    from infra.intake.findings import printable  # noqa: PLC0415

    if mend.kind == "block" and not mend.now:
        return say_in(lang, "{found}", found=printable(mend.found))
    lines = counted(lang, mend.lines, "line")
    return say_in(lang, MENDS[mend.kind], lines=lines, found=printable(mend.found), now=printable(mend.now))
