"""Quantities and amounts as people read them, in English and French; babel is imported when something is written."""

from collections.abc import Mapping
from decimal import Decimal

from infra.plan.capacity import Limit, Resource
from infra.plan.price import Item

_RESOURCES: Mapping[str, Mapping[Resource, str]] = {
    "en": {
        Resource.VCPUS: "vCPUs",
        Resource.RAM: "Memory",
        Resource.STORAGE: "Storage",
        Resource.OBJECTS: "Object storage",
        Resource.PUBLIC_ADDRESSES: "Public addresses",
        Resource.PRIVATE_ADDRESSES: "Private addresses",
        Resource.ROUTES: "Routes",
    },
    "fr": {
        Resource.VCPUS: "vCPU",
        Resource.RAM: "Mémoire",
        Resource.STORAGE: "Stockage",
        Resource.OBJECTS: "Stockage objet",
        Resource.PUBLIC_ADDRESSES: "Adresses publiques",
        Resource.PRIVATE_ADDRESSES: "Adresses privées",
        Resource.ROUTES: "Routes",
    },
}
_ITEMS: Mapping[str, Mapping[Item, str]] = {
    "en": {
        Item.VCPU: "vCPUs",
        Item.RAM: "Memory",
        Item.VOLUME: "Volumes",
        Item.OBJECTS: "Object storage",
        Item.PUBLIC_ADDRESS: "Public addresses",
        Item.LOAD_BALANCER: "Load balancers",
    },
    "fr": {
        Item.VCPU: "vCPU",
        Item.RAM: "Mémoire",
        Item.VOLUME: "Volumes",
        Item.OBJECTS: "Stockage objet",
        Item.PUBLIC_ADDRESS: "Adresses publiques",
        Item.LOAD_BALANCER: "Répartiteurs de charge",
    },
}
_UNITS = {"en": {"GiB": "GiB"}, "fr": {"GiB": "Gio"}}
_MONEY = {"en": "¤¤\u00a0#,##0", "fr": "#,##0\u00a0¤"}
"""Code before the amount, ``XOF 1,000``; symbol after it, ``1 000 F CFA``."""


def resource_name(limit: Limit, lang: str) -> str:
    """``Memory``; of storage with its pool, ``Storage ssd``."""
    name = _RESOURCES[lang][limit.resource]
    return f"{name} {limit.pool}" if limit.pool else name


def item_name(item: Item, volume_type: str | None, lang: str) -> str:
    """``Load balancers``; of volumes with their type, ``Volumes encrypted``."""
    name = _ITEMS[lang][item]
    return f"{name} {volume_type}" if volume_type else name


def quantity(amount: Decimal | int, unit: str, lang: str) -> str:
    """An amount with its unit: ``1,200 GiB``, ``1 200 Gio``."""
    from babel.numbers import format_decimal  # noqa: PLC0415  50 ms

    written = format_decimal(amount, locale=lang)
    return f"{written}\u00a0{_UNITS[lang].get(unit, unit)}" if unit else written


def money(amount: int, currency: str, lang: str, *, signed: bool = False) -> str:
    """An amount in whole units of a currency; ``signed`` puts a plus before what is more than nothing."""
    from babel.numbers import format_currency  # noqa: PLC0415  50 ms

    written = format_currency(amount, currency, format=_MONEY[lang], locale=lang, currency_digits=False)
    return f"+{written}" if signed and amount > 0 else written


def unit_price(amount: Decimal, lang: str) -> str:
    """A price of one unit, with decimals where it has some, without its currency."""
    return quantity(amount, "", lang)


def percent(value: float, lang: str) -> str:
    """A percentage with one decimal: ``12.5%``, ``12,5 %``."""
    from babel.numbers import format_percent  # noqa: PLC0415  50 ms

    return format_percent(
        Decimal(str(value)) / 100, locale=lang, format="#,##0.0%" if lang == "en" else "#,##0.0\u00a0%"
    )
