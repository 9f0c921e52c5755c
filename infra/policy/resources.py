"""The same rules over what a program declares: no line of code may build what no request may ask for.

Judged on plain data: a resource's type, its inputs by their names in Python (``remote_ip_prefix``), whether it is
protected. A value that is not known yet is `UNKNOWN`: it is judged when it is known, and until then refuses nothing.
`infra.datacenter.guard` turns declared resources into this data.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netaddr import AddrFormatError, IPNetwork

from infra.intake.findings import Finding, Place
from infra.model.classification import Classification
from infra.model.country import Country, NationalList
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan.firewall import METADATA_SERVICE
from infra.policy.national import has_host, host_of

COMPONENTS = "joliba:datacenter:"
PROVIDER = "pulumi:providers:openstack"
BALANCER = "openstack:loadbalancer/loadBalancer:LoadBalancer"
_UNJUDGED = frozenset(
    f"openstack:{module}/{name[:1].lower()}{name[1:]}:{name}"
    for module, names in {
        "blockstorage": ("QuoteSetV3",),
        "compute": ("Keypair", "QuotaSetV2", "ServerGroup", "VolumeAttach"),
        "dns": ("QuotaV2",),
        "identity": ("GroupV3", "Project", "User"),
        "loadbalancer": ("LoadBalancer", "Member", "Monitor", "Pool", "Quota"),
        "networking": ("QuotaV2", "Router", "RouterInterface", "RouterRoutesV2", "Subnet"),
    }.items()
    for name in names
)
"""Types of a tenant's stack that need no rule of their own."""


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()
"""A value that is not known yet: an id of what is not made, anything of a preview's new resources."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A declared resource.

    ``sources``: for each input that comes from other resources, their types; None as long as that is not known.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    protect: bool = False
    sources: Mapping[str, frozenset[str]] | None = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a tenant's resources may be, as its accepted request and its country's policy say.

    ``open_ports`` may be reached from outside the site, ``listens`` are its balancers' ports, ``egress`` where
    connections may lead, ``inside`` the site's own range. ``encrypting`` are the volume types that it must use, None if
    any will do; ``roles`` ids of roles that it may grant; ``national`` where its cloud may be, None for a lab's.
    """

    file: str
    zone: str
    zone_id: str
    inside: IPNetwork
    open_ports: frozenset[int]
    listens: frozenset[int]
    egress: tuple[IPNetwork, ...]
    encrypting: frozenset[str] | None
    roles: frozenset[str]
    national: NationalList | None


def bounds(tenant: Tenant, site: Site, country: Country, *, zone_id: str, roles: Mapping[str, str]) -> Bounds:
    """The bounds of an accepted request. ``zone_id`` and ``roles`` (ids by name) come from the site's foundation."""
    published = [entry for platform in tenant.platforms.values() for entry in platform.publish.values()]
    health = tenant.data.health and country.policy.health.encrypted
    personal = tenant.data.personal and country.policy.personal.encrypted
    encrypts = Classification(tenant.classification).encrypts or health or personal
    return Bounds(
        file=f"inventories/{site.name}/tenants/{tenant.name}.yaml",
        zone=site.zone(tenant.name),
        zone_id=zone_id,
        inside=site.addresses.supernet,
        open_ports=frozenset(entry.port for entry in published) & frozenset(country.policy.published_ports),
        listens=frozenset(entry.listen for entry in published),
        egress=(METADATA_SERVICE, *(rule.to for rule in tenant.egress)),
        encrypting=frozenset(name for name, kind in site.volume_types.items() if kind.encryption) if encrypts else None,
        roles=frozenset(roles.values()),
        national=None if site.cloud == "lab" else country.policy.national,
    )


def judge_resource(declared: Declared, within: Bounds) -> list[Finding]:
    """What is refused of a declared resource of a tenant's stack, as far as its inputs are known."""
    judge = _JUDGES.get(declared.type, _unknown)
    found = judge(declared, within)
    place = Place(within.file)
    about = {"name": declared.name, "type": declared.type}
    return [Finding(code, place, about | told) for code, told in found]


_Refusals = Iterator[tuple[str, dict[str, str]]]


def _unknown(declared: Declared, _: Bounds) -> _Refusals:
    if declared.type not in _UNJUDGED and not declared.type.startswith(COMPONENTS):
        yield "RESOURCE-TYPE", {}


def _range(text: object) -> IPNetwork | None:
    try:
        return IPNetwork(text)
    except (AddrFormatError, ValueError, TypeError):
        return None


def _within(text: object, ranges: tuple[IPNetwork, ...]) -> bool:
    found = _range(text)
    return found is not None and any(
        found.version == block.version and block.first <= found.first and found.last <= block.last for block in ranges
    )


def _group_rule(declared: Declared, within: Bounds) -> _Refusals:
    """Ingress from outside the site only to ports that are published; egress only where the request leads."""
    inputs = declared.inputs
    remote, group = inputs.get("remote_ip_prefix"), inputs.get("remote_group_id")
    if remote is UNKNOWN or inputs.get("direction") is UNKNOWN or (remote is None and group is not None):
        return
    shown = str(remote) if remote else "0.0.0.0/0"
    if inputs.get("remote_address_group_id") is not None:
        yield "RESOURCE-ADDRESS-GROUP", {}
    elif inputs.get("direction") == "egress":
        if not _within(remote, (within.inside, *within.egress)):
            yield "RESOURCE-EGRESS", {"found": shown}
    elif not _within(remote, (within.inside,)) and not _open(inputs, within):
        accepted = ", ".join(str(port) for port in sorted(within.open_ports)) or "—"
        yield "RESOURCE-INGRESS", {"found": shown, "ports": _ports(inputs), "accepted": accepted}


def _open(inputs: Mapping[str, Any], within: Bounds) -> bool:
    first, last = inputs.get("port_range_min"), inputs.get("port_range_max")
    if UNKNOWN in (first, last, inputs.get("protocol")):
        return True  # judged when known
    if inputs.get("protocol") != "tcp" or not isinstance(first, int | float) or not isinstance(last, int | float):
        return False
    opened = range(int(first), int(last) + 1)  # numbers of outputs arrive as decimal ones
    return 0 < len(opened) <= len(within.open_ports) and within.open_ports.issuperset(opened)


def _ports(inputs: Mapping[str, Any]) -> str:
    first, last = inputs.get("port_range_min"), inputs.get("port_range_max")
    ports = "*" if not first else str(first) if first == last else f"{first}-{last}"
    return f"{ports}/{inputs.get('protocol') or '*'}"


def _group(declared: Declared, _: Bounds) -> _Refusals:
    """A group is born empty: the rules that Neutron would give it let everything out."""
    if declared.inputs.get("delete_default_rules") not in (True, UNKNOWN):
        yield "RESOURCE-GROUP", {}


def _address(declared: Declared, _: Bounds) -> _Refusals:
    if declared.sources is None:
        return
    if declared.sources.get("port_id", frozenset()) != {BALANCER}:
        yield "RESOURCE-ADDRESS", {}


def _network(declared: Declared, _: Bounds) -> _Refusals:
    """A tenant's network is its own: neither shared, nor external, nor a segment of the site."""
    for key in ("external", "shared"):
        if _true(declared.inputs.get(key)):
            yield "RESOURCE-NETWORK", {"found": f"{key}=True"}
    for key in ("segments", "value_specs"):
        if declared.inputs.get(key):
            yield "RESOURCE-NETWORK", {"found": key}
    yield from _port_security(declared)


def _port_security(declared: Declared) -> _Refusals:
    if _false(declared.inputs.get("port_security_enabled")):
        yield "RESOURCE-PORT-SECURITY", {}


def _port(declared: Declared, _: Bounds) -> _Refusals:
    """A port answers for its own addresses: no pair is a whole range (a single address that servers share is fine)."""
    yield from _port_security(declared)
    if declared.inputs.get("value_specs"):
        yield "RESOURCE-NETWORK", {"found": "value_specs"}
    pairs = declared.inputs.get("allowed_address_pairs")
    for pair in pairs if isinstance(pairs, list | tuple) else ():
        text = pair.get("ip_address") if isinstance(pair, Mapping) else None
        block = None if text is None or text is UNKNOWN else _range(text)
        if text is not UNKNOWN and (block is None or block.size > 1):
            yield "RESOURCE-ADDRESS-PAIR", {"found": str(text)}


def _server(declared: Declared, within: Bounds) -> _Refusals:
    """The root disk is a volume, made from an image, of a type that encrypts where the classification encrypts."""
    if within.encrypting is None:
        return
    devices = declared.inputs.get("block_devices")
    if devices is UNKNOWN:
        return
    listed = [each for each in devices or () if isinstance(each, Mapping)]
    if not any(each.get("boot_index") in (0, UNKNOWN) for each in listed):
        yield "RESOURCE-BOOT-VOLUME", {}
    for each in listed:
        found, kind = each.get("destination_type"), each.get("volume_type")
        if found not in ("volume", UNKNOWN) or each.get("source_type") not in ("image", "blank", UNKNOWN):
            yield "RESOURCE-BOOT-VOLUME", {}
        elif kind is not UNKNOWN and kind not in within.encrypting:
            yield "RESOURCE-UNENCRYPTED", {"found": str(kind), "accepted": _listed(within.encrypting)}


def _volume(declared: Declared, within: Bounds) -> _Refusals:
    kind = declared.inputs.get("volume_type")
    if within.encrypting is not None and kind is not UNKNOWN and kind not in within.encrypting:
        yield "RESOURCE-UNENCRYPTED", {"found": str(kind), "accepted": _listed(within.encrypting)}
    yield from _protected(declared)


def _protected(declared: Declared) -> _Refusals:
    if not declared.protect:
        yield "RESOURCE-UNPROTECTED", {}


def _bucket(declared: Declared, _: Bounds) -> _Refusals:
    """No access for everyone (``.r:*``, ``*:*``) and no copy to another cluster."""
    for key in ("container_read", "container_write"):
        said = declared.inputs.get(key)
        if isinstance(said, str) and any(word in said for word in (".r:", ".referrer:", ".rlistings", "*")):
            yield "RESOURCE-PUBLIC-BUCKET", {"found": said}
    if declared.inputs.get("container_sync_to"):
        yield "RESOURCE-BUCKET-COPY", {}
    yield from _protected(declared)


def _role(declared: Declared, within: Bounds) -> _Refusals:
    role = declared.inputs.get("role_id")
    if role is not UNKNOWN and role not in within.roles:
        yield "RESOURCE-ROLE", {"found": str(role)}
    if declared.inputs.get("domain_id") is not None:
        yield "RESOURCE-ROLE", {"found": "domain_id"}


def _record(declared: Declared, within: Bounds) -> _Refusals:
    name, zone_id = declared.inputs.get("name"), declared.inputs.get("zone_id")
    if name is not UNKNOWN:
        plain = str(name).lower().rstrip(".")
        if plain != within.zone and not plain.endswith(f".{within.zone}"):
            yield "RESOURCE-ZONE", {"found": str(name), "zone": within.zone}
    if zone_id not in (UNKNOWN, within.zone_id):
        yield "RESOURCE-ZONE", {"found": str(zone_id), "zone": within.zone}


def _zone_share(declared: Declared, within: Bounds) -> _Refusals:
    zone_id = declared.inputs.get("zone_id")
    if zone_id not in (UNKNOWN, within.zone_id):
        yield "RESOURCE-ZONE", {"found": str(zone_id), "zone": within.zone}


def _listener(declared: Declared, within: Bounds) -> _Refusals:
    port = declared.inputs.get("protocol_port")
    if port is not UNKNOWN and port not in within.listens:
        yield "RESOURCE-LISTENER", {"found": str(port), "accepted": _listed(map(str, sorted(within.listens)))}


def _provider(declared: Declared, within: Bounds) -> _Refusals:
    """The cloud is in the country, and known by its certificate."""
    url = declared.inputs.get("auth_url")
    if within.national is not None and isinstance(url, str) and not has_host(within.national, host_of(url) or ""):
        yield "RESOURCE-CLOUD", {"found": url}
    if _true(declared.inputs.get("insecure")):
        yield "RESOURCE-INSECURE", {}


def _true(value: object) -> bool:
    """Providers take a truth value as a text, too."""
    return value is True or (isinstance(value, str) and value.lower() in {"true", "1"})


def _false(value: object) -> bool:
    return value is False or (isinstance(value, str) and value.lower() in {"false", "0"})


def _listed(words: Iterator[str] | frozenset[str]) -> str:
    return ", ".join(sorted(words)) or "—"


_JUDGES: Mapping[str, Callable[[Declared, Bounds], _Refusals]] = {
    PROVIDER: _provider,
    "openstack:blockstorage/volume:Volume": _volume,
    "openstack:compute/instance:Instance": _server,
    "openstack:dns/recordSet:RecordSet": _record,
    "openstack:dns/zoneShareV2:ZoneShareV2": _zone_share,
    "openstack:identity/roleAssignment:RoleAssignment": _role,
    "openstack:loadbalancer/listener:Listener": _listener,
    "openstack:networking/floatingIp:FloatingIp": _address,
    "openstack:networking/network:Network": _network,
    "openstack:networking/port:Port": _port,
    "openstack:networking/secGroup:SecGroup": _group,
    "openstack:networking/secGroupRule:SecGroupRule": _group_rule,
    "openstack:objectstorage/container:Container": _bucket,
}
