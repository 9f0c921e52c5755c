"""``joliba capacity``: what a site has, what its tenants were granted, and what is left."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.arguments import Json, Lang, Since, chosen_language
from infra.cli.output import emit, line, row, say, show, table
from infra.cli.request import read_request
from infra.environment import project_root
from infra.wording import say_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.fleet.occupancy import Occupancy
    from infra.intake.inventory import SiteInventory
    from infra.plan.capacity import Demand, Limit, Usage

Live = Annotated[bool, typer.Option("--live", help="Ask the cloud too, as its administrator.")]
_COLUMNS = ("resource", "total", "headroom")
_GRANTED = ("granted", "percent", "free")
_COMPARED = ("granted before", "percent before")
_LIVE = ("cloud: total", "cloud: used")


def capacity(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[SITE | SITE.TENANT]", help="One site; without, every site.", show_default=False),
    ] = None,
    *,
    since: Since = None,
    live: Live = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Show what each site has, what was granted of it, and what is left. Percent are of what may be granted.

    Of one tenant also what is granted without it; with --since what was granted in a commit.
    """
    from infra.intake.inventory import read_site, sites  # noqa: PLC0415  with all that reads and checks YAML

    language, root = chosen_language(lang), project_root()
    site, _, tenant = (name or "").partition(".")
    inventories = [read_site(root, each) for each in ([site] if site else sites(root))]
    if tenant and tenant not in inventories[0].requests:
        read_request(f"{site}.{tenant}", language)  # tells why
    occupied = {each.name: _occupancy(each.name) for each in inventories if each.site} if live else {}
    found = {each.name: _usage(each, tenant, since) for each in inventories}
    compared = bool(tenant or since)
    if as_json:
        emit([_plain(each, found[each.name], occupied.get(each.name), compared=compared) for each in inventories])
    else:
        for each in inventories:
            _show(each, found[each.name], occupied.get(each.name), language, compared=compared)
    raise typer.Exit(int(any(each.site is None for each in inventories)))


def _occupancy(site: str) -> "Mapping[Limit, Occupancy]":
    from infra.fleet.datacenter import Datacenter  # noqa: PLC0415
    from infra.fleet.occupancy import occupancy  # noqa: PLC0415

    datacenter = Datacenter.open(site)
    datacenter.verify()
    return datacenter.ask(lambda cloud: occupancy(cloud, datacenter.site))


def _usage(inventory: "SiteInventory", tenant: str, since: str | None) -> "tuple[Usage, ...]":
    """What is granted now, and before: without the tenant, or in the commit; of a tenant in both, as it was there."""
    from infra.plan.capacity import usage  # noqa: PLC0415

    if inventory.site is None:
        return ()
    after = _demands(inventory)
    before = {name: each for name, each in after.items() if name != tenant} if tenant else after
    if since:
        was = _earlier(inventory.name, tenant, since)
        before = {**before, **was} if tenant else was
    return usage(inventory.site, before.values(), after.values())


def _earlier(site: str, tenant: str, since: str) -> "Mapping[str, Demand]":
    from infra.review.since import earlier  # noqa: PLC0415

    was = earlier(project_root(), since, site, [tenant] if tenant else None)
    return _demands(was) if was else {}


def _demands(inventory: "SiteInventory") -> "Mapping[str, Demand]":
    from infra.plan.capacity import demand  # noqa: PLC0415

    site, given = inventory.site, inventory.register.tenants
    requests = inventory.requests.items() if site else ()
    return {name: demand(each.tenant, site, given.get(name)) for name, each in requests if site}


def _uncounted(inventory: "SiteInventory") -> list[str]:
    return [name for name in inventory.names if name not in inventory.requests]


def _plain(
    inventory: "SiteInventory",
    found: "tuple[Usage, ...]",
    live: "Mapping[Limit, Occupancy] | None",
    *,
    compared: bool,
) -> dict[str, Any]:
    resources = []
    for each in found:
        limit, told = each.limit, dict[str, Any]()
        if live is not None:
            cloud = live.get(limit)
            told = {"cloud": {"total": cloud.total, "used": cloud.used} if cloud else None}
        if compared:
            told |= {"granted_before": each.before, "percent_before": each.percent_before}
        resources.append(
            {
                "resource": limit.resource,
                "pool": limit.pool,
                "unit": limit.resource.unit,
                "total": limit.total,
                "headroom_percent": limit.headroom,
                "grantable": limit.grantable,
                "granted": each.after,
                "percent": each.percent_after,
                "free": each.free,
                **told,
            }
        )
    declared = inventory.site is not None and inventory.site.capacity is not None
    counts = {"tenants": len(inventory.requests), "not_counted": _uncounted(inventory)}
    return {"site": inventory.name, "declared": declared, **counts, "resources": resources}


def _show(
    inventory: "SiteInventory",
    found: "tuple[Usage, ...]",
    live: "Mapping[Limit, Occupancy] | None",
    lang: str,
    *,
    compared: bool,
) -> None:
    from infra.plan.figures import percent, quantity, resource_name  # noqa: PLC0415

    if inventory.site is None:
        line(say_in(lang, "{site}: its file has errors: joliba check", site=inventory.name), stderr=True)
        return
    if not found:
        say(
            say_in(
                lang,
                "{site}: does not say its capacity (`capacity` in its site.yaml); no request is held against it",
                site=inventory.name,
            )
        )
        return
    told = say_in(lang, "{site}: tenants granted: {count}", site=inventory.name, count=len(inventory.requests))
    say(told, style="bold")
    chosen = (*_COLUMNS, *(_COMPARED if compared else ()), *_GRANTED, *(_LIVE if live is not None else ()))
    columns = [say_in(lang, column) for column in chosen]
    shown = table(*columns, right=columns[1:])
    for each in found:
        limit, unit = each.limit, each.limit.resource.unit
        cells = [resource_name(limit, lang), quantity(limit.total, unit, lang), percent(limit.headroom, lang)]
        if compared:
            cells += [quantity(each.before, unit, lang), percent(each.percent_before, lang)]
        cells += [quantity(each.after, unit, lang), percent(each.percent_after, lang), quantity(each.free, unit, lang)]
        if live is not None:
            cloud = live.get(limit)
            cells.append(quantity(cloud.total, unit, lang) if cloud and cloud.total is not None else "-")
            cells.append(quantity(cloud.used, unit, lang) if cloud else "-")
        row(shown, cells, "red" if each.free < 0 else None)
    show(shown)
    if missing := _uncounted(inventory):
        told = "{site}: not counted, since their files have errors: {names}"
        line(say_in(lang, told, site=inventory.name, names=", ".join(missing)), stderr=True)
