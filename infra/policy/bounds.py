"""What is judged of a declared resource, and what a tenant's resources may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netaddr import IPNetwork

from infra.environment import LAB_CLOUD
from infra.model.classification import Classification
from infra.model.country import Country, NationalList
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan.firewall import BROADCAST, METADATA_SERVICE


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
        egress=(BROADCAST, METADATA_SERVICE, *(rule.to for rule in tenant.egress)),
        encrypting=frozenset(name for name, kind in site.volume_types.items() if kind.encryption) if encrypts else None,
        roles=frozenset(roles.values()),
        national=None if site.cloud == LAB_CLOUD else country.policy.national,
    )
