"""What an interrupted create may have left in the cloud: found by what it was asked to be, and removed if it is ours.

Only what `infra.fleet.ownership` proves, and of which there is but one, is removed. Everything else of that name is
told to a person and stays. Creates that may simply be repeated (quotas, role assignments, buckets, routes) leave
nothing and are not here.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from openstack import exceptions
from openstack.connection import Connection

from infra.datacenter.remainders import remove_lost_gateways
from infra.fleet.ownership import Trace, is_proven
from infra.fleet.state import State

_PATIENCE = 120  # seconds for a server or a balancer to go
_EVERYWHERE = {"X-Auth-All-Projects": "true"}
_ZONES_OWN = {"NS", "SOA"}
_ROUTER = "openstack:networking/router:Router"


@dataclass(frozen=True)
class Kind:
    """How things of one type are found and removed. ``word`` is what people call them.

    Without ``remove`` nothing can be proven about them (no mark of ours, no date): they are only told. ``dated``: see
    `is_proven`.
    """

    word: str
    find: Callable[[Connection, Trace], Iterable[Any]]
    remove: Callable[[Connection, Any, Trace], object] | None = None
    dated: bool = False


@dataclass(frozen=True)
class Leftovers:
    """What was ``removed``, and what was ``left`` to a person, as people call it."""

    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def remove(cloud: Connection, creates: Collection[Mapping[str, Any]], state: State) -> Leftovers:
    """Remove what interrupted creates have left. Repeatable.

    Args:
        cloud: the administrator's connection.
        creates: each with ``type``, ``inputs``, ``provider`` (a reference ``<urn>::<id>``), as in a state, and
            ``since``, the start of its run in seconds since 1970 or None.
        state: what the stack knows; nothing in it is touched.

    Raises:
        openstack.exceptions.SDKException: a service did not answer or refused.
    """
    known = frozenset(part for entry in state.resources for part in _identities(str(entry.get("id") or "")))
    done = Leftovers()
    # dependants come after what they depend on, in the order of creation; so they go first
    for create in reversed(list(creates)):
        kind = KINDS.get(create["type"])
        if kind is None:
            continue
        try:
            # of the same type: a router's interface has the id of its port, which may well be in the state
            made = {str(entry.get("id")) for entry in state.resources if entry["type"] == create["type"]}
            recorded = {part for identity in made for part in _identities(identity)}
            _clear(cloud, kind, _trace(cloud, create, state, known), recorded, done)
        except exceptions.NotFoundException:
            continue  # what it stood in is gone too
    if any(create["type"] == _ROUTER for create in creates):
        done.removed.extend(remove_lost_gateways(cloud))
    return done


def _clear(cloud: Connection, kind: Kind, trace: Trace, recorded: set[str], done: Leftovers) -> None:
    found = [each for each in kind.find(cloud, trace) if str(each.id) not in recorded]
    named = {str(each.id): f"{kind.word} {getattr(each, 'name', None) or each.id}" for each in found}
    if kind.remove and len(found) == 1 and is_proven(found[0], trace, dated=kind.dated):
        try:
            kind.remove(cloud, found[0], trace)
        except exceptions.ConflictException:
            pass  # somebody uses it
        else:
            done.removed.extend(named.values())
            return
    done.left.extend(f"{name} ({identity})" if identity not in name else name for identity, name in named.items())


def _identities(text: str) -> set[str]:
    return {text, text.rpartition("/")[2]} - {""}


def _trace(cloud: Connection, create: Mapping[str, Any], state: State, known: frozenset[str]) -> Trace:
    """The project and the user that the create's provider is scoped to; the administrator's own if it says none."""
    urn, _, _ = str(create.get("provider") or "").rpartition("::")
    made_with = next((entry.get("inputs") or {} for entry in state.resources if entry["urn"] == urn), {})
    inputs = create.get("inputs") or {}
    project = inputs.get("tenantId") or inputs.get("projectId") or made_with.get("tenantId") or cloud.current_project_id
    user = str(cloud.current_user_id)
    if name := made_with.get("userName"):
        user = next((u.id for u in cloud.identity.users(name=name, domain_id=made_with.get("userDomainId"))), "")
    return Trace(inputs=inputs, project=str(project), user=user, since=create.get("since"), own=known)


def _servers(cloud: Connection, trace: Trace) -> Iterator[Any]:
    exact = f"^{re.escape(trace.text('name'))}$"
    yield from cloud.compute.servers(all_projects=True, project_id=trace.project, name=exact)


def _remove_server(cloud: Connection, server: Any, _: Trace) -> None:  # noqa: ANN401
    cloud.compute.delete_server(server)
    cloud.compute.wait_for_delete(server, interval=1, wait=_PATIENCE)


def _server_groups(cloud: Connection, trace: Trace) -> Iterator[Any]:
    for group in cloud.compute.server_groups(all_projects=True):
        if group.name == trace.text("name") and group.project_id == trace.project and not group.member_ids:
            yield group


def _key_pairs(cloud: Connection, trace: Trace) -> Iterator[Any]:
    """With their dates, which a listing leaves out; one with another key is another's."""
    owner = _of_user(cloud, trace).get("user_id")
    for listed in cloud.compute.keypairs(**_of_user(cloud, trace)):
        if listed.name == trace.text("name"):
            pair = cloud.compute.get_keypair(listed.name, user_id=owner)
            if (pair.public_key or "").split()[:2] == trace.text("publicKey").split()[:2]:
                yield pair


def _remove_key_pair(cloud: Connection, pair: Any, trace: Trace) -> None:  # noqa: ANN401
    cloud.compute.delete_keypair(pair.name, user_id=_of_user(cloud, trace).get("user_id"))


def _of_user(cloud: Connection, trace: Trace) -> dict[str, str]:
    return {} if trace.user == cloud.current_user_id else {"user_id": trace.user}


def _attachments(cloud: Connection, trace: Trace) -> Iterator[Any]:
    for attachment in cloud.compute.volume_attachments(trace.text("instanceId")):
        if attachment.volume_id == trace.text("volumeId"):
            yield attachment


def _detach(cloud: Connection, attachment: Any, trace: Trace) -> None:  # noqa: ANN401
    cloud.compute.delete_volume_attachment(trace.text("instanceId"), attachment.volume_id)
    volume = cloud.block_storage.get_volume(attachment.volume_id)
    cloud.block_storage.wait_for_status(volume, "available", ["error"], interval=1, wait=_PATIENCE)


def _volumes(cloud: Connection, trace: Trace) -> Iterator[Any]:
    """Never an attached one: that one holds data."""
    for volume in cloud.block_storage.volumes(all_projects=True, project_id=trace.project, name=trace.text("name")):
        if not volume.attachments:
            yield volume


def _flavors(cloud: Connection, trace: Trace) -> Iterator[Any]:
    yield from (each for each in cloud.compute.flavors(is_public=None) if each.name == trace.text("name"))


def _volume_types(cloud: Connection, trace: Trace) -> Iterator[Any]:
    yield from (each for each in cloud.block_storage.types(is_public=None) if each.name == trace.text("name"))


def _network(listed: str) -> Callable[[Connection, Trace], Iterable[Any]]:
    return lambda cloud, trace: getattr(cloud.network, listed)(name=trace.text("name"), project_id=trace.project)


def _rules(cloud: Connection, trace: Trace) -> Iterator[Any]:
    wanted = {
        "direction": trace.text("direction"),
        "ether_type": trace.text("ethertype"),
        "protocol": trace.text("protocol") or None,
        "port_range_min": trace.inputs.get("portRangeMin") or None,
        "port_range_max": trace.inputs.get("portRangeMax") or None,
        "remote_group_id": trace.text("remoteGroupId") or None,
        "remote_ip_prefix": trace.text("remoteIpPrefix") or None,
    }
    for rule in cloud.network.security_group_rules(security_group_id=trace.text("securityGroupId")):
        if all((getattr(rule, key) or None) == value for key, value in wanted.items()):
            yield rule


def _interfaces(cloud: Connection, trace: Trace) -> Iterator[Any]:
    for port in cloud.network.ports(device_id=trace.text("routerId")):
        on_subnet = trace.text("subnetId") in {fixed["subnet_id"] for fixed in port.fixed_ips}
        if port.id == trace.text("portId") or (not trace.text("portId") and on_subnet):
            yield port


def _remove_interface(cloud: Connection, port: Any, trace: Trace) -> None:  # noqa: ANN401
    by = {"port_id": port.id} if trace.text("portId") else {"subnet_id": trace.text("subnetId")}
    answer = cloud.network.put(f"/routers/{trace.text('routerId')}/remove_router_interface", json=by)
    exceptions.raise_from_response(answer)


def _addresses(cloud: Connection, trace: Trace) -> Iterator[Any]:
    """The one at the create's own port; or a free one, if its tags say that it is this tenant's."""
    tags = set(trace.inputs.get("tags") or ())
    of_tenant = any(tag.startswith("tenant=") for tag in tags)
    for address in cloud.network.ips(project_id=trace.project):
        at_port = address.port_id and address.port_id == trace.text("portId")
        if at_port or (not address.port_id and of_tenant and set(address.tags or ()) == tags):
            yield address


def _limits(cloud: Connection, trace: Trace) -> Iterable[Any]:
    return cloud.network.qos_bandwidth_limit_rules(trace.text("qosPolicyId"))


_ROLE_FILTERS = {"groups": "group_id", "projects": "scope_project_id", "users": "user_id"}


def _identity(listed: str) -> Callable[[Connection, Trace], Iterable[Any]]:
    def find(cloud: Connection, trace: Trace) -> Iterator[Any]:
        domain = {"domain_id": trace.text("domainId")} if trace.text("domainId") else {}
        identity: Any = cloud.identity
        for found in getattr(identity, listed)(name=trace.text("name"), **domain):
            scope = {_ROLE_FILTERS[listed]: found.id}
            members = identity.group_users(found) if listed == "groups" else ()
            if not [*identity.role_assignments(**scope), *members]:  # what has some is in use
                yield found

    return find


def _remove_identity(thing: str) -> Callable[[Connection, Any, Trace], object]:
    return lambda cloud, found, _: getattr(cloud.identity, f"delete_{thing}")(found)


def _balancing(listed: str) -> Callable[[Connection, Trace], Iterable[Any]]:
    return lambda cloud, trace: getattr(cloud.load_balancer, listed)(name=trace.text("name"), project_id=trace.project)


def _members(cloud: Connection, trace: Trace) -> Iterator[Any]:
    for member in cloud.load_balancer.members(trace.text("poolId")):
        asked = (trace.text("address"), trace.inputs.get("protocolPort"))
        if (member.address, member.protocol_port) == asked:
            yield member


def _remove_balancer(cloud: Connection, balancer: Any, _: Trace) -> None:  # noqa: ANN401
    cloud.load_balancer.wait_for_load_balancer(balancer.id, failures=[], interval=1, wait=_PATIENCE)
    cloud.load_balancer.delete_load_balancer(balancer, cascade=True)
    cloud.load_balancer.wait_for_delete(balancer, interval=1, wait=_PATIENCE)


def _zones(cloud: Connection, trace: Trace) -> Iterator[Any]:
    """One with records is in use, and is not touched."""
    for zone in cloud.dns.zones(name=trace.text("name")):
        if all(record.type in _ZONES_OWN for record in cloud.dns.recordsets(zone)):
            yield zone


def _records(cloud: Connection, trace: Trace) -> Iterator[Any]:
    listed = cloud.dns.get(f"/zones/{trace.text('zoneId')}/recordsets", headers=_EVERYWHERE)
    exceptions.raise_from_response(listed)
    for record in listed.json()["recordsets"]:
        if (record["name"], record["type"]) == (trace.text("name"), trace.text("type")):
            yield _Plain(record["id"], record["name"], record.get("created_at"))


def _shares(cloud: Connection, trace: Trace) -> Iterator[Any]:
    listed = cloud.dns.get(f"/zones/{trace.text('zoneId')}/shares", headers=_EVERYWHERE)
    exceptions.raise_from_response(listed)
    for share in listed.json()["shared_zones"]:
        if share["target_project_id"] == trace.text("targetProjectId"):
            yield _Plain(share["id"], "of a zone", share.get("created_at"))


def _remove_from_zone(part: str) -> Callable[[Connection, Any, Trace], object]:
    def delete(cloud: Connection, found: Any, trace: Trace) -> None:  # noqa: ANN401
        answer = cloud.dns.delete(f"/zones/{trace.text('zoneId')}/{part}/{found.id}", headers=_EVERYWHERE)
        exceptions.raise_from_response(answer)

    return delete


@dataclass(frozen=True)
class _Plain:
    id: str
    name: str
    created_at: str | None


KINDS: Mapping[str, Kind] = {
    "openstack:blockstorage/volume:Volume": Kind("volume", _volumes, lambda c, v, _: c.block_storage.delete_volume(v)),
    "openstack:blockstorage/volumeTypeV3:VolumeTypeV3": Kind("volume type", _volume_types),
    "openstack:compute/flavor:Flavor": Kind("flavor", _flavors),
    "openstack:compute/instance:Instance": Kind("server", _servers, _remove_server),
    "openstack:compute/keypair:Keypair": Kind("key pair", _key_pairs, _remove_key_pair, dated=True),
    "openstack:compute/serverGroup:ServerGroup": Kind(
        "server group", _server_groups, lambda c, g, _: c.compute.delete_server_group(g)
    ),
    "openstack:compute/volumeAttach:VolumeAttach": Kind("attachment", _attachments, _detach),
    "openstack:dns/recordSet:RecordSet": Kind("record", _records, _remove_from_zone("recordsets")),
    "openstack:dns/zone:Zone": Kind("zone", _zones, lambda c, z, _: c.dns.delete_zone(z), dated=True),
    "openstack:dns/zoneShareV2:ZoneShareV2": Kind("share", _shares, _remove_from_zone("shares")),
    "openstack:identity/groupV3:GroupV3": Kind("group", _identity("groups"), _remove_identity("group")),
    "openstack:identity/project:Project": Kind("project", _identity("projects"), _remove_identity("project")),
    "openstack:identity/user:User": Kind("user", _identity("users"), _remove_identity("user")),
    "openstack:images/image:Image": Kind(
        "image", lambda c, t: c.image.images(name=t.text("name")), lambda c, i, _: c.image.delete_image(i)
    ),
    "openstack:loadbalancer/listener:Listener": Kind(
        "listener", _balancing("listeners"), lambda c, x, _: c.load_balancer.delete_listener(x)
    ),
    "openstack:loadbalancer/loadBalancer:LoadBalancer": Kind(
        "load balancer", _balancing("load_balancers"), _remove_balancer
    ),
    "openstack:loadbalancer/member:Member": Kind(
        "member", _members, lambda c, m, t: c.load_balancer.delete_member(m, t.text("poolId"))
    ),
    "openstack:loadbalancer/monitor:Monitor": Kind(
        "health monitor", _balancing("health_monitors"), lambda c, m, _: c.load_balancer.delete_health_monitor(m)
    ),
    "openstack:loadbalancer/pool:Pool": Kind(
        "pool", _balancing("pools"), lambda c, p, _: c.load_balancer.delete_pool(p)
    ),
    "openstack:networking/floatingIp:FloatingIp": Kind(
        "floating address", _addresses, lambda c, a, _: c.network.delete_ip(a)
    ),
    "openstack:networking/network:Network": Kind(
        "network", _network("networks"), lambda c, n, _: c.network.delete_network(n)
    ),
    "openstack:networking/port:Port": Kind("port", _network("ports"), lambda c, p, _: c.network.delete_port(p)),
    "openstack:networking/qosBandwidthLimitRule:QosBandwidthLimitRule": Kind(
        "bandwidth limit",
        _limits,
        lambda c, r, t: c.network.delete_qos_bandwidth_limit_rule(r, t.text("qosPolicyId")),
    ),
    "openstack:networking/qosPolicy:QosPolicy": Kind(
        "QoS policy", _network("qos_policies"), lambda c, q, _: c.network.delete_qos_policy(q), dated=True
    ),
    _ROUTER: Kind("router", _network("routers"), lambda c, r, _: c.network.delete_router(r)),
    "openstack:networking/routerInterface:RouterInterface": Kind("router interface", _interfaces, _remove_interface),
    "openstack:networking/secGroup:SecGroup": Kind(
        "security group", _network("security_groups"), lambda c, g, _: c.network.delete_security_group(g)
    ),
    "openstack:networking/secGroupRule:SecGroupRule": Kind(
        "rule", _rules, lambda c, r, _: c.network.delete_security_group_rule(r)
    ),
    "openstack:networking/subnet:Subnet": Kind(
        "subnet", _network("subnets"), lambda c, s, _: c.network.delete_subnet(s)
    ),
}
