"""The same rules over what a program declares: no line of code may build what no request may ask for.

Judged on plain data: a resource's type, its inputs by their names in Python (``remote_ip_prefix``), whether it is
protected. A value that is not known yet is `UNKNOWN`: it is judged when it is known, and until then refuses nothing.
`infra.datacenter.guard` turns declared resources into this data. Every input has its rule in `infra.policy.inputs`'
tables; here are the rules over several inputs of one resource.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from infra.intake.findings import Finding, Place
from infra.policy import types
from infra.policy.bounds import UNKNOWN, Bounds, Declared
from infra.policy.inputs import Refusals, Row, as_range, in_ranges, is_false, refusals
from infra.policy.national import has_host, host_of
from infra.policy.tenant_inputs import INPUTS


def judge_resource(declared: Declared, within: Bounds) -> list[Finding]:
    """What is refused of a declared resource of a tenant's stack, as far as its inputs are known."""
    return judged(declared, within, INPUTS, _TOGETHER)


Together = Mapping[str, Callable[[Declared, Any], Refusals]]
"""By type, the rules over several inputs."""


def judged(declared: Declared, within: Any, inputs: Mapping[str, Row], together: Together) -> list[Finding]:  # noqa: ANN401
    """What is refused of a declared resource, by the tables of its kind of stack; ``within`` has a ``file``."""
    about, place = {"name": declared.name, "type": declared.type}, Place(within.file)
    return [Finding(code, place, about | told) for code, told in _refused(declared, within, inputs, together)]


def _refused(declared: Declared, within: object, inputs: Mapping[str, Row], together: Together) -> Refusals:
    if declared.type.startswith(types.COMPONENTS):
        return
    if declared.existing is not None:
        yield "RESOURCE-EXISTING", {"found": declared.existing}
    if declared.type not in inputs:
        yield "RESOURCE-TYPE", {}
        return
    yield from refusals(inputs[declared.type], declared.inputs, declared, within)
    if declared.type in together:
        yield from together[declared.type](declared, within)


def _group_rule(declared: Declared, within: Bounds) -> Refusals:
    """Ingress from outside the site only to ports that are published; egress only where the request leads."""
    inputs = declared.inputs
    remote, group = inputs.get("remote_ip_prefix"), inputs.get("remote_group_id")
    if remote is UNKNOWN or inputs.get("direction") is UNKNOWN or (remote is None and group is not None):
        return
    shown = str(remote) if remote else "0.0.0.0/0"
    if inputs.get("remote_address_group_id") is not None:
        yield "RESOURCE-ADDRESS-GROUP", {}
    elif inputs.get("direction") == "egress":
        if not in_ranges(remote, (within.inside, *within.egress)):
            yield "RESOURCE-EGRESS", {"found": shown}
    elif not in_ranges(remote, (within.inside,)) and not _open(inputs, within):
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


def judge_group(declared: Declared, _: object) -> Refusals:
    """A group is born empty: the rules that Neutron would give it let everything out."""
    if declared.inputs.get("delete_default_rules") not in (True, UNKNOWN):
        yield "RESOURCE-GROUP", {}


def _address(declared: Declared, _: Bounds) -> Refusals:
    """A public address is bound to the port that came with one of the program's load balancers."""
    if declared.sources is None:
        return
    port = declared.inputs.get("port_id")
    if declared.sources.get("port_id", frozenset()) != {types.BALANCER} or (
        port is not UNKNOWN and port not in declared.own.get(types.BALANCERS_PORT, ())
    ):
        yield "RESOURCE-ADDRESS", {}


def _port_security(declared: Declared, _: object) -> Refusals:
    if is_false(declared.inputs.get("port_security_enabled")):
        yield "RESOURCE-PORT-SECURITY", {}


def _port(declared: Declared, within: Bounds) -> Refusals:
    """A port has its own addresses, and in a shared network the one that the register gave.

    It answers for no whole range (a single address that servers share is fine).
    """
    yield from _port_security(declared, within)
    for pair in _mappings(declared.inputs.get("allowed_address_pairs")):
        text = pair.get("ip_address")
        block = None if text is None or text is UNKNOWN else as_range(text)
        if text is not UNKNOWN and (block is None or block.size > 1):
            yield "RESOURCE-ADDRESS-PAIR", {"found": str(text)}
    fixed, network = list(_mappings(declared.inputs.get("fixed_ips"))), declared.inputs.get("network_id")
    if network in within.shared and not fixed and declared.inputs.get("fixed_ips") is not UNKNOWN:
        yield "RESOURCE-FOREIGN", {"input": "network_id", "found": str(network), "accepted": ""}
    for entry in fixed:
        subnet, address = entry.get("subnet_id"), entry.get("ip_address")
        given = within.shared_subnets.get(subnet) if isinstance(subnet, str) else None
        if given and address not in (given, UNKNOWN):
            yield "RESOURCE-FOREIGN", {"input": "fixed_ips.ip_address", "found": str(address), "accepted": given}
        elif network in within.shared and not given and subnet is not UNKNOWN:
            yield "RESOURCE-FOREIGN", {"input": "fixed_ips.subnet_id", "found": str(subnet), "accepted": ""}


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    for each in value if isinstance(value, list | tuple) else ():
        if isinstance(each, Mapping):
            yield each


def judge_routes(declared: Declared, within: Any) -> Refusals:  # noqa: ANN401  bounds with routes
    """A tenant's routes lead to the site's services, and to the tenants that its flows name; the site's to blocks."""
    for route in _mappings(declared.inputs.get("routes")):
        found = (route.get("destination_cidr"), route.get("next_hop"))
        if UNKNOWN not in found and found not in within.routes:
            yield "RESOURCE-FOREIGN", {"input": "routes", "found": " > ".join(map(str, found)), "accepted": ""}


def _server(declared: Declared, within: Bounds) -> Refusals:
    """Disks come from images; where the classification encrypts, the root disk is a volume of a type that encrypts."""
    devices = declared.inputs.get("block_devices")
    if devices is UNKNOWN:
        return
    listed, encrypting = list(_mappings(devices)), within.encrypting
    if encrypting is not None and not any(each.get("boot_index") in (0, UNKNOWN) for each in listed):
        yield "RESOURCE-BOOT-VOLUME", {}
    for each in listed:
        found, kind = each.get("destination_type"), each.get("volume_type")
        local = encrypting is not None and found not in ("volume", UNKNOWN)
        if local or each.get("source_type") not in ("image", "blank", UNKNOWN):
            yield "RESOURCE-BOOT-VOLUME", {}
        elif encrypting is not None and kind is not UNKNOWN and kind not in encrypting:
            yield "RESOURCE-UNENCRYPTED", {"found": str(kind), "accepted": _listed(encrypting)}


def _volume(declared: Declared, within: Bounds) -> Refusals:
    kind = declared.inputs.get("volume_type")
    if within.encrypting is not None and kind is not UNKNOWN and kind not in within.encrypting:
        yield "RESOURCE-UNENCRYPTED", {"found": str(kind), "accepted": _listed(within.encrypting)}
    yield from _protected(declared)


def _protected(declared: Declared) -> Refusals:
    if not declared.protect:
        yield "RESOURCE-UNPROTECTED", {}


def _bucket(declared: Declared, _: Bounds) -> Refusals:
    """No access list (whoever enters is in the request's groups), and no copy to another cluster."""
    for key in ("container_read", "container_write"):
        if (said := declared.inputs.get(key)) and said is not UNKNOWN:
            yield "RESOURCE-PUBLIC-BUCKET", {"found": str(said)}
    if declared.inputs.get("container_sync_to"):
        yield "RESOURCE-BUCKET-COPY", {}
    yield from _protected(declared)


def _record(declared: Declared, within: Bounds) -> Refusals:
    name = declared.inputs.get("name")
    if name is not UNKNOWN:
        plain = str(name).lower().rstrip(".")
        if plain != within.zone and not plain.endswith(f".{within.zone}"):
            yield "RESOURCE-ZONE", {"found": str(name), "zone": within.zone}
    yield from _zone_of(declared, within)


def _zone_of(declared: Declared, within: Bounds) -> Refusals:
    zone_id = declared.inputs.get("zone_id")
    if zone_id is not UNKNOWN and zone_id not in within.zones:
        yield "RESOURCE-ZONE", {"found": str(zone_id), "zone": within.zone}


def _listener(declared: Declared, within: Bounds) -> Refusals:
    port = declared.inputs.get("protocol_port")
    if port is not UNKNOWN and port not in within.listens:
        yield "RESOURCE-LISTENER", {"found": str(port), "accepted": _listed(map(str, sorted(within.listens)))}


def _provider(declared: Declared, within: Bounds) -> Refusals:
    """The cloud is the site's, and in the country."""
    url = declared.inputs.get("auth_url")
    if isinstance(url, str) and (
        url not in within.auth_urls
        or (within.national is not None and not has_host(within.national, host_of(url) or ""))
    ):
        yield "RESOURCE-CLOUD", {"found": url}


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "—"


_TOGETHER: Together = {
    types.PROVIDER: _provider,
    types.VOLUME: _volume,
    types.SERVER: _server,
    types.RECORD: _record,
    types.ZONE_SHARE: _zone_of,
    types.LISTENER: _listener,
    types.ADDRESS: _address,
    types.NETWORK: _port_security,
    types.PORT: _port,
    types.ROUTES: judge_routes,
    types.SECURITY_GROUP: judge_group,
    types.RULE: _group_rule,
    types.BUCKET: _bucket,
}
