"""What is judged of a declared resource, and what a tenant's resources may be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from netaddr import IPNetwork

from infra.environment import LAB_CLOUD
from infra.model.classification import Classification
from infra.model.contract import FoundationContract
from infra.model.country import Country, NationalList
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan import naming, routing
from infra.plan.firewall import BROADCAST, METADATA_SERVICE
from infra.plan.quota import Limits, Quota
from infra.policy.days import judged_on
from infra.policy.images import support_ends


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
    ``own``: by type, the ids that the program's own resources are known to have by now; under ``<type>.<output>`` those
    of what comes with one. ``existing``: the id of what exists already, where the program would take that over.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    protect: bool = False
    sources: Mapping[str, frozenset[str]] | None = field(default_factory=dict)
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    existing: str | None = None


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a tenant's resources may be, as its accepted request and its country's policy say.

    From the request: ``names`` of its project, ``users`` and ``groups``, ``buckets`` with their bytes; ``open_ports``
    may be reached from outside the site, ``listens`` are its balancers' ports and ``targets`` those of the servers
    behind; ``egress`` where connections may lead; ``limits`` its quotas by service, with room for what is leaving.
    ``encrypting`` are the volume types that it must use, None if any will do. From the register: its ``blocks`` and
    ``routes``, and its router's place in ``shared`` networks: subnet and address by the network's id.

    From the foundation: ids of ``zones``, ``domains``, ``roles``, ``flavors``, ``images`` (with their names: those in
    support, and those that the request was accepted with), ``qos``; the ``gateways``' network, and the ``pools`` of
    public addresses by name; the ``keys`` of the management. From the site: its own range ``inside``, ``resolvers``,
    ``clouds``, ``auth_urls``, ``regions``; ``national`` where the cloud may be, None for a lab's.
    """

    file: str
    zone: str
    zones: frozenset[str]
    inside: IPNetwork
    blocks: tuple[IPNetwork, ...]
    routes: frozenset[tuple[str, str]]
    shared: Mapping[str, tuple[str, str]]
    open_ports: frozenset[int]
    listens: frozenset[int]
    targets: frozenset[int]
    egress: tuple[IPNetwork, ...]
    encrypting: frozenset[str] | None
    names: frozenset[str]
    users: frozenset[str]
    groups: frozenset[str]
    buckets: Mapping[str, int]
    limits: Mapping[str, Limits]
    domains: frozenset[str]
    roles: frozenset[str]
    flavors: frozenset[str]
    images: Mapping[str, str]
    qos: frozenset[str]
    gateways: frozenset[str]
    pools: frozenset[str]
    keys: frozenset[str]
    resolvers: frozenset[str]
    clouds: frozenset[str]
    auth_urls: frozenset[str]
    regions: frozenset[str | None]
    national: NationalList | None

    @property
    def shared_subnets(self) -> Mapping[str, str]:
        """Its router's address in each shared subnet."""
        return dict(self.shared.values())


def bounds(
    tenant: Tenant, site: Site, country: Country, *, register: Register, foundation: FoundationContract, limits: Quota
) -> Bounds:
    """The bounds of an accepted request. ``limits`` are what the tenant is granted in this run."""
    published = [entry for platform in tenant.platforms.values() for entry in platform.publish.values()]
    health = tenant.data.health and country.policy.health.encrypted
    personal = tenant.data.personal and country.policy.personal.encrypted
    encrypts = Classification(tenant.classification).encrypts or health or personal
    given = register.tenants[tenant.name]
    routes = routing.tenant_routes(tenant, site=site, register=register) if tenant.networks else []
    return Bounds(
        file=f"inventories/{site.name}/tenants/{tenant.name}.yaml",
        zone=site.zone(tenant.name),
        zones=frozenset({foundation.zones[tenant.name]}),
        inside=site.addresses.supernet,
        blocks=tuple(given.networks.values()),
        routes=frozenset((str(route.destination), str(route.next_hop)) for route in routes),
        shared={
            foundation.administration_network: (foundation.administration_subnet, str(given.administration)),
            foundation.transit_network: (foundation.transit_subnet, str(given.transit)),
        },
        open_ports=frozenset(entry.port for entry in published) & frozenset(country.policy.published_ports),
        listens=frozenset(entry.listen for entry in published),
        targets=frozenset(entry.port for entry in published),
        egress=(BROADCAST, METADATA_SERVICE, *(rule.to for rule in tenant.egress)),
        encrypting=frozenset(name for name, kind in site.volume_types.items() if kind.encryption) if encrypts else None,
        names=frozenset({tenant.name}),
        users=frozenset({naming.service_user(tenant.name)}),
        groups=frozenset(group.name for group in tenant.groups.values()),
        buckets={bucket.name: bucket.size for bucket in tenant.buckets.values()},
        limits=asdict(limits),
        domains=frozenset({foundation.domain_id}),
        roles=frozenset(foundation.roles.values()),
        flavors=frozenset(foundation.flavors.values()),
        images=_images(tenant, site, foundation),
        qos=frozenset(foundation.qos.values()),
        gateways=frozenset({foundation.external_network} if routing.needs_gateway(tenant) else ()),
        pools=frozenset({foundation.external_network_name} if published else ()),
        keys=frozenset({foundation.management_key}),
        resolvers=frozenset(map(str, site.services.dns)),
        clouds=frozenset({site.cloud}),
        auth_urls=frozenset({foundation.auth_url}),
        regions=frozenset({site.region, foundation.region}),
        national=None if site.cloud == LAB_CLOUD else country.policy.national,
    )


def _images(tenant: Tenant, site: Site, foundation: FoundationContract) -> Mapping[str, str]:
    """Names by id of the images in support, and of those that the request was accepted with."""
    today, named = judged_on(site.cloud), {tier.image for _, tier in tenant.tiers()}
    ends = {name: support_ends(image) for name, image in site.images.items()}
    supported = {name for name, end in ends.items() if end is None or end >= today}
    return {foundation.images[name]: name for name in supported | named if name in foundation.images}
