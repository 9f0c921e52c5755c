from itertools import islice

import pytest
from netaddr import IPNetwork
from openstack.exceptions import ConflictException

from infra.environment import CHECKOUT
from infra.intake.inventory import read_site

EXTENSIONS = {
    "address-group", "allowed-address-pairs", "dns-integration", "extraroute", "extraroute-atomic", "port-security",
    "qos", "quotas", "rbac-policies", "router", "security-groups-default-rules", "standard-attr-tag",
}  # fmt: skip


def test_the_extensions_that_a_tenant_needs_are_there(administrator):
    assert EXTENSIONS - {extension.alias for extension in administrator.network.extensions()} == set()


def test_groups_begin_with_the_rules_that_a_migration_leaves(tenant, administrator):
    templates = {(rule.direction, rule.ether_type) for rule in administrator.network.default_security_group_rules()}
    group = tenant.member.network.create_security_group(name="web")
    default = tenant.member.network.find_security_group("default")

    assert templates == {(way, family) for way in ("ingress", "egress") for family in ("IPv4", "IPv6")}
    assert {rule["direction"] for rule in group.security_group_rules} == {"egress"}
    assert len(default.security_group_rules) == 4


def test_a_floating_ip_reaches_a_port_behind_a_router(tenant, foundation):
    neutron = tenant.member.network
    network = neutron.create_network(name="interne")
    subnet = neutron.create_subnet(network_id=network.id, ip_version=4, cidr="10.1.0.0/24")
    router = neutron.create_router(name="r", external_gateway_info={"network_id": foundation.external_network})
    neutron.add_interface_to_router(router, subnet_id=subnet.id)
    neutron.add_extra_routes_to_router(
        router, {"router": {"routes": [{"destination": "10.99.0.0/24", "nexthop": "10.1.0.7"}]}}
    )
    port = neutron.create_port(network_id=network.id)
    address = neutron.create_ip(floating_network_id=foundation.external_network, port_id=port.id)

    assert neutron.get_ip(address).status == "ACTIVE"
    assert [route["nexthop"] for route in neutron.get_router(router).routes] == ["10.1.0.7"]


def test_a_router_takes_as_many_routes_as_the_sites_count_on(tenant):
    neutron, sites = tenant.member.network, ("ml-bko", "bf-oua", "ne-nia")
    most = max(read_site(CHECKOUT, name, only=[]).site.capacity.routes for name in sites)
    network = neutron.create_network(name="administration")
    subnet = neutron.create_subnet(network_id=network.id, ip_version=4, cidr="10.4.0.0/24")
    router = neutron.create_router(name="r")
    neutron.add_interface_to_router(router, subnet_id=subnet.id)
    given = IPNetwork("10.128.0.0/9").subnet(24, count=most + 1)

    def routes(number):
        return [{"destination": str(block), "nexthop": "10.4.0.7"} for block in islice(given, number)]

    neutron.add_extra_routes_to_router(router, {"router": {"routes": routes(most)}})

    assert len(neutron.get_router(router).routes) == most
    with pytest.raises(ConflictException, match="router_route"):
        neutron.add_extra_routes_to_router(router, {"router": {"routes": routes(1)}})


def test_a_load_balancer_and_all_its_parts_become_active(tenant, until):
    neutron, octavia = tenant.member.network, tenant.member.load_balancer
    network = neutron.create_network(name="dmz")
    subnet = neutron.create_subnet(network_id=network.id, ip_version=4, cidr="10.2.0.0/24")
    balancer = octavia.create_load_balancer(name="web", vip_subnet_id=subnet.id)

    def active():
        until(lambda: octavia.get_load_balancer(balancer).provisioning_status == "ACTIVE")

    active()
    listener = octavia.create_listener(protocol="TCP", protocol_port=443, load_balancer_id=balancer.id)
    active()
    pool = octavia.create_pool(protocol="TCP", lb_algorithm="ROUND_ROBIN", listener_id=listener.id)
    active()
    member = octavia.create_member(pool, address="10.2.0.9", protocol_port=8080, subnet_id=subnet.id)
    active()
    octavia.create_health_monitor(pool_id=pool.id, type="TCP", delay=5, timeout=3, max_retries=3)
    active()

    assert octavia.get_load_balancer(balancer).operating_status == "ONLINE"
    assert octavia.get_member(member, pool).provisioning_status == "ACTIVE"
    octavia.delete_load_balancer(balancer, cascade=True)
    until(lambda: list(octavia.load_balancers()) == [])


@pytest.fixture
def zone(tenant, administrator, until):
    """A zone of the administrator's that the tenant may write to."""
    zone = administrator.dns.create_zone(name=f"{tenant.name}.example.", email="dns@lab.example")
    until(lambda: administrator.dns.get_zone(zone).status == "ACTIVE")
    administrator.dns.create_zone_share(zone, target_project_id=tenant.project)
    return zone


def test_a_tenant_writes_records_to_a_zone_that_is_shared_with_it(tenant, administrator, zone, until):
    dns = tenant.member.dns
    record = dns.create_recordset(zone, name=f"www.{zone.name}", type="A", records=["172.24.0.9"])
    until(lambda: dns.get_recordset(record, zone).status == "ACTIVE")

    (delegation,) = (entry for entry in administrator.dns.recordsets(zone) if entry.type == "NS")
    assert delegation.records == ["ns1.lab.example."]


def test_a_deleted_zone_leaves_nothing(administrator, zone, until):
    administrator.dns.delete_zone(zone, delete_shares=True)

    until(lambda: zone.id not in {left.id for left in administrator.dns.zones()})
    assert administrator.dns.find_zone(zone.name) is None
