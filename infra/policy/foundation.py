"""What the resources of a site's foundation may be: what the site's file and the register say, within the country."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from netaddr import IPNetwork

from infra.intake.findings import Finding
from infra.model.country import Country, NationalList
from infra.model.register import Register
from infra.model.site import Site
from infra.plan import routing
from infra.plan.firewall import BROADCAST
from infra.policy import types
from infra.policy.bounds import UNKNOWN, Declared
from infra.policy.inputs import LABEL, TOGETHER, Judged, Refusals, Row, among, in_ranges, never, own
from infra.policy.national import has_host, host_of
from infra.policy.resources import Together, judge_group, judge_routes, judged

_SITES = "a number of the site's own file, which requests only name"
_CHOICE = "a choice of how it works within the site"
SSH = 22


@dataclass(frozen=True, kw_only=True)
class FoundationBounds:
    """What a foundation's resources may be.

    From the site's file: ``clouds``, ``regions``, the ``domains``' name, ``flavors``, ``volume_types``, ``limits`` of
    bandwidth and ``versions`` of images by name, ``segments`` of the external network, ``ranges`` of all networks,
    ``resolvers``, ``operators`` who reach the bastion, ``inside``, ``hostmasters``. From the register: ``routes`` and
    ``zones`` by name. ``files`` are those that images come from; ``keys`` the management's; ``national`` the country's.
    """

    file: str
    clouds: frozenset[str]
    regions: frozenset[str | None]
    domains: frozenset[str]
    flavors: frozenset[str]
    volume_types: frozenset[str]
    limits: frozenset[str]
    versions: frozenset[str]
    files: frozenset[str]
    segments: Mapping[str, str | int | None]
    ranges: frozenset[str]
    resolvers: frozenset[str]
    routes: frozenset[tuple[str, str]]
    operators: tuple[IPNetwork, ...]
    inside: IPNetwork
    zones: frozenset[str]
    hostmasters: frozenset[str]
    keys: frozenset[str]
    national: NationalList


def foundation_bounds(
    site: Site, country: Country, *, register: Register, files: Collection[str], key: str
) -> FoundationBounds:
    """The bounds of an accepted site. ``files`` are those that its images may come from, ``key`` the management's."""
    external = site.external
    segment = {
        "physical_network": external.physical_network,
        "network_type": external.network_type,
        "segmentation_id": external.segment,
    }
    return FoundationBounds(
        file=f"inventories/{site.name}/site.yaml",
        clouds=frozenset({site.cloud}),
        regions=frozenset({site.region}),
        domains=frozenset({site.domain}),
        flavors=frozenset(site.flavors),
        volume_types=frozenset(site.volume_types),
        limits=frozenset(site.qos),
        versions=frozenset(version.name for image in site.images.values() for version in image.versions),
        files=frozenset(files),
        segments=segment,
        ranges=frozenset(map(str, (external.subnet, *site.addresses.reserved.values()))),
        resolvers=frozenset(map(str, site.services.dns)),
        routes=frozenset(
            (str(route.destination), str(route.next_hop)) for route in routing.administration_routes(register)
        ),
        operators=site.administration.operators,
        inside=site.addresses.supernet,
        zones=frozenset(f"{site.zone(tenant)}." for tenant in register.tenants),
        hostmasters=frozenset({site.hostmaster}),
        keys=frozenset({key}),
        national=country.policy.national,
    )


def judge_foundation(declared: Declared, within: FoundationBounds) -> list[Finding]:
    """What is refused of a declared resource of a foundation, as far as its inputs are known."""
    return judged(declared, within, INPUTS, _TOGETHER)


def _version(value: Any, _: str, __: Declared, within: FoundationBounds) -> bool:  # noqa: ANN401  an input's
    """A version's name, or that with the part of it that a lab's hypervisor boots."""
    return str(value).removesuffix("-kernel").removesuffix("-initrd") in within.versions


def _origin(value: Mapping[str, Any], _: str, __: Declared, within: FoundationBounds) -> bool:
    source = value.get("image_source")
    host = host_of(source) if isinstance(source, str) else None
    return host is None or has_host(within.national, host)


INPUTS: Mapping[str, Row] = {
    types.PROVIDER: {
        "cloud": among("clouds", "RESOURCE-CLOUD"),
        "insecure": never("RESOURCE-INSECURE", present=False),
        "region": among("regions", "RESOURCE-CLOUD"),
    },
    types.PROJECT: {
        "description": LABEL,
        "is_domain": "a domain holds the tenants' projects",
        "name": among("domains"),
    },
    types.FLAVOR: {
        "disk": _SITES,
        "is_public": "every tenant chooses among them",
        "name": among("flavors"),
        "ram": _SITES,
        "vcpus": _SITES,
    },
    types.IMAGE: {
        "container_format": _SITES,
        "disk_format": _SITES,
        "local_file_path": among("files", "RESOURCE-ORIGIN"),
        "min_disk_gb": _SITES,
        "name": Judged(_version, listed="versions"),
        "properties": Judged(_origin, "RESOURCE-ORIGIN"),
        "tags": LABEL,
        "visibility": "every tenant chooses among them",
    },
    types.VOLUME_TYPE: {
        "description": LABEL,
        "extra_specs": _SITES,
        "is_public": "every tenant chooses among them",
        "name": among("volume_types"),
    },
    types.QOS: {"name": among("limits"), "shared": "every tenant chooses among them"},
    types.QOS_RULE: {
        "direction": _SITES,
        "max_burst_kbps": _SITES,
        "max_kbps": _SITES,
        "qos_policy_id": own(types.QOS),
    },
    types.NETWORK: {
        "external": "the network of the external segment, which is judged",
        "name": LABEL,
        "segments": {
            key: Judged(lambda value, key, _, within: value == within.segments[key])
            for key in ("network_type", "physical_network", "segmentation_id")
        },
        "tags": LABEL,
    },
    types.SUBNET: {
        "allocation_pools": _SITES,
        "cidr": among("ranges"),
        "dns_nameservers": among("resolvers", "RESOURCE-RESOLVER"),
        "enable_dhcp": _CHOICE,
        "gateway_ip": _SITES,
        "ip_version": "the range says it too",
        "name": LABEL,
        "network_id": own(types.NETWORK),
        "no_gateway": _CHOICE,
        "tags": LABEL,
    },
    types.ROUTER: {
        "enable_snat": TOGETHER,
        "external_network_id": own(types.NETWORK),
        "name": LABEL,
        "tags": LABEL,
    },
    types.ROUTER_INTERFACE: {"router_id": own(types.ROUTER), "subnet_id": own(types.SUBNET)},
    types.ROUTES: {"router_id": own(types.ROUTER), "routes": TOGETHER},
    types.KEY_PAIR: {"name": LABEL, "public_key": among("keys")},
    types.PORT: {
        "fixed_ips": {"subnet_id": own(types.SUBNET)},
        "name": LABEL,
        "network_id": own(types.NETWORK),
        "security_group_ids": own(types.SECURITY_GROUP),
        "tags": LABEL,
    },
    types.SERVER: {
        "block_devices": {
            "boot_index": _CHOICE,
            "delete_on_termination": "a bastion keeps nothing",
            "destination_type": _CHOICE,
            "source_type": Judged(lambda value, *_: value == "image", "RESOURCE-BOOT-VOLUME"),
            "uuid": own(types.IMAGE),
            "volume_size": _SITES,
        },
        "flavor_id": own(types.FLAVOR),
        "key_pair": "whose keys are judged",
        "metadata": LABEL,
        "name": LABEL,
        "networks": {"port": own(types.PORT)},
        "user_data": "what is in it, not where it is or who reaches it",
    },
    types.ADDRESS: {
        "pool": "the only external network there is",
        "port_id": own(types.PORT),
        "tags": LABEL,
    },
    types.SECURITY_GROUP: {
        "delete_default_rules": TOGETHER,
        "name": LABEL,
        "tags": LABEL,
    },
    types.RULE: {
        "direction": TOGETHER,
        "ethertype": "the range says it too",
        "port_range_max": TOGETHER,
        "port_range_min": TOGETHER,
        "protocol": TOGETHER,
        "remote_ip_prefix": TOGETHER,
        "security_group_id": own(types.SECURITY_GROUP),
    },
    types.DNS_QUOTA: {"project_id": "the administrator's own, whose zones are judged", "zones": _SITES},
    types.ZONE: {
        "email": among("hostmasters"),
        "name": among("zones"),
        "type": Judged(lambda value, *_: value == "PRIMARY"),
    },
}


def _rule(declared: Declared, within: FoundationBounds) -> Refusals:
    """The bastion is reached by SSH from the operators' ranges, and reaches the site."""
    inputs = declared.inputs
    remote, ports = inputs.get("remote_ip_prefix"), (inputs.get("port_range_min"), inputs.get("port_range_max"))
    if UNKNOWN in (remote, *ports, inputs.get("direction"), inputs.get("protocol")):
        return
    shown = str(remote or "0.0.0.0/0")
    if inputs.get("direction") == "egress":
        if not in_ranges(remote, (within.inside, BROADCAST)):
            yield "RESOURCE-EGRESS", {"found": shown}
    elif not in_ranges(remote, within.operators) or ports != (SSH, SSH) or inputs.get("protocol") != "tcp":
        told = {"found": shown, "ports": "-".join(map(str, ports)), "accepted": f"{SSH}/tcp"}
        yield "RESOURCE-INGRESS", told


def _router(declared: Declared, _: FoundationBounds) -> Refusals:
    """Nobody leaves the site through the administration's router, hidden behind its address (Neutron's default)."""
    found = declared.inputs.get("enable_snat")
    if found not in (False, UNKNOWN):
        yield "RESOURCE-FOREIGN", {"input": "enable_snat", "found": str(found), "accepted": "False"}


_TOGETHER: Together = {
    types.ROUTER: _router,
    types.ROUTES: judge_routes,
    types.RULE: _rule,
    types.SECURITY_GROUP: judge_group,
}
