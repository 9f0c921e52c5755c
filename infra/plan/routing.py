"""Which shared networks a tenant's router stands in, and the routes that lead through them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netaddr import IPAddress, IPNetwork, cidr_merge

from infra.model.flow import TierAddress
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Tenant


@dataclass(frozen=True, kw_only=True, order=True)
class Route:
    """Packets for ``destination`` go to the router at ``next_hop``."""

    destination: IPNetwork
    next_hop: IPAddress


def needs_gateway(tenant: Tenant) -> bool:
    """Whether the router leads to the outside: only a tenant that publishes a name or declares an egress gets that."""
    return bool(tenant.egress) or any(platform.publish for platform in tenant.platforms.values())


def peers(tenant: Tenant) -> list[str]:
    """The other tenants that its flows name."""
    ends = [end for flow in tenant.flows() for end in (flow.source, flow.target) if isinstance(end, TierAddress)]
    return sorted({end.tenant for end in ends} - {tenant.name})


def tenant_routes(tenant: Tenant, *, site: Site, register: Register) -> list[Route]:
    """The tenant's router's routes: shared services through the administration, peers' blocks through transit."""
    gateway = administration_gateway(site)
    found = [Route(destination=site.addresses.services, next_hop=gateway)]
    for peer in peers(tenant):
        allocation = register.tenants[peer]
        blocks = joined(allocation.networks.values())
        found += [Route(destination=block, next_hop=allocation.transit) for block in blocks]
    return sorted(found)


def administration_routes(register: Register) -> Iterator[Route]:
    """The administration router's routes: each tenant's blocks lie behind that tenant's router."""
    for _, allocation in sorted(register.tenants.items()):
        for block in joined(allocation.networks.values()):
            yield Route(destination=block, next_hop=allocation.administration)


def joined(blocks: Iterable[IPNetwork]) -> list[IPNetwork]:
    """One tenant's blocks as the fewest destinations: Neutron has room for few routes."""
    return list(cidr_merge(list(blocks)))


def administration_gateway(site: Site) -> IPAddress:
    """The administration router's address in the administration network: the range's first."""
    return site.addresses.administration[1]
