"""``joliba price``: what a tenant's request costs, by the site's price book."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.arguments import Json, Lang, Since, chosen_language
from infra.cli.findings import refuse
from infra.cli.output import emit, row, say, show, table
from infra.cli.request import read_request
from infra.environment import project_root
from infra.errors import JolibaError
from infra.wording import say_in

if TYPE_CHECKING:
    from infra.plan.price import Price, PriceChange


def price(
    name: Annotated[str, typer.Argument(metavar="SITE.TENANT")],
    *,
    since: Since = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Show what a tenant's request costs a month and a year: all that it is granted, used or not.

    With --since also what the change since a commit costs.
    """
    from infra.plan.price import difference  # noqa: PLC0415
    from infra.plan.price import price as price_of  # noqa: PLC0415

    language = chosen_language(lang)
    request, inventory = read_request(name, language)
    if inventory.site is None:
        refuse(name, inventory.findings, language)
    found = price_of(request.tenant, inventory.site)
    if found is None:
        raise JolibaError("{site} has no price book (`prices` in its site.yaml)", site=inventory.name)
    change = difference(_earlier(request.tenant.name, inventory.name, since), found) if since else None
    if as_json:
        emit(_plain(name, found) | ({"since": since, "change": _plain_change(change)} if change else {}))
        return
    _show(name, found, language)
    if change and since:
        _show_change(change, since, language)


def _earlier(tenant: str, site: str, since: str) -> "Price | None":
    """What the tenant cost in a commit; None if it was not there, or if the site had no prices."""
    from infra.plan.price import price as price_of  # noqa: PLC0415
    from infra.review.since import earlier  # noqa: PLC0415

    was = earlier(project_root(), since, site, [tenant])
    request = was.requests.get(tenant) if was else None
    return price_of(request.tenant, was.site) if was and was.site and request else None


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


def _plain_change(change: "PriceChange") -> dict[str, Any]:
    lines = [
        {
            "item": line.item,
            "volume_type": line.volume_type,
            "quantity_before": line.quantity_before,
            "quantity": line.quantity_after,
            "unit": line.item.unit,
            "month": line.month,
        }
        for line in change.lines
    ]
    totals = {"month": change.month, "year": change.year}
    return {"month_before": change.month_before, "lines": lines, **totals}


def _show_change(change: "PriceChange", since: str, lang: str) -> None:
    from infra.plan.figures import item_name, money, quantity  # noqa: PLC0415

    say(say_in(lang, "change since {ref}", ref=since), style="bold")
    columns = [say_in(lang, column) for column in ("what", "before", "after", "month")]
    shown = table(*columns, right=columns[1:])
    for line in change.lines:
        amounts = [quantity(each, line.item.unit, lang) for each in (line.quantity_before, line.quantity_after)]
        more = money(line.month, change.currency, lang, signed=True)
        row(shown, (item_name(line.item, line.volume_type, lang), *amounts, more))
    for label, amount in (("a month", change.month), ("a year", change.year)):
        row(shown, (say_in(lang, label), "", "", money(amount, change.currency, lang, signed=True)), style="bold")
    show(shown)
