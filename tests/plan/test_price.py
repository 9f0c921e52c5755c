"""A price is what the quota grants times the site's prices, in whole units of the currency."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import JolibaError
from infra.model.price_book import PriceBook
from infra.model.tenant import Bucket
from infra.plan.capacity import demand
from infra.plan.figures import item_name, money, percent, quantity
from infra.plan.price import Item, Line, Price, difference, price

BOOK = PriceBook(
    currency="XOF",
    valid_from=date(2026, 1, 1),
    vcpu=Decimal(2500),
    ram=Decimal(1250),
    volumes={"standard": Decimal(60), "encrypted": Decimal("72.5")},
    objects=Decimal("17.5"),
    public_address=Decimal(3000),
    load_balancer=Decimal(15000),
)


@pytest.fixture
def priced(site):
    return replace(site, prices=BOOK)


def test_a_request_costs_what_it_is_granted(sante, priced):
    found = price(sante, priced)

    assert {(line.item, line.volume_type): (line.quantity, line.month) for line in found.lines} == {
        (Item.VCPU, None): (12, 30_000),
        (Item.RAM, None): (24, 30_000),
        (Item.VOLUME, "encrypted"): (520, 37_700),
        (Item.PUBLIC_ADDRESS, None): (2, 6_000),
        (Item.LOAD_BALANCER, None): (1, 15_000),
    }
    assert (found.month, found.year) == (118_700, 12 * 118_700)


def test_quantities_are_the_demands(sante, priced):
    asked, found = demand(sante, priced), price(sante, priced)

    assert sum(line.quantity for line in found.lines if line.item is Item.VOLUME) == sum(asked.volumes.values())
    assert next(line for line in found.lines if line.item is Item.VCPU).quantity == asked.vcpus


def test_a_site_without_prices_tells_none(sante, site):
    assert price(sante, site) is None


def test_a_volume_type_without_a_price_is_no_present(sante, site):
    book = replace(BOOK, volumes={"standard": Decimal(60)})

    with pytest.raises(JolibaError, match="encrypted"):
        price(sante, replace(site, prices=book))


@pytest.mark.parametrize(("quantity", "month"), [(1, 18), (2, 35), (3, 53), (0, 0)])
def test_a_line_is_rounded_once_half_up(quantity, month):
    assert Line(item=Item.OBJECTS, quantity=quantity, unit_price=Decimal("17.5")).month == month


@given(quantities=st.lists(st.integers(0, 10**6), max_size=6))
def test_totals_are_the_sums_of_what_is_shown(quantities):
    lines = tuple(Line(item=Item.OBJECTS, quantity=each, unit_price=Decimal("0.35")) for each in quantities)
    found = Price(currency="XOF", valid_from=date(2026, 1, 1), lines=lines)

    assert found.month == sum(line.month for line in lines)
    assert found.year == 12 * found.month
    assert isinstance(found.month, int)


def test_a_change_costs_the_difference(sante, priced):
    before = price(sante, priced)
    after = price(replace(sante, buckets={"archives": Bucket(name="archives", size=100)}), priced)

    found = difference(before, after)

    assert (found.month, found.year) == (1_750, 21_000)
    assert [(each.item, each.quantity_before, each.quantity_after, each.month_after) for each in found.lines] == [
        (Item.OBJECTS, 0, 100, 1_750)
    ]
    assert difference(after, before).month == -1_750
    assert difference(before, before).lines == ()


def test_a_new_tenant_costs_all_of_it_and_a_removed_one_saves_it(sante, priced):
    found = price(sante, priced)

    assert difference(None, found).month == found.month
    assert difference(found, None).year == -found.year
    assert len(difference(None, found).lines) == len(found.lines)
    assert difference(None, None) is None


def test_two_currencies_are_not_compared(sante, priced):
    found = price(sante, priced)

    with pytest.raises(JolibaError, match="XOF and EUR"):
        difference(found, replace(found, currency="EUR"))


def test_figures_are_written_as_each_language_does():
    assert quantity(1200, "GiB", "en") == "1,200\u00a0GiB"
    assert quantity(1200, "GiB", "fr") == "1\u202f200\u00a0Gio"
    assert money(1234567, "XOF", "en") == "XOF\u00a01,234,567"
    assert money(1234567, "XOF", "fr") == "1\u202f234\u202f567\u00a0F\u202fCFA"
    assert (money(5, "XOF", "en", signed=True), money(-5, "XOF", "en", signed=True)) == ("+XOF\u00a05", "-XOF\u00a05")
    assert (percent(12.5, "en"), percent(12.5, "fr")) == ("12.5%", "12,5\u00a0%")
    assert item_name(Item.VOLUME, "encrypted", "fr") == "Volumes encrypted"
