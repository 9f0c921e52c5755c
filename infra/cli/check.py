"""``joliba check``: is everything in the inventories acceptable? No cloud is asked."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.arguments import Json, Lang, PlatformTeam, Since, chosen_language
from infra.cli.findings import show_findings
from infra.cli.output import emit, say
from infra.cli.wording import say_in
from infra.environment import project_root


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders; without any, every site.")] = None,
    *,
    since: Since = None,
    platform_team: PlatformTeam = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Check requests: all findings at once, with file, line and fix. Exit code 1 if any is an error.

    With --since only what changed since a commit, and whether it may change so: nothing lost that the request does not
    name.
    """
    from infra.intake.checking import check as found_in  # noqa: PLC0415  with all that reads and checks YAML
    from infra.intake.findings import refused  # noqa: PLC0415
    from infra.review.since import check_since  # noqa: PLC0415

    language = chosen_language(lang)
    if platform_team and since is None:
        raise typer.BadParameter("only with --since", param_hint="--platform-team")
    files = [path.absolute() for path in paths or ()]
    if since is None:
        findings = found_in(project_root(), files)
    else:
        findings = check_since(project_root(), since, files, platform_team=platform_team)
    if as_json:
        emit({"ok": not refused(findings), "findings": [finding.as_dict(language) for finding in findings]})
    elif findings:
        show_findings(findings, language)
    else:
        what = ", ".join(map(str, paths or ())) or say_in(language, "all requests")
        say(say_in(language, "{files}: no finding", files=what), style="green")
    raise typer.Exit(int(refused(findings)))
