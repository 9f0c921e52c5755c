"""``joliba explain``: what a finding's code means, how to mend it, and the source of its rule."""

from dataclasses import asdict
from textwrap import indent
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import Json, Lang, chosen_language
from infra.cli.output import emit, line, row, say, show, table
from infra.cli.wording import labelled
from infra.errors import JolibaError
from infra.wording import say_in

if TYPE_CHECKING:
    from infra.intake.explanation import Explanation


def explain(
    code: Annotated[str | None, typer.Argument(help="Without, all codes are listed.")] = None,
    *,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Explain a finding's code: what it says, how to mend it, and the source of its rule (law, SecNumCloud, ANSSI)."""
    from infra.intake.explanation import by_prefix, explained  # noqa: PLC0415  with all messages

    language = chosen_language(lang)
    codes = [each for group in by_prefix().values() for each in group]
    if code is None:
        chosen = [explained(each, language) for each in codes]
    elif code.upper() in codes:
        chosen = [explained(code.upper(), language)]
    else:
        raise JolibaError("there is no code {code}: did you mean {nearest}? joliba explain", **_unknown(code, codes))
    if as_json:
        told = [asdict(each) for each in chosen]
        emit(told if code is None else told[0])
    elif code is None:
        _list({prefix: [explained(each, language) for each in group] for prefix, group in by_prefix().items()})
    else:
        _explain(chosen[0], language)


def _unknown(code: str, codes: list[str]) -> dict[str, str]:
    from infra.intake.findings import printable  # noqa: PLC0415
    from infra.intake.suggestion import suggestion  # noqa: PLC0415

    return {"code": printable(code), "nearest": suggestion(code.upper(), codes)["nearest"]}


def _list(groups: "dict[str, list[Explanation]]") -> None:
    for number, (prefix, group) in enumerate(groups.items()):
        if number:
            line("")
        say(prefix, style="bold")
        shown = table("", "")
        shown.show_header = False
        for each in group:
            row(shown, (f"  {each.code}", each.text))
        show(shown)


def _explain(about: "Explanation", lang: str) -> None:
    say(about.code, style="bold")
    for label, text in (
        ("Severity", say_in(lang, about.severity.value)),
        ("What it says", about.text),
        ("How to mend it", about.fix),
        ("Source", about.source),
    ):
        if text:
            line(f"  {labelled(lang, label, text)}")
    if about.example is not None:
        for label, part in (
            ("For example, refused", about.example.refused),
            ("Its neighbour, accepted", about.example.accepted),
        ):
            if part:
                line(f"  {labelled(lang, label)}")
                line(indent(part, "      "))
