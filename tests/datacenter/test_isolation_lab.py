"""A tenant's credential can neither see nor change another tenant's things: tried through the real APIs, one by one."""

import json

import openstack
import pytest
from openstack import exceptions

VICTIM, INTRUDER = "sante", "education"


@pytest.fixture(scope="module")
def tenants(site, workplace):
    workplace.joliba("up", f"{site}.{VICTIM}", f"{site}.{INTRUDER}", "--yes")
    yield {name: contract(workplace, site, name) for name in (VICTIM, INTRUDER)}
    for name in (VICTIM, INTRUDER):
        workplace.joliba("destroy", f"{site}.{name}", "--yes", "--delete-data", "--confirm", name)


def contract(workplace, site, tenant):
    return json.loads(workplace.pulumi("stack", "output", "contract", "--json", "-s", f"{site}.{tenant}").stdout)


def connect(workplace, lab, site, tenant, project_id):
    """The tenant's own service user, as its Pulumi stack uses it."""
    password = workplace.pulumi("config", "get", "servicePassword", "-s", f"{site}.{tenant}").stdout.strip()
    auth = {
        "auth_url": lab.cloud()["auth"]["auth_url"],
        "username": f"joliba-{tenant}",
        "user_domain_name": "gouvernement",
        "password": password,
        "project_id": project_id,
    }
    return openstack.connect(load_yaml_config=False, load_envvars=False, auth=auth, region_name="RegionOne")


@pytest.fixture(scope="module")
def intruder(tenants, workplace, lab, site):
    return connect(workplace, lab, site, INTRUDER, tenants[INTRUDER]["project_id"])


@pytest.fixture(scope="module")
def victim(tenants, workplace, lab, site):
    return connect(workplace, lab, site, VICTIM, tenants[VICTIM]["project_id"])


@pytest.fixture(scope="module")
def loot(victim, tenants, cloud):
    """Ids of one of each of the victim's things, and of the administrator's role."""
    host = next(iter(tenants[VICTIM]["hosts"].values()))
    network, port = victim.network, next(victim.network.ports(device_id=host["server_id"]))
    balancer = next(victim.load_balancer.load_balancers())
    zone = next(zone for zone in victim.dns.zones() if zone.name.startswith(f"{VICTIM}."))
    secret = victim.key_manager.create_secret(name="secret", payload="do not read", payload_content_type="text/plain")
    router = next(network.routers(project_id=tenants[VICTIM]["project_id"]))
    address = next(network.ips(project_id=tenants[VICTIM]["project_id"]))
    yield {
        "project": tenants[VICTIM]["project_id"],
        "server": host["server_id"],
        "server_group": next(victim.compute.server_groups()).id,
        "volume": next(victim.block_storage.volumes()).id,
        "network": port.network_id,
        "subnet": port.fixed_ips[0]["subnet_id"],
        "port": port.id,
        "router": router.id,
        "group": port.security_group_ids[0],
        "address": address.id,
        "balancer": balancer.id,
        "pool": next(victim.load_balancer.pools()).id,
        "listener": next(victim.load_balancer.listeners()).id,
        "zone": zone.id,
        "record": next(record.id for record in victim.dns.recordsets(zone) if record.type == "A"),
        "secret": secret.secret_ref.rsplit("/", 1)[1],
        "bucket": tenants[VICTIM]["buckets"][0],
        "administrator": cloud.identity.find_role("admin", ignore_missing=False).id,
    }
    victim.key_manager.delete_secret(secret)


def account(cloud, project):
    return cloud.object_store.get_endpoint().rsplit("/", 1)[0] + f"/AUTH_{project}"


ATTEMPTS = {
    "read a server": lambda c, x: c.compute.get_server(x["server"]),
    "delete a server": lambda c, x: c.compute.delete_server(x["server"], ignore_missing=False),
    "stop a server": lambda c, x: c.compute.stop_server(x["server"]),
    "read a console log": lambda c, x: c.compute.get_server_console_output(x["server"]),
    "change a server's metadata": lambda c, x: c.compute.set_server_metadata(x["server"], tenant="education"),
    "list every project's servers": lambda c, _: list(c.compute.servers(all_projects=True)),
    "attach a port to a server": lambda c, x: c.compute.create_server_interface(x["server"], net_id=x["network"]),
    "read a server group": lambda c, x: c.compute.get_server_group(x["server_group"]),
    "read another's compute quota": lambda c, x: ok(c.compute.get(f"/os-quota-sets/{x['project']}")),
    "raise its own compute quota": lambda c, _: ok(
        c.compute.put(f"/os-quota-sets/{c.current_project_id}", json={"quota_set": {"cores": 999}})
    ),
    "list hypervisors": lambda c, _: list(c.compute.hypervisors()),
    "make a flavor": lambda c, _: c.compute.create_flavor(name="huge", ram=1, vcpus=1, disk=1),
    "read a volume": lambda c, x: c.block_storage.get_volume(x["volume"]),
    "delete a volume": lambda c, x: c.block_storage.delete_volume(x["volume"], ignore_missing=False),
    "grow a volume": lambda c, x: c.block_storage.extend_volume(x["volume"], 999),
    "snapshot a volume": lambda c, x: c.block_storage.create_snapshot(volume_id=x["volume"], force=True),
    "give a volume away": lambda c, x: c.block_storage.create_transfer(volume_id=x["volume"], name="mine"),
    "raise its own volume quota": lambda c, _: ok(
        c.block_storage.put(f"/os-quota-sets/{c.current_project_id}", json={"quota_set": {"gigabytes": 9999}})
    ),
    "read a network": lambda c, x: c.network.get_network(x["network"]),
    "read a subnet": lambda c, x: c.network.get_subnet(x["subnet"]),
    "read a port": lambda c, x: c.network.get_port(x["port"]),
    "open a port's firewall": lambda c, x: c.network.update_port(x["port"], port_security_enabled=False),
    "stand in a network": lambda c, x: c.network.create_port(network_id=x["network"]),
    "make a subnet in a network": lambda c, x: c.network.create_subnet(
        network_id=x["network"], ip_version=4, cidr="10.250.0.0/24"
    ),
    "delete a router": lambda c, x: c.network.delete_router(x["router"], ignore_missing=False),
    "unplug a router": lambda c, x: c.network.remove_interface_from_router(x["router"], subnet_id=x["subnet"]),
    "reroute a router": lambda c, x: c.network.update_router(x["router"], routes=[]),
    "read a security group": lambda c, x: c.network.get_security_group(x["group"]),
    "open a security group": lambda c, x: c.network.create_security_group_rule(
        security_group_id=x["group"], direction="ingress", ether_type="IPv4"
    ),
    "take a public address": lambda c, x: c.network.update_ip(x["address"], port_id=None),
    "release a public address": lambda c, x: c.network.delete_ip(x["address"], ignore_missing=False),
    "share a network with itself": lambda c, x: c.network.create_rbac_policy(
        object_type="network", object_id=x["network"], action="access_as_shared", target_project_id=c.current_project_id
    ),
    "raise its own network quota": lambda c, _: ok(
        c.network.put(f"/quotas/{c.current_project_id}", json={"quota": {"floatingip": 99}})
    ),
    "read a balancer": lambda c, x: c.load_balancer.get_load_balancer(x["balancer"]),
    "delete a balancer": lambda c, x: c.load_balancer.delete_load_balancer(x["balancer"], ignore_missing=False),
    "listen on a balancer": lambda c, x: c.load_balancer.create_listener(
        load_balancer_id=x["balancer"], protocol="TCP", protocol_port=22
    ),
    "read a listener": lambda c, x: c.load_balancer.get_listener(x["listener"]),
    "join a pool": lambda c, x: c.load_balancer.create_member(x["pool"], address="10.64.0.9", protocol_port=443),
    "read a zone": lambda c, x: c.dns.get_zone(x["zone"]),
    "take over a name": lambda c, x: ok(
        c.dns.put(f"/zones/{x['zone']}/recordsets/{x['record']}", json={"records": ["203.0.113.66"]})
    ),
    "add a name": lambda c, x: c.dns.create_recordset(
        x["zone"], name="x.sante.example.", type="A", records=["1.2.3.4"]
    ),
    "make a zone": lambda c, _: c.dns.create_zone(name="faux.example.", email="x@faux.example", type="PRIMARY"),
    "share a zone with itself": lambda c, x: ok(
        c.dns.post(f"/zones/{x['zone']}/shares", json={"target_project_id": c.current_project_id})
    ),
    "read a secret": lambda c, x: ok(c.key_manager.get(f"/secrets/{x['secret']}/payload")),
    "delete a secret": lambda c, x: ok(c.key_manager.delete(f"/secrets/{x['secret']}")),
    "list a bucket": lambda c, x: ok(c.session.get(f"{account(c, x['project'])}/{x['bucket']}", raise_exc=False)),
    "write into a bucket": lambda c, x: ok(
        c.session.put(f"{account(c, x['project'])}/{x['bucket']}/x", data=b"x", raise_exc=False)
    ),
    "open a bucket to the world": lambda c, x: ok(
        c.session.post(
            f"{account(c, x['project'])}/{x['bucket']}", headers={"X-Container-Read": ".r:*"}, raise_exc=False
        )
    ),
    "read another project": lambda c, x: c.identity.get_project(x["project"]),
    "enter another project": lambda c, x: ok(token(c, x["project"])),
    "make itself administrator": lambda c, x: ok(
        c.identity.put(f"/projects/{c.current_project_id}/users/{c.current_user_id}/roles/{x['administrator']}")
    ),
    "make a user": lambda c, _: c.identity.create_user(name="intrus", password="x" * 20),
    "list users": lambda c, _: list(c.identity.users()),
    "delete a public image": lambda c, _: c.image.delete_image(next(c.image.images()).id, ignore_missing=False),
}


def ok(response):
    exceptions.raise_from_response(response)
    return response


def token(cloud, project):
    """Ask for a token of a project with the connection's own user and password."""
    auth = cloud.config.auth
    user = {"name": auth["username"], "domain": {"name": auth["user_domain_name"]}, "password": auth["password"]}
    identity = {"methods": ["password"], "password": {"user": user}}
    return cloud.session.post(
        f"{auth['auth_url']}/auth/tokens",
        json={"auth": {"identity": identity, "scope": {"project": {"id": project}}}},
        authenticated=False,
        raise_exc=False,
    )


def test_a_token_of_its_own_project_is_given(intruder):
    assert token(intruder, intruder.current_project_id).status_code == 201


OWN = (
    "read a server",
    "read a console log",
    "read a server group",
    "read a volume",
    "read a network",
    "read a subnet",
    "read a port",
    "read a security group",
    "read a balancer",
    "read a listener",
    "read a zone",
    "read a secret",
    "list a bucket",
    "write into a bucket",
    "enter another project",
)
"""What the victim may do to its own with the very same calls: a wrong address would be refused to anyone."""


@pytest.mark.parametrize("attempt", OWN)
def test_the_same_call_is_granted_to_the_owner(attempt, victim, loot):
    ATTEMPTS[attempt](victim, loot)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_tenant_cannot(attempt, intruder, loot):
    with pytest.raises(exceptions.SDKException) as refused:
        ATTEMPTS[attempt](intruder, loot)

    # 409 and 413: what it may do at all is full, or nothing (a quota of zero zones)
    status = getattr(refused.value, "status_code", None) or getattr(refused.value, "http_status", None)
    assert status in {401, 403, 404, 409, 413}, f"{attempt}: {refused.value!r}"


def test_lists_show_only_its_own(intruder, loot):
    seen = {
        "servers": [each.id for each in intruder.compute.servers()],
        "volumes": [each.id for each in intruder.block_storage.volumes()],
        "networks": [each.id for each in intruder.network.networks()],
        "ports": [each.id for each in intruder.network.ports()],
        "groups": [each.id for each in intruder.network.security_groups()],
        "balancers": [each.id for each in intruder.load_balancer.load_balancers()],
        "zones": [each.id for each in intruder.dns.zones()],
        "secrets": [each.id for each in intruder.key_manager.secrets()],
        "buckets": [each.name for each in intruder.object_store.containers()],
    }

    stolen = {kind: set(ids) & set(loot.values()) for kind, ids in seen.items() if kind != "buckets"}
    assert all(not found for found in stolen.values()), stolen


def test_it_can_use_what_is_its_own(intruder, tenants):
    host = next(iter(tenants[INTRUDER]["hosts"].values()))

    assert intruder.compute.get_server(host["server_id"]).status == "ACTIVE"
    assert "SSH HOST KEY" in intruder.compute.get_server_console_output(host["server_id"])["output"]
    assert next(intruder.network.networks(project_id=tenants[INTRUDER]["project_id"])).name.startswith(INTRUDER)
    assert intruder.block_storage.get_volume(next(intruder.block_storage.volumes()).id).status == "in-use"


def test_after_all_attempts_the_victim_is_unchanged(workplace, site, tenants):
    workplace.joliba("preview", f"{site}.{VICTIM}", "--refresh", "--expect-no-changes")
