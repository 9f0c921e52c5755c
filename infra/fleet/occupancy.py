"""What the cloud itself says it has and what is used of it, asked as its administrator.

Processors and memory come from placement, which knows overcommit; the figures of `os-hypervisors` are gone since
compute API 2.88. Volume pools come from the scheduler's statistics, public addresses from the network's availability.
No API tells what an object store has, and no cloud knows the site's range.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.model.site import Site
from infra.plan.capacity import Limit, Resource, limits

if TYPE_CHECKING:
    from openstack.connection import Connection

EXTERNAL_NETWORK = "external"
"""The foundation's name for it."""
_MIB = 1024
_CLASSES = {Resource.VCPUS: "VCPU", Resource.RAM: "MEMORY_MB"}


@dataclass(frozen=True, kw_only=True)
class Occupancy:
    """What the cloud has of something (after overcommit) and what is used of it, in the unit of the resource.

    ``total`` is None where the cloud does not know it (a pool that calls itself unlimited).
    """

    total: int | None
    used: int


def occupancy(cloud: "Connection", site: Site) -> Mapping[Limit, Occupancy]:
    """What the cloud says of each of the site's limits; of those that it knows nothing about, nothing.

    Raises:
        openstack.exceptions.SDKException: a service did not answer or refused.
    """
    found: dict[Limit, Occupancy] = {}
    computing, pools = _computing(cloud), list(cloud.block_storage.backend_pools())
    for limit in limits(site):
        if limit.resource in _CLASSES:
            found[limit] = computing[limit.resource]
        elif limit.resource is Resource.STORAGE:
            found[limit] = _storage(site, limit, [pool.capabilities or {} for pool in pools])
        elif limit.resource is Resource.PUBLIC_ADDRESSES:
            for network in cloud.network.network_ip_availabilities(network_name=EXTERNAL_NETWORK):
                found[limit] = Occupancy(total=network.total_ips, used=network.used_ips)
    return found


def _computing(cloud: "Connection") -> Mapping[Resource, Occupancy]:
    total: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for provider in cloud.placement.resource_providers():
        for inventory in cloud.placement.resource_provider_inventories(provider):
            granted = (inventory.total - inventory.reserved) * inventory.allocation_ratio
            total[inventory.resource_class] += int(granted)
        used.update(provider.fetch_usages(cloud.placement).usages)
    scale = {Resource.VCPUS: 1, Resource.RAM: _MIB}
    return {
        resource: Occupancy(total=total[name] // scale[resource], used=used[name] // scale[resource])
        for resource, name in _CLASSES.items()
    }


def _storage(site: Site, limit: Limit, pools: list[Mapping[str, Any]]) -> Occupancy:
    """Of the backends that the pool's volume types name; a type that names none may take from any."""
    specs = [site.volume_types[name].extra_specs for name in limit.volume_types]
    backends = {spec.get("volume_backend_name") for spec in specs}
    ours = [pool for pool in pools if None in backends or pool.get("volume_backend_name") in backends]
    sizes = [pool.get("total_capacity_gb") for pool in ours]
    known = [size for size in sizes if isinstance(size, int | float)]  # else "infinite" or "unknown"
    total = int(sum(known)) if len(known) == len(sizes) else None
    return Occupancy(total=total, used=int(sum(pool.get("allocated_capacity_gb") or 0 for pool in ours)))
