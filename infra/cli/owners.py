"""``joliba owners``: who must approve a change of which file, for the forge."""

from typing import Annotated

import typer

from infra.cli.output import line, say
from infra.environment import project_root
from infra.errors import JolibaError


def owners(
    *,
    form: Annotated[str, typer.Option("--format", metavar="github|gitlab|forgejo", help="For which forge.")] = "github",
    write: Annotated[bool, typer.Option("--write", help="Write the files of every forge.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit code 1 if a written file is stale.")] = False,
) -> None:
    """Print CODEOWNERS from the requests' contacts; --write and --check are about the files of every forge."""
    from infra.review.code_owners import PLACES, code_owners, stale  # noqa: PLC0415  with all that reads YAML

    root = project_root()
    if form not in PLACES:
        raise JolibaError(f"there is no form {form!r} of CODEOWNERS: write one of {', '.join(PLACES)}")
    if not write and not check:
        line(code_owners(root, form).rstrip("\n"))
        return
    changed = [each for each in PLACES if stale(root, each)]
    for each in changed:
        if write:
            (root / PLACES[each]).parent.mkdir(exist_ok=True)
            (root / PLACES[each]).write_text(code_owners(root, each), encoding="utf-8")
        say(f"{'wrote' if write else 'stale:'} {PLACES[each]}{'' if write else ': joliba owners --write'}")
    raise typer.Exit(int(bool(changed) and not write))
