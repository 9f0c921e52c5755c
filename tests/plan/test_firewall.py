from dataclasses import replace

import pytest
from netaddr import IPNetwork

from infra.model.flow import PortRange
from infra.model.tenant import Egress
from infra.plan.firewall import Direction, join_ranges, security_groups


@pytest.fixture
def groups(site, register):
    def derive(tenant, *peers):
        found = security_groups(tenant, site=site, register=register, peers={peer.name: peer for peer in peers})
        return {group: [rule.name for rule in rules] for group, rules in found.items()}

    return derive


def test_each_tier_has_a_group_beside_the_base_group(sante, groups):
    assert list(groups(sante)) == ["base", "dossier-web", "dossier-app", "dossier-base"]


def test_a_flow_between_tiers_opens_both_ends_by_group(sante, groups):
    found = groups(sante)

    assert "egress-8080-tcp-dossier-app" in found["dossier-web"]
    assert found["dossier-app"] == ["ingress-8080-tcp-dossier-web", "egress-5432-tcp-dossier-base"]


def test_a_flow_from_the_internet_arrives_through_the_balancer_of_the_tiers_network(sante, groups):
    assert "ingress-443-tcp-10.64.16.0-27" in groups(sante)["dossier-web"]


def test_without_a_flow_a_tier_has_no_rule_at_all(sante, groups, with_flows):
    found = groups(with_flows(sante))

    assert found["dossier-web"] == found["dossier-app"] == found["dossier-base"] == []


def test_ssh_comes_from_the_administration_network_only(sante, site, register):
    found = security_groups(sante, site=site, register=register, peers={})

    ssh = [rule for rules in found.values() for rule in rules if rule.ports.first <= 22 <= rule.ports.last]
    assert [(rule.direction, rule.remote_range) for rule in ssh] == [(Direction.INGRESS, site.addresses.administration)]


def test_every_server_may_reach_the_sites_services_and_nothing_else_outside(sante, groups):
    assert groups(sante)["base"] == [
        "ingress-22-tcp-10.64.0.0-22",
        "egress-67-udp-255.255.255.255-32",
        "egress-80-tcp-169.254.169.254-32",
        "egress-53-tcp-10.64.8.10-32",
        "egress-53-udp-10.64.8.10-32",
        "egress-123-udp-10.64.8.12-32",
        "egress-443-tcp-10.64.8.14-32",
        "egress-6514-tcp-10.64.8.16-32",
    ]


def test_a_declared_egress_is_open_to_every_server(sante, groups):
    egress = Egress(to=IPNetwork("203.0.113.7/32"), ports=(PortRange.parse("443/tcp"),), reason="Passerelle")

    assert "egress-443-tcp-203.0.113.7-32" in groups(replace(sante, egress=(egress,)))["base"]


def test_neighbouring_ports_of_one_end_become_one_rule(sante, groups, with_flows):
    found = groups(with_flows(sante, ("web", "app", "8080/tcp", "8081-8090/tcp"), ("web", "app", "8085-8100/tcp")))

    assert found["dossier-app"] == ["ingress-8080-8100-tcp-dossier-web"]


def test_ports_of_another_protocol_stay_apart(sante, groups, with_flows):
    found = groups(with_flows(sante, ("web", "app", "53/tcp", "53/udp", "icmp")))

    assert found["dossier-app"] == [
        "ingress-53-tcp-dossier-web",
        "ingress-53-udp-dossier-web",
        "ingress-icmp-dossier-web",
    ]


def test_a_flow_between_tenants_opens_each_side_to_the_others_block(sante, groups, with_flows):
    asking = with_flows(sante, ("app", "etat-civil/dossier.app", "8443/tcp"))
    answering = with_flows(replace(sante, name="etat-civil"), ("sante/dossier.app", "app", "8443/tcp"))

    assert groups(asking, answering)["dossier-app"] == ["egress-8443-tcp-10.64.17.0-26"]
    assert groups(answering, asking)["dossier-app"] == ["ingress-8443-tcp-10.64.16.128-25"]


def test_rule_names_are_unique_in_their_group(sante, groups):
    for rules in groups(sante).values():
        assert len(set(rules)) == len(rules)


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        (["80/tcp", "81-90/tcp", "85-99/tcp"], ["80-99/tcp"]),
        (["443/tcp", "80/tcp"], ["80/tcp", "443/tcp"]),
        (["1-100/tcp", "20-30/tcp"], ["1-100/tcp"]),
        ([], []),
    ],
)
def test_ranges_join_where_they_touch(given, joined):
    assert [str(each) for each in join_ranges(PortRange.parse(text) for text in given)] == joined
