"""What tenants take of a site, held against what the site has. Pure.

The sums are those of the granted quotas (`infra.plan.quota`): what a tenant may use counts as used.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from infra.model.classification import Lifecycle, Spread
from infra.model.register import Allocation
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan.blocks import prefix_for, size
from infra.plan.quota import compute_limits, published_tiers, volume_limits
from infra.plan.routing import joined, needs_gateway

OWN_PUBLIC_ADDRESSES = 2
"""What the foundation takes of the pool: the administration router's address and the bastion's."""
_MIB = 1024
_PERCENT = 100


class Resource(StrEnum):
    """What a site has a limited amount of; storage is limited pool by pool."""

    VCPUS = "vcpus"
    RAM = "ram"
    STORAGE = "storage"
    OBJECTS = "objects"
    PUBLIC_ADDRESSES = "public_addresses"
    PRIVATE_ADDRESSES = "private_addresses"
    ROUTES = "routes"

    @property
    def unit(self) -> str:
        """What it is counted in: ``GiB``, or nothing."""
        return "GiB" if self in (Resource.RAM, Resource.STORAGE, Resource.OBJECTS) else ""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What one tenant takes. ``ram``, ``volumes`` (by type, root disks included) and ``objects`` in GiB.

    ``public_addresses``: one a published tier, one for a router with a way out. ``private_addresses``: all of its
    blocks. ``routes``: on the administration's router (a tenant's own router never has more: its peers' blocks, and the
    services instead of its own). ``hypervisors``: how many its largest tier of hard spread needs. ``held``: it is no
    request that could be refused (the foundation's own part, and until it is removed that of a retired tenant which was
    given blocks: a new one that says so is a request like any other).
    """

    tenant: str
    vcpus: int = 0
    ram: int = 0
    volumes: Mapping[str, int] = field(default_factory=dict)
    objects: int = 0
    public_addresses: int = 0
    load_balancers: int = 0
    private_addresses: int = 0
    routes: int = 0
    hypervisors: int = 0
    held: bool = False


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a site has of one resource (storage: of one pool, with its volume types).

    ``total`` after overcommit; ``headroom`` of it, in percent, is never granted.
    """

    resource: Resource
    total: int
    headroom: int
    pool: str | None = None
    volume_types: tuple[str, ...] = ()

    @property
    def grantable(self) -> int:
        """What may be granted in all, rounded down."""
        return self.total * (_PERCENT - self.headroom) // _PERCENT

    def amount(self, demand: Demand) -> int:
        """How much of it a tenant takes."""
        if self.resource is Resource.STORAGE:
            return sum(demand.volumes.get(name, 0) for name in self.volume_types)
        found: int = getattr(demand, self.resource)
        return found


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One limit before and after a change, in the resource's unit."""

    limit: Limit
    before: int
    after: int

    @property
    def percent_before(self) -> float:
        """Of what may be granted, with one decimal."""
        return self._percent(self.before)

    @property
    def percent_after(self) -> float:
        """Of what may be granted, with one decimal."""
        return self._percent(self.after)

    @property
    def free(self) -> int:
        """What may still be granted; negative if too much was."""
        return self.limit.grantable - self.after

    def _percent(self, amount: int) -> float:
        return round(_PERCENT * amount / max(self.limit.grantable, 1), 1)


@dataclass(frozen=True, kw_only=True)
class Excess:
    """A request for which there is no room: it asks for ``asked``, and ``left`` may still be granted without it."""

    tenant: str
    limit: Limit
    asked: int
    left: int


def demand(tenant: Tenant, site: Site, allocation: Allocation | None = None) -> Demand:
    """What a tenant takes of its site.

    Args:
        tenant: the request.
        site: where sizes of flavors come from.
        allocation: its blocks, also those of networks that it no longer asks for. A network without one counts with the
            block that it will get.
    """
    compute = compute_limits(tenant, site)
    _, by_type = volume_limits(tenant, site)
    balancers = published_tiers(tenant)
    given = {} if allocation is None else allocation.networks
    blocks = {name: block.prefixlen for name, block in given.items()}
    asked = {name: prefix_for(network.hosts, network.prefix) for name, network in tenant.networks.items()}
    return Demand(
        tenant=tenant.name,
        vcpus=compute["cores"],
        ram=compute["ram"] // _MIB,
        volumes={name: gib for name in site.volume_types if (gib := by_type[f"gigabytes_{name}"])},
        objects=sum(bucket.size for bucket in tenant.buckets.values()),
        public_addresses=balancers + needs_gateway(tenant),
        load_balancers=balancers,
        private_addresses=sum(map(size, (asked | blocks).values())),
        routes=len(joined(given.values())) + len(asked.keys() - given.keys()),
        hypervisors=max((tier.count for _, tier in tenant.tiers() if tier.spread is Spread.HARD), default=0),
        held=tenant.lifecycle is Lifecycle.RETIRED and allocation is not None,
    )


def own(site: Site) -> Demand:
    """What the foundation takes: bastion and administration router.

    Its root disk, in the cloud's default volume type, is not counted: headroom has room for it.
    """
    flavor = site.flavors[site.administration.flavor]
    return Demand(tenant="", vcpus=flavor.vcpus, ram=flavor.ram, public_addresses=OWN_PUBLIC_ADDRESSES, held=True)


def limits(site: Site) -> tuple[Limit, ...]:
    """Everything that is limited at a site; nothing if it does not say what it has."""
    capacity = site.capacity
    if capacity is None:
        return ()
    kept, plan, external = capacity.headroom, site.addresses, site.external
    objects = Limit(resource=Resource.OBJECTS, total=capacity.objects or 0, headroom=kept.objects)
    return (
        Limit(resource=Resource.VCPUS, total=int(capacity.cores * capacity.cpu_overcommit), headroom=kept.compute),
        Limit(resource=Resource.RAM, total=int(capacity.ram * capacity.ram_overcommit), headroom=kept.compute),
        *(
            Limit(
                resource=Resource.STORAGE,
                total=pool.size,
                headroom=kept.storage,
                pool=pool.name,
                volume_types=pool.volume_types,
            )
            for pool in capacity.pools.values()
        ),
        *([objects] if capacity.objects is not None else []),
        Limit(
            resource=Resource.PUBLIC_ADDRESSES,
            total=int(external.last) - int(external.first) + 1,
            headroom=kept.public_addresses,
        ),
        Limit(
            resource=Resource.PRIVATE_ADDRESSES,
            total=plan.supernet.size - sum(block.size for block in plan.reserved.values()),
            headroom=kept.private_addresses,
        ),
        Limit(resource=Resource.ROUTES, total=capacity.routes, headroom=0),
    )


def usage(site: Site, before: Iterable[Demand], after: Iterable[Demand]) -> tuple[Usage, ...]:
    """What is granted of everything that is limited, with the foundation's own part, before and after a change."""
    if site.capacity is None:
        return ()
    granted_before, granted_after = [own(site), *before], [own(site), *after]
    return tuple(
        Usage(
            limit=limit,
            before=sum(map(limit.amount, granted_before)),
            after=sum(map(limit.amount, granted_after)),
        )
        for limit in limits(site)
    )


def excesses(site: Site, demands: Sequence[Demand]) -> tuple[Excess, ...]:
    """The requests for which there is no room, when all demands together come to more than may be granted.

    Refused is the newest request that alone takes as much as the sum is over the limit; if none does, the largest ones
    until the rest has room (of equal ones the newest first). So few are refused, and old ones rarely.

    Args:
        site: what it has.
        demands: of all its tenants, the oldest first.
    """
    if site.capacity is None:
        return ()
    counted = [own(site), *demands]
    return tuple(excess for limit in limits(site) for excess in over(limit, counted))


def over(limit: Limit, demands: Sequence[Demand]) -> list[Excess]:
    """The requests for which there is no room under one limit; see `excesses`."""
    excess = sum(map(limit.amount, demands)) - limit.grantable
    if excess <= 0:
        return []
    newest_first = [(limit.amount(each), each.tenant) for each in reversed(demands) if not each.held]
    alone = [entry for entry in newest_first if entry[0] >= excess][:1]
    refused = alone or _largest(newest_first, excess)
    left = max(sum(asked for asked, _ in refused) - excess, 0)
    return [Excess(tenant=name, limit=limit, asked=asked, left=left) for asked, name in refused]


def _largest(asking: Sequence[tuple[int, str]], over: int) -> list[tuple[int, str]]:
    """The largest of what is asked that together come to so much; all of it if it does not."""
    found: list[tuple[int, str]] = []
    for asked, name in sorted(asking, key=lambda entry: -entry[0]):
        if over <= 0 or not asked:
            break
        found.append((asked, name))
        over -= asked
    return found
