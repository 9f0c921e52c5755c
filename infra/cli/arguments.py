"""The arguments and options that several commands have."""

from typing import Annotated

import typer

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


def chosen_language(lang: str | None) -> str:
    """The language to answer in."""
    from infra.intake.findings import language  # noqa: PLC0415  with what a command reads

    if lang is None:
        return language()
    if lang not in ("en", "fr"):
        raise typer.BadParameter("en or fr", param_hint="--lang")
    return lang
