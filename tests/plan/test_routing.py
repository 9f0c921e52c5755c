from dataclasses import replace

from netaddr import IPNetwork

from infra.model.flow import PortRange
from infra.model.tenant import Egress
from infra.plan import routing


def test_a_tenants_router_reaches_the_shared_services_through_the_administration(sante, site, register):
    routes = routing.tenant_routes(sante, site=site, register=register)

    assert [(str(route.destination), str(route.next_hop)) for route in routes] == [("10.64.8.0/22", "10.64.0.1")]


def test_a_peers_blocks_lie_behind_its_transit_address(sante, site, register, with_flows):
    asking = with_flows(sante, ("app", "etat-civil/dossier.app", "8443/tcp"))

    routes = routing.tenant_routes(asking, site=site, register=register)

    assert routing.peers(asking) == ["etat-civil"]
    assert ("10.64.17.0/26", "10.64.4.11") in [(str(route.destination), str(route.next_hop)) for route in routes]


def test_the_administration_router_knows_every_block_of_the_register(register):
    routes = {str(route.destination): str(route.next_hop) for route in routing.administration_routes(register)}

    assert routes == {
        "10.64.16.0/27": "10.64.0.10",
        "10.64.16.128/25": "10.64.0.10",
        "10.64.17.0/26": "10.64.0.11",
    }


def test_blocks_of_one_tenant_side_by_side_are_one_route(register):
    allocation = replace(register.tenants["sante"], networks={
        "dmz": IPNetwork("10.64.16.0/27"), "interne": IPNetwork("10.64.16.32/27"), "base": IPNetwork("10.64.16.64/26"),
        "apart": IPNetwork("10.64.17.0/26"),
    })  # fmt: skip

    routes = routing.administration_routes(replace(register, tenants={"sante": allocation}))

    assert [str(route.destination) for route in routes] == ["10.64.16.0/25", "10.64.17.0/26"]


def test_only_a_tenant_that_publishes_or_declares_an_egress_has_a_gateway(sante):
    closed = replace(sante, platforms={"dossier": replace(sante.platforms["dossier"], publish={})})
    egress = Egress(to=IPNetwork("203.0.113.7/32"), ports=(PortRange.parse("443/tcp"),), reason="Passerelle")

    assert routing.needs_gateway(sante)
    assert not routing.needs_gateway(closed)
    assert routing.needs_gateway(replace(closed, egress=(egress,)))
