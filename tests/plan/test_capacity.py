"""What tenants take of a site is what their quotas grant; what there is no room for is refused, few and late ones."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netaddr import IPNetwork

from infra.model.capacity import Capacity, Headroom, StoragePool
from infra.model.classification import Lifecycle, Spread
from infra.model.tenant import Bucket
from infra.plan.capacity import Demand, Limit, Resource, demand, excesses, limits, over, own, usage
from infra.plan.firewall import security_groups
from infra.plan.quota import IN_THE_MAKING, quota


@pytest.fixture
def roomy(site):
    """The site with a capacity: 100 cores with 4 vCPU each and a tenth kept."""
    return replace(
        site,
        flavors={**site.flavors, "SCS-1V-4": replace(site.flavors["SCS-2V-4"], name="SCS-1V-4", vcpus=1)},
        capacity=Capacity(
            cores=100,
            cpu_overcommit=Decimal(4),
            ram=1000,
            ram_overcommit=Decimal("1.5"),
            hypervisors=3,
            routes=30,
            pools={"ssd": StoragePool(name="ssd", size=10_000, volume_types=("standard", "encrypted"))},
            objects=1000,
            headroom=Headroom(compute=10, storage=20, objects=0, public_addresses=5, private_addresses=0),
            largest_share=5,
        ),
    )


def _limit(site, resource) -> Limit:
    return next(limit for limit in limits(site) if limit.resource is resource)


def test_a_demand_is_what_the_quota_grants(sante, site, register):
    groups = security_groups(sante, site=site, register=register, peers={})
    granted = quota(sante, site=site, groups=groups)

    asked = demand(sante, site, register.tenants["sante"])

    assert (asked.vcpus, asked.ram * 1024) == (granted.compute["cores"], granted.compute["ram"])
    assert asked.volumes == {"encrypted": granted.volume_types["gigabytes_encrypted"]}
    assert sum(asked.volumes.values()) == granted.volumes["gigabytes"]
    assert asked.load_balancers == granted.balancer["loadbalancer"]
    assert asked.load_balancers == granted.network["floatingip"] / IN_THE_MAKING


def test_a_way_out_takes_a_public_address_besides_those_of_published_tiers(sante, site):
    without = replace(sante, platforms={"dossier": replace(sante.platforms["dossier"], publish={})})

    assert (demand(sante, site).public_addresses, demand(without, site).public_addresses) == (2, 0)


def test_private_addresses_are_those_of_the_blocks_and_of_what_is_asked_until_there_are_some(sante, site, register):
    assert demand(sante, site, register.tenants["sante"]).private_addresses == 32 + 128
    assert demand(sante, site).private_addresses == 32 + 32


def test_routes_are_those_of_the_blocks_and_of_what_is_asked_until_there_are_some(sante, site, register):
    given = register.tenants["sante"]
    beside = replace(given, networks={"dmz": IPNetwork("10.64.16.0/27"), "interne": IPNetwork("10.64.16.32/27")})

    assert demand(sante, site, given).routes == 2
    assert demand(sante, site, beside).routes == 1
    assert demand(sante, site).routes == 2


def test_a_block_of_a_network_that_is_no_longer_asked_for_is_still_held(sante, site, register):
    one = replace(sante, networks={"dmz": sante.networks["dmz"]})

    assert demand(one, site, register.tenants["sante"]).private_addresses == 32 + 128


def test_buckets_and_hard_spread_are_counted(sante, site):
    platform = sante.platforms["dossier"]
    hard = {"web": replace(platform.tiers["web"], spread=Spread.HARD, count=5), "app": platform.tiers["app"]}
    asked = demand(
        replace(
            sante,
            platforms={"dossier": replace(platform, tiers=hard)},
            buckets={"archives": Bucket(name="archives", size=7)},
        ),
        site,
    )

    assert (asked.hypervisors, asked.objects) == (5, 7)
    assert demand(sante, site).hypervisors == 0


def test_a_site_that_does_not_say_its_capacity_limits_nothing(site):
    many = [Demand(tenant="sante", vcpus=10**9)]

    assert (limits(site), usage(site, many, many), excesses(site, many)) == ((), (), ())


def test_totals_are_after_overcommit_and_what_is_granted_leaves_the_headroom(roomy):
    cpu, ram, pool = (_limit(roomy, each) for each in (Resource.VCPUS, Resource.RAM, Resource.STORAGE))

    assert (cpu.total, cpu.grantable) == (400, 360)
    assert (ram.total, ram.grantable) == (1500, 1350)
    assert (pool.pool, pool.total, pool.grantable) == ("ssd", 10_000, 8_000)
    assert _limit(roomy, Resource.PUBLIC_ADDRESSES).total == 241


def test_usage_is_told_before_and_after_with_the_foundations_own_part(roomy):
    before = [Demand(tenant="a", vcpus=35)]

    cpu = next(
        each
        for each in usage(roomy, before, [*before, Demand(tenant="b", vcpus=36)])
        if each.limit.resource is Resource.VCPUS
    )

    assert (cpu.before, cpu.after, cpu.free) == (36, 72, 288)
    assert (cpu.percent_before, cpu.percent_after) == (10.0, 20.0)


def test_volume_types_of_one_pool_are_added(roomy):
    asked = Demand(tenant="a", volumes={"standard": 10, "encrypted": 5})

    assert _limit(roomy, Resource.STORAGE).amount(asked) == 15


amounts = st.lists(st.integers(0, 200), max_size=12)


@given(amounts=amounts, vcpus=st.integers(1, 400))
def test_what_is_not_refused_always_has_room_and_few_are_refused(amounts, vcpus):
    limit = Limit(resource=Resource.VCPUS, total=vcpus, headroom=10)
    demands = [Demand(tenant=f"t{number}", vcpus=amount) for number, amount in enumerate(amounts)]

    found = over(limit, demands)
    names = {each.tenant for each in found}
    rest = sum(each.vcpus for each in demands if each.tenant not in names)

    assert rest <= limit.grantable
    assert bool(found) == (sum(amounts) > limit.grantable)
    for each in found:  # none of them is refused in vain
        assert rest + min(one.asked for one in found) > limit.grantable
        assert each.left == limit.grantable - rest


def test_the_newest_request_that_alone_takes_too_much_is_refused(roomy):
    demands = [Demand(tenant=name, vcpus=vcpus) for name, vcpus in (("old", 200), ("new", 170), ("newest", 5))]

    found = excesses(roomy, demands)

    assert [(each.tenant, each.asked, each.left) for each in found] == [("new", 170, 154)]


def test_what_just_fits_is_accepted(roomy):
    demands = [Demand(tenant=name, vcpus=vcpus) for name, vcpus in (("old", 200), ("new", 154), ("newest", 5))]

    assert excesses(roomy, demands) == ()


def test_where_no_single_request_takes_too_much_the_largest_are_refused(roomy):
    demands = [Demand(tenant=f"t{number}", vcpus=100 + number) for number in range(6)]

    assert [each.tenant for each in excesses(roomy, demands)] == ["t5", "t4", "t3"]


def test_a_retired_tenant_counts_but_is_not_refused(roomy, sante, register):
    leaving = replace(sante, lifecycle=Lifecycle.RETIRED)
    retired = demand(leaving, roomy, register.tenants["sante"])
    large = replace(retired, vcpus=400)

    assert (retired.held, demand(leaving, roomy).held) == (True, False)
    assert [each.tenant for each in excesses(roomy, [large, Demand(tenant="new", vcpus=1)])] == ["new"]


def test_the_foundation_takes_a_bastion_and_two_public_addresses(roomy):
    assert (own(roomy).vcpus, own(roomy).public_addresses) == (1, 2)
