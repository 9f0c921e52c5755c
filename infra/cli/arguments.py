"""The arguments and options that several commands have."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import JolibaError

if TYPE_CHECKING:
    from infra.fleet.stacks import StackName

Stacks = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SITE | SITE.TENANT]...", help="A site means its foundation and all its tenants."),
]
All = Annotated[bool, typer.Option("--all", help="Every site.")]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="How many stacks at once.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="For machines, on stdout.")]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|fr",
        help="The language of the answer (default: JOLIBA_LANG, then LANG).",
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="REF", help="Compare with a commit, a branch or a tag.", show_default=False),
]
PlatformTeam = Annotated[
    bool, typer.Option("--platform-team", help="With --since: several tenants and the site's files may change at once.")
]

Confirm = Annotated[
    list[str] | None,
    typer.Option("--confirm", metavar="[SITE.]TENANT", help="A tenant whose data may go; once for each."),
]


def chosen_language(lang: str | None) -> str:
    """The language to answer in, refusals too, and what is started meanwhile."""
    from infra.intake.findings import language  # noqa: PLC0415  with what a command reads

    if lang is None:
        return language()
    if lang not in ("en", "fr"):
        raise JolibaError("there is no language {found!r}: write --lang en or --lang fr", found=lang)
    os.environ["JOLIBA_LANG"] = lang
    return lang


def named_in(confirmed: Sequence[str], stacks: Sequence["StackName"]) -> set["StackName"]:
    """The stacks that ``--confirm`` names, each by itself: a site's name stands for none of its tenants.

    Raises:
        JolibaError: a name fits no selected stack, or several.
    """
    named: set[StackName] = set()
    for name in confirmed:
        found = [stack for stack in stacks if name in (str(stack), stack.part)]
        if len(found) != 1:
            told = "--confirm {name} names none of them: write one of {choice}"
            if found:
                told = "--confirm {name} names several of them: write one of {choice}"
            raise JolibaError(told, name=name, choice=", ".join(map(str, found or stacks)))
        named |= set(found)
    return named
