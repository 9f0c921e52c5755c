"""What a stack tells the others: typed, so that whoever needs a tenant or a foundation reads this, never its resources.

Contracts travel as plain maps in a stack's output ``contract``; `decode_foundation` and `decode_tenant` turn them into
these records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.model.site import Site

PROJECT = "joliba"
"""The Pulumi project of every stack."""
FOUNDATION = "foundation"
"""The part after the dot of a foundation's stack name; no tenant may be called so."""
CONTRACT = "contract"
"""The name of the stack output that holds the contract."""


@dataclass(frozen=True, kw_only=True)
class FoundationContract:
    """Ids of what a site's tenants share, so that no tenant looks anything up by name.

    Maps go from the name that requests use to OpenStack's id. ``images`` holds each image's current version;
    ``image_versions`` the digest (`infra.model.site.ImageVersion.digest`) of every version that the site has ever had,
    for the foundation itself.
    ``volume_types`` are passed on by name, because the API of volumes takes names. ``marked_project`` is the project
    whose tags say which complement has been applied (see `infra.datacenter.complement`). ``bastion`` is an address,
    ``bastion_id`` the server's id.
    """

    auth_url: str
    region: str
    domain_id: str
    marked_project: str
    roles: Mapping[str, str]
    flavors: Mapping[str, str]
    images: Mapping[str, str]
    qos: Mapping[str, str]
    zones: Mapping[str, str]
    external_network: str
    external_network_name: str
    administration_network: str
    administration_subnet: str
    transit_network: str
    transit_subnet: str
    management_key: str
    bastion: str
    bastion_id: str = ""
    image_versions: Mapping[str, str] = field(default_factory=dict)

    def missing(self, site: "Site") -> list[str]:
        """What the site's file offers tenants and this foundation, built from an earlier one, does not have yet."""
        offered = ((site.flavors, self.flavors), (site.images, self.images), (site.qos, self.qos))
        return sorted(name for said, built in offered for name in said.keys() - built.keys())


@dataclass(frozen=True, kw_only=True)
class HostContract:
    """One server, for whoever configures or audits it.

    ``address`` is its fixed address, reached from the bastion; ``volumes`` and ``volume_types`` go from the name that
    the request uses to OpenStack's id and type of what is built.
    """

    address: str
    network: str
    platform: str
    tier: str
    flavor: str
    image: str
    image_id: str
    rebuild: str
    server_id: str
    volumes: Mapping[str, str]
    volume_types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TenantContract:
    """A tenant as built. ``published`` maps each public name to its address; ``networks`` each network to its block.

    ``granted`` are the quotas that this state needs and ``parts`` what it consists of (`infra.plan.quota`): the next
    program sees from them what is about to leave.
    """

    site: str
    tenant: str
    classification: str
    hardening: str
    project_id: str
    networks: Mapping[str, str]
    hosts: Mapping[str, HostContract]
    published: Mapping[str, str]
    buckets: tuple[str, ...]
    granted: Mapping[str, Mapping[str, int]]
    parts: tuple[str, ...]


def decode_foundation(plain: Mapping[str, Any]) -> FoundationContract:
    """Read a foundation's contract.

    Raises:
        TypeError: a field is missing or unknown: the foundation was built by another version of Joliba.
    """
    return FoundationContract(**plain)


def decode_tenant(plain: Mapping[str, Any]) -> TenantContract:
    """Read a tenant's contract.

    Raises:
        TypeError: a field is missing or unknown: the tenant was built by another version of Joliba.
    """
    hosts = {name: HostContract(**host) for name, host in plain.get("hosts", {}).items()}
    granted = {  # Pulumi has no whole numbers
        kind: {name: int(limit) for name, limit in limits.items()} for kind, limits in plain.get("granted", {}).items()
    }
    lists = {name: tuple(plain[name]) for name in ("buckets", "parts") if name in plain}
    return TenantContract(**{**plain, **lists, "hosts": hosts, "granted": granted})
