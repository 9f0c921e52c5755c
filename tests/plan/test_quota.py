import pytest

from infra.plan.firewall import security_groups
from infra.plan.quota import IN_THE_MAKING, quota


@pytest.fixture
def granted(site, register):
    def derive(tenant):
        groups = security_groups(tenant, site=site, register=register, peers={})
        return quota(tenant, site=site, groups=groups)

    return derive


def test_compute_is_what_the_servers_need(sante, granted):
    assert granted(sante).compute == {
        "instances": 6,
        "cores": 12,
        "ram": 6 * 4 * 1024,
        "server_groups": 3,
        "server_group_members": 2,
        "key_pairs": 1,
    }


def test_volumes_count_root_and_data_volumes_by_type(sante, granted):
    found = granted(sante)

    assert found.volumes["volumes"] == 8
    assert found.volumes["gigabytes"] == 6 * 20 + 2 * 200
    assert found.volumes["per_volume_gigabytes"] == 200
    assert found.volume_types["gigabytes_encrypted"] == 520
    assert found.volume_types["volumes_standard"] == 0


def test_a_published_tier_costs_one_balancer_and_one_public_address(sante, granted):
    found = granted(sante)

    assert found.balancer["loadbalancer"] == 1
    assert found.network["floatingip"] == IN_THE_MAKING
    assert found.balancer["member"] == 2


def test_the_network_quota_counts_every_rule_and_the_default_group_with_room_for_those_in_the_making(
    sante, granted, site, register
):
    groups = security_groups(sante, site=site, register=register, peers={})

    network = granted(sante).network

    assert network["security_group"] == (len(groups) + 1) * IN_THE_MAKING
    assert network["security_group_rule"] == sum(len(rules) for rules in groups.values()) * IN_THE_MAKING
