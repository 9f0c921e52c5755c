"""What a tenant may use: what its request comes to, and no more. Whoever wants more asks for it in the file.

Exact where capacity is scarce (cores, memory, volumes, balancers); networks have room for what is in the making.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from infra.model.contract import TenantContract
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan import naming
from infra.plan.firewall import Rule

DHCP_PORTS_PER_NETWORK = 2
"""Neutron's DHCP agents hold up to this many of the tenant's ports in each network (``dhcp_agents_per_network``)."""
OWN_DEFAULT_GROUP = 1
"""Neutron makes each project a group called ``default``, which counts."""
CINDER_DEFAULT_TYPE = "__DEFAULT__"
"""Cinder's own volume type, which cannot be removed; no request can name it."""
IN_THE_MAKING = 2
"""Neutron counts a thing twice while its request is under way: the thing and its reservation."""
SHARED_NETWORK_PORTS = 2
"""The router's ports in the administration and transit networks."""


Limits = Mapping[str, Any]
"""Whole numbers by the API's name of the resource. (Any, since they are passed on as keyword arguments.)"""


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Limits by service, in the words of each service's API. RAM in MiB, volumes in GiB."""

    compute: Limits
    volumes: Limits
    volume_types: Limits
    network: Limits
    balancer: Limits

    def with_room_for(self, leaving: Mapping[str, Limits]) -> "Quota":
        """This quota and what is still in use until its successor is there: a program makes before it removes."""
        kinds = {}
        for field in fields(self):
            limits, before = getattr(self, field.name), leaving.get(field.name, {})
            kinds[field.name] = {name: limit + before.get(name, 0) for name, limit in limits.items()}
        return Quota(**kinds)

    def shrinks(self, granted: Mapping[str, Limits]) -> bool:
        """Whether any limit is lower than what was granted before."""
        return any(
            limit < granted.get(kind, {}).get(name, 0)
            for kind, limits in asdict(self).items()
            for name, limit in limits.items()
        )


def parts(tenant: Tenant) -> frozenset[str]:
    """What a tenant consists of, each part named so that a renamed, moved or rebuilt one is another part."""
    found = {f"network {name}" for name in tenant.networks}
    for address, tier in tenant.tiers():
        for host in naming.hosts(address, tier):
            found |= {f"server {host} {tier.rebuild or ''}", *(f"volume {host} {volume}" for volume in tier.volumes)}
    for platform in tenant.platforms.values():
        found |= {f"listener {platform.name} {p.tier} {p.listen} {p.port}" for p in platform.publish.values()}
    return frozenset(found)


def quota(tenant: Tenant, *, site: Site, groups: Mapping[str, tuple[Rule, ...]]) -> Quota:
    """The quota of a tenant.

    Args:
        tenant: the request.
        site: where sizes of flavors and names of volume types come from.
        groups: the tenant's security groups (`infra.plan.firewall.security_groups`).
    """
    totals, by_type = volume_limits(tenant, site)
    return Quota(
        compute=compute_limits(tenant, site),
        volumes=totals,
        volume_types=by_type,
        network=_network(tenant, groups),
        balancer=_balancer(tenant),
    )


def granted(tenant: Tenant, needed: Quota, built: TenantContract | None) -> Quota:
    """The quota of this run: while something leaves or shrinks, both the old and the new must fit.

    Services refuse a quota below what is in use, and Pulumi removes last; the next run grants just what is ``needed``.
    ``built`` is what the tenant's last contract says, if any.
    """
    if built and (needed.shrinks(built.granted) or set(built.parts) - parts(tenant)):
        return needed.with_room_for(built.granted)
    return needed


def compute_limits(tenant: Tenant, site: Site) -> dict[str, int]:
    """Servers, cores and memory (MiB), as the compute API names them."""
    tiers = [tier for _, tier in tenant.tiers()]
    return {
        "instances": sum(tier.count for tier in tiers),
        "cores": sum(tier.count * site.flavors[tier.flavor].vcpus for tier in tiers),
        "ram": sum(tier.count * site.flavors[tier.flavor].ram_mib for tier in tiers),
        "server_groups": len(tiers),
        "server_group_members": max((tier.count for tier in tiers), default=0),
        "key_pairs": 1,
    }


def volume_limits(tenant: Tenant, site: Site) -> tuple[dict[str, int], dict[str, int]]:
    """Volumes in all and by type: a root volume a server and the data volumes of its tier."""
    number: Counter[str] = Counter()
    size: Counter[str] = Counter()
    largest = 0
    for _, tier in tenant.tiers():
        wanted = [(tier.volume_type, tier.disk), *((volume.type, volume.size) for volume in tier.volumes.values())]
        for volume_type, gib in wanted:
            number[volume_type] += tier.count
            size[volume_type] += tier.count * gib
            largest = max(largest, gib)
    by_type: dict[str, int] = {}
    for name in (*site.volume_types, CINDER_DEFAULT_TYPE):
        by_type |= {f"volumes_{name}": number[name], f"gigabytes_{name}": size[name], f"snapshots_{name}": 0}
    total = {
        "volumes": number.total(),
        "gigabytes": size.total(),
        "per_volume_gigabytes": largest,
        "snapshots": 0,
        "backups": 0,
        "backup_gigabytes": 0,
        "groups": 0,
    }
    return total, by_type


def published_tiers(tenant: Tenant) -> int:
    """How many tiers are published: each gets a load balancer, which gets a public address."""
    return sum(len({published.tier for published in found.publish.values()}) for found in tenant.platforms.values())


def _network(tenant: Tenant, groups: Mapping[str, tuple[Rule, ...]]) -> dict[str, int]:
    networks, balancers = len(tenant.networks), published_tiers(tenant)
    servers = sum(tier.count for _, tier in tenant.tiers())
    needed = {
        "network": networks,
        "subnet": networks,
        "router": 1 if networks else 0,
        "port": servers + networks * (1 + DHCP_PORTS_PER_NETWORK) + balancers + SHARED_NETWORK_PORTS,
        "floatingip": balancers,
        "security_group": len(groups) + OWN_DEFAULT_GROUP,
        "security_group_rule": sum(map(len, groups.values())),
        "rbac_policy": 0,
        "subnetpool": 0,
    }
    return {resource: number * IN_THE_MAKING for resource, number in needed.items()}


def _balancer(tenant: Tenant) -> dict[str, int]:
    listeners: set[tuple[str, str, int]] = set()
    members = 0
    for platform in tenant.platforms.values():
        found = {(platform.name, p.tier, p.listen): p for p in platform.publish.values()}
        listeners |= found.keys()
        members += sum(platform.tiers[p.tier].count for p in found.values())
    return {
        "loadbalancer": published_tiers(tenant),
        "listener": len(listeners),
        "pool": len(listeners),
        "health_monitor": len(listeners),
        "member": members,
        "l7_policy": 0,
        "l7_rule": 0,
    }
