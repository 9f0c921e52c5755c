"""``joliba diff``: what changed requests come to, in the ministry's words; data that could be lost comes first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import Json, Lang, chosen_language
from infra.cli.output import console, emit, plain, say
from infra.environment import project_root
from infra.errors import JolibaError
from infra.wording import say_in

if TYPE_CHECKING:
    from rich.console import Console

    from infra.review.change import Change, TenantDifference

_STYLES = {"destroy": "red", "rebuild": "yellow", "change": "default", "create": "green"}
_LOST = "bold red"


def diff(
    name: Annotated[str | None, typer.Argument(metavar="[SITE | SITE.TENANT]", show_default=False)] = None,
    *,
    since: Annotated[str, typer.Option("--since", metavar="REF", help="A commit, a branch or a tag.")],
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Show what changed requests come to since a commit: what is made, changed, rebuilt, destroyed."""
    from infra.review.change import Kind  # noqa: PLC0415  with all that reads and checks YAML
    from infra.review.since import compare, sound  # noqa: PLC0415

    language = chosen_language(lang)
    site, _, tenant = (name or "").partition(".")
    compared = compare(project_root(), since, [site] if site else ())
    if site and not compared:
        raise JolibaError("there is no site {found!r}, neither now nor in {since}", found=site, since=since)
    if tenant and tenant not in compared[0].tenants:
        told = "there is no tenant {found!r} in {site}, neither now nor in {since}"
        raise JolibaError(told, found=tenant, site=site, since=since)
    sound(compared, language)
    found = [
        (made.site, each)
        for made in compared
        for each in made.differences
        if each.kind is not Kind.UNCHANGED and tenant in ("", each.tenant)
    ]
    found.sort(key=lambda entry: not entry[1].loses_data)
    if as_json:
        emit({"since": since, "tenants": [_as_dict(where, each, language) for where, each in found]})
    elif found:
        _show(found, language)
    else:
        say(say_in(language, "nothing changed since {ref}", ref=since), style="green")


def _as_dict(site: str, difference: "TenantDifference", lang: str) -> dict[str, object]:
    return {
        "site": site,
        "tenant": difference.tenant,
        "kind": difference.kind.value,
        "loses_data": difference.loses_data,
        "changes": [change.as_dict(lang) for change in difference.changes],
    }


def _show(found: Sequence[tuple[str, "TenantDifference"]], lang: str) -> None:
    from rich.text import Text  # noqa: PLC0415  30 ms

    from infra.review.change import Action  # noqa: PLC0415

    out = console()
    for site, difference in found:
        head = Text.assemble((f"{site}.{difference.tenant}", "bold"), f"  {say_in(lang, difference.kind.value)}")
        if difference.loses_data:
            head.append(f"  {say_in(lang, 'data could be lost')}", style=_LOST)
        out.print(head)
        for change in difference.changes:
            _show_change(out, change, lang)
        out.print()
    counts = {action: sum(each.count(action) for _, each in found) for action in Action}
    out.print(
        say_in(
            lang,
            "{created} created, {changed} changed, {rebuilt} rebuilt, {destroyed} destroyed",
            created=counts[Action.CREATE],
            changed=counts[Action.CHANGE],
            rebuilt=counts[Action.REBUILD],
            destroyed=counts[Action.DESTROY],
        )
    )


def _show_change(out: "Console", change: "Change", lang: str) -> None:
    from rich.text import Text  # noqa: PLC0415  30 ms

    style = _LOST if change.loses_data else _STYLES[change.action.value]
    word = say_in(lang, change.action.value)
    out.print(Text(f"  {word:14} {plain(change.text(lang))}", style=style))
    if effect := change.effect(lang):
        out.print(Text(f"  {'':14} {plain(effect)}", style="dim"))
    place = f"{change.place}  {change.place.path}".rstrip()
    place = say_in(lang, "formerly {place}", place=place) if change.formerly else place
    out.print(Text(f"  {'':14} {plain(place)}", style="dim"))
