"""``joliba check``: is everything in the inventories acceptable? No cloud is asked."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.arguments import Json, Lang, chosen_language
from infra.cli.findings import show_findings
from infra.cli.output import emit, say
from infra.cli.wording import say_in
from infra.environment import project_root


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders; without any, every site.")] = None,
    *,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Check requests: all findings at once, with file, line and fix. Exit code 1 if any is an error."""
    from infra.intake.checking import check as found_in  # noqa: PLC0415  with all that reads and checks YAML
    from infra.intake.findings import refused  # noqa: PLC0415

    language = chosen_language(lang)
    findings = found_in(project_root(), [path.absolute() for path in paths or ()])
    if as_json:
        emit({"ok": not refused(findings), "findings": [finding.as_dict(language) for finding in findings]})
    elif findings:
        show_findings(findings, language)
    else:
        what = ", ".join(map(str, paths or ())) or say_in(language, "all requests")
        say(say_in(language, "{files}: no finding", files=what), style="green")
    raise typer.Exit(int(refused(findings)))
