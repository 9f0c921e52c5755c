"""``joliba review`` and ``joliba changed``: the whole work of a pull request, and of a merge, for every forge."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.arguments import Json, Lang, chosen_language
from infra.cli.output import emit, line
from infra.environment import project_root


def review(
    *,
    base: Annotated[str, typer.Option(metavar="REF", help="The protected branch, as it is checked out here.")],
    head: Annotated[str, typer.Option(metavar="REF", help="The pull request's last commit; fetched, not checked out.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the answer goes.")],
    trusted: Annotated[
        bool, typer.Option("--trusted/--untrusted", help="Whether the head is a branch of this repository, not a fork.")
    ] = False,
    stack_preview: Annotated[
        bool, typer.Option("--stack-preview", help="Also preview the stacks of a trusted request; needs credentials.")
    ] = False,
    lang: Lang = None,
) -> None:
    """Answer a pull request: one comment, findings, sheets, a verdict. Exit code 1 if it is refused.

    Program, schemas and policy are those of this checkout; from the head only requests and registers are read, as data.
    """
    from infra.review.answering import Asked  # noqa: PLC0415  with all that reads and checks YAML
    from infra.review.answering import review as reviewed  # noqa: PLC0415

    asked = Asked(
        repository=project_root(),
        base=base,
        head=head,
        lang=chosen_language(lang),
        trusted=trusted,
        preview=stack_preview,
    )
    answer = reviewed(asked, output)
    line((output / "comment.md").read_text(encoding="utf-8"))
    raise typer.Exit(int(not answer.ok))


def changed(
    site: Annotated[str | None, typer.Argument(help="One site; without, every site.")] = None,
    *,
    since: Annotated[str, typer.Option(metavar="REF", help="The commit before the merge.")],
    sites: Annotated[bool, typer.Option("--sites", help="The sites instead of the stacks.")] = False,
    as_json: Json = False,
) -> None:
    """Print the stacks whose request, blocks or foundation changed since a commit: what to build after a merge."""
    from infra.review.objects import Objects  # noqa: PLC0415
    from infra.review.pull_request import changed_stacks  # noqa: PLC0415  with all that reads YAML

    stacks = [
        each
        for each in changed_stacks(Objects(project_root()), since, "HEAD")
        if site in (None, each.partition(".")[0])
    ]
    found = sorted({stack.partition(".")[0] for stack in stacks}) if sites else stacks
    if as_json:
        emit(found)
        return
    for each in found:
        line(each)
