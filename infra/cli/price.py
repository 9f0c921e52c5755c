"""``joliba price``: what a tenant's request costs, by the site's price book."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.arguments import Json, Lang, chosen_language
from infra.cli.findings import refuse
from infra.cli.output import emit, row, say, show, table
from infra.cli.request import read_request
from infra.errors import JolibaError
from infra.wording import say_in

if TYPE_CHECKING:
    from infra.plan.price import Price


def price(
    name: Annotated[str, typer.Argument(metavar="SITE.TENANT")],
    *,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Show what a tenant's request costs a month and a year: all that it is granted, used or not."""
    from infra.plan.price import price as price_of  # noqa: PLC0415

    language = chosen_language(lang)
    request, inventory = read_request(name, language)
    if inventory.site is None:
        refuse(name, inventory.findings, language)
    found = price_of(request.tenant, inventory.site)
    if found is None:
        raise JolibaError("{site} has no price book (`prices` in its site.yaml)", site=inventory.name)
    if as_json:
        emit(_plain(name, found))
    else:
        _show(name, found, language)


def _plain(name: str, found: "Price") -> dict[str, Any]:
    lines = [
        {
            "item": line.item,
            "volume_type": line.volume_type,
            "quantity": line.quantity,
            "unit": line.item.unit,
            "unit_price": float(line.unit_price),
            "month": line.month,
        }
        for line in found.lines
    ]
    totals = {"month": found.month, "year": found.year}
    return {"stack": name, "currency": found.currency, "valid_from": found.valid_from, "lines": lines, **totals}


def _show(name: str, found: "Price", lang: str) -> None:
    from infra.plan.figures import item_name, money, quantity, unit_price  # noqa: PLC0415

    say(say_in(lang, "{name}: prices of {day}", name=name, day=found.valid_from), style="bold")
    columns = [say_in(lang, column) for column in ("what", "quantity", "unit price", "month")]
    shown = table(*columns, right=columns[1:])
    for line in found.lines:
        cells = (quantity(line.quantity, line.item.unit, lang), unit_price(line.unit_price, lang))
        row(shown, (item_name(line.item, line.volume_type, lang), *cells, money(line.month, found.currency, lang)))
    for label, amount in (("a month", found.month), ("a year", found.year)):
        row(shown, (say_in(lang, label), "", "", money(amount, found.currency, lang)), style="bold")
    show(shown)
