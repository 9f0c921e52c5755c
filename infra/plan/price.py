"""What a request costs by the site's price book, and what a change adds. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from infra.errors import JolibaError
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan.capacity import demand

MONTHS = 12


class Item(StrEnum):
    """What has a price; volumes have one by volume type."""

    VCPU = "vcpu"
    RAM = "ram"
    VOLUME = "volume"
    OBJECTS = "objects"
    PUBLIC_ADDRESS = "public_address"
    LOAD_BALANCER = "load_balancer"

    @property
    def unit(self) -> str:
        """What is counted: ``GiB``, or nothing."""
        return "GiB" if self in (Item.RAM, Item.VOLUME, Item.OBJECTS) else ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a price, a month. ``month`` is rounded once, half up, to whole units of the currency."""

    item: Item
    volume_type: str | None = None
    quantity: int
    unit_price: Decimal

    @property
    def month(self) -> int:
        """Quantity times unit price."""
        return int((self.quantity * self.unit_price).to_integral_value(ROUND_HALF_UP))

    @property
    def key(self) -> tuple[Item, str | None]:
        """What makes it the same line in another price."""
        return self.item, self.volume_type


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a tenant costs in whole units of ``currency``, by the prices that hold from ``valid_from`` on."""

    currency: str
    valid_from: date
    lines: tuple[Line, ...]

    @property
    def month(self) -> int:
        """The sum of the lines."""
        return sum(line.month for line in self.lines)

    @property
    def year(self) -> int:
        """Twelve months."""
        return MONTHS * self.month


@dataclass(frozen=True, kw_only=True)
class LineChange:
    """One line before and after; what was not there, or is no more, counts 0."""

    item: Item
    volume_type: str | None
    quantity_before: int
    quantity_after: int
    month_before: int
    month_after: int

    @property
    def month(self) -> int:
        """More a month."""
        return self.month_after - self.month_before


@dataclass(frozen=True, kw_only=True)
class PriceChange:
    """What a change adds a month and a year, or saves (negative). ``lines``: those that differ."""

    currency: str
    month_before: int
    month_after: int
    lines: tuple[LineChange, ...]

    @property
    def month(self) -> int:
        """More a month."""
        return self.month_after - self.month_before

    @property
    def year(self) -> int:
        """More a year."""
        return MONTHS * self.month


def price(tenant: Tenant, site: Site) -> Price | None:
    """What a tenant costs: all that its quota grants, used or not; nothing if the site has no prices.

    Raises:
        JolibaError: a volume type has no price (`joliba check` tells where it is missing).
    """
    book = site.prices
    if book is None:
        return None
    asked = demand(tenant, site)
    if lacking := asked.volumes.keys() - book.volumes.keys():
        types = ", ".join(sorted(lacking))
        raise JolibaError("{site}: no price for the volume type {types}", site=site.name, types=types)
    lines = (
        Line(item=Item.VCPU, quantity=asked.vcpus, unit_price=book.vcpu),
        Line(item=Item.RAM, quantity=asked.ram, unit_price=book.ram),
        *(
            Line(item=Item.VOLUME, volume_type=name, quantity=gib, unit_price=book.volumes[name])
            for name, gib in asked.volumes.items()
        ),
        Line(item=Item.OBJECTS, quantity=asked.objects, unit_price=book.objects),
        Line(item=Item.PUBLIC_ADDRESS, quantity=asked.public_addresses, unit_price=book.public_address),
        Line(item=Item.LOAD_BALANCER, quantity=asked.load_balancers, unit_price=book.load_balancer),
    )
    return Price(
        currency=book.currency, valid_from=book.valid_from, lines=tuple(line for line in lines if line.quantity)
    )


def difference(before: Price | None, after: Price | None) -> PriceChange | None:
    """From one price to another; a tenant that is not there yet, or no more, costs nothing. Of nothing, nothing.

    Raises:
        JolibaError: the prices are in two currencies.
    """
    known = [each for each in (before, after) if each is not None]
    if not known:
        return None
    if len({each.currency for each in known}) > 1:
        one, other = (each.currency for each in known)
        raise JolibaError("prices in {one} and {other} cannot be compared", one=one, other=other)
    return PriceChange(
        currency=known[0].currency,
        month_before=before.month if before else 0,
        month_after=after.month if after else 0,
        lines=tuple(_changed(_by_key(before), _by_key(after))),
    )


def _by_key(price: Price | None) -> Mapping[tuple[Item, str | None], Line]:
    return {line.key: line for line in price.lines} if price else {}


def _changed(
    before: Mapping[tuple[Item, str | None], Line], after: Mapping[tuple[Item, str | None], Line]
) -> Iterator[LineChange]:
    keys = before.keys() | after.keys()
    for item, volume_type in sorted(keys, key=lambda key: (list(Item).index(key[0]), key[1] or "")):
        old, new = before.get((item, volume_type)), after.get((item, volume_type))
        change = LineChange(
            item=item,
            volume_type=volume_type,
            quantity_before=old.quantity if old else 0,
            quantity_after=new.quantity if new else 0,
            month_before=old.month if old else 0,
            month_after=new.month if new else 0,
        )
        if (change.quantity_before, change.month_before) != (change.quantity_after, change.month_after):
            yield change
