"""Security groups derived from the declared flows, and from nothing else.

A group a tier and one base group a tenant. Rules between tiers refer to groups, not addresses; neighbouring ports
become one range: the network service makes rules one at a time, so their number is what a firewall costs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypedDict

from netaddr import IPNetwork

from infra.model.flow import Flow, Outside, PortRange, TierAddress
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan import naming

SSH = PortRange(protocol="tcp", first=22, last=22)
DNS = (PortRange(protocol="tcp", first=53, last=53), PortRange(protocol="udp", first=53, last=53))
NTP = PortRange(protocol="udp", first=123, last=123)
HTTPS = PortRange(protocol="tcp", first=443, last=443)
SYSLOG_TLS = PortRange(protocol="tcp", first=6514, last=6514)
METADATA_SERVICE = IPNetwork("169.254.169.254/32")
METADATA_PORT = PortRange(protocol="tcp", first=80, last=80)
DHCP = PortRange(protocol="udp", first=67, last=67)
BROADCAST = IPNetwork("255.255.255.255/32")
"""Where a server asks for its address (RFC 2131, 4.1). OVN's security groups close it like any other egress; a renewal
that is not let through to the one server that gave the address is asked for in this way in the end."""


class Direction(StrEnum):
    """Seen from the server that the group protects."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Connections that a group allows, from or to either another group of the tenant or an address range."""

    direction: Direction
    ports: PortRange
    remote_group: str | None = None
    remote_range: IPNetwork | None = None

    @property
    def name(self) -> str:
        """Unique and stable within its group: ``ingress-443-tcp-10.64.16.0-27``."""
        remote = self.remote_group or str(self.remote_range).replace("/", "-")
        return f"{self.direction}-{str(self.ports).replace('/', '-')}-{remote}"


def security_groups(
    tenant: Tenant, *, site: Site, register: Register, peers: Mapping[str, Tenant]
) -> Mapping[str, tuple[Rule, ...]]:
    """Every security group of a tenant with its rules, by name within the tenant.

    Args:
        tenant: the request.
        site: where the administration's range and the shared services' addresses come from.
        register: where blocks come from, the tenant's own and those of its peers.
        peers: the tenants that its flows name.
    """
    found: dict[str, list[Rule]] = {naming.BASE_GROUP: list(_base_rules(tenant, site))}
    found |= {naming.group(address): [] for address, _ in tenant.tiers()}
    tenants = {**peers, tenant.name: tenant}
    for flow in tenant.flows():
        if flow.target.tenant == tenant.name:
            remote = _source(flow, site, register, tenants)
            found[naming.group(flow.target)] += [
                Rule(direction=Direction.INGRESS, ports=ports, **remote) for ports in flow.ports
            ]
        if isinstance(flow.source, TierAddress) and flow.source.tenant == tenant.name:
            remote = _tier(flow.target, register, tenants, group=not flow.crosses_tenants())
            found[naming.group(flow.source)] += [
                Rule(direction=Direction.EGRESS, ports=ports, **remote) for ports in flow.ports
            ]
    return {group: tuple(_merged(rules)) for group, rules in found.items()}


class _Remote(TypedDict, total=False):
    remote_group: str
    remote_range: IPNetwork


def _source(flow: Flow, site: Site, register: Register, tenants: Mapping[str, Tenant]) -> _Remote:
    """Where a flow's connections come from, as the target's servers see it."""
    if flow.source is Outside.ADMINISTRATION:
        return {"remote_range": site.addresses.administration}
    if isinstance(flow.source, TierAddress):
        return _tier(flow.source, register, tenants, group=not flow.crosses_tenants())
    # From the Internet they come through the tenant's load balancer, which stands in the tier's own network.
    return _tier(flow.target, register, tenants, group=False)


def _tier(address: TierAddress, register: Register, tenants: Mapping[str, Tenant], *, group: bool) -> _Remote:
    """A tier as the other end of a rule: its group within the tenant, else the block of its network."""
    if group:
        return {"remote_group": naming.group(address)}
    return {"remote_range": register.tenants[address.tenant].networks[tenants[address.tenant].tier(address).network]}


def _base_rules(tenant: Tenant, site: Site) -> Iterator[Rule]:
    yield Rule(direction=Direction.INGRESS, ports=SSH, remote_range=site.addresses.administration)
    yield Rule(direction=Direction.EGRESS, ports=DHCP, remote_range=BROADCAST)
    yield Rule(direction=Direction.EGRESS, ports=METADATA_PORT, remote_range=METADATA_SERVICE)
    services = (
        (site.services.dns, DNS),
        (site.services.ntp, (NTP,)),
        (site.services.mirror, (HTTPS,)),
        (site.services.logs, (SYSLOG_TLS,)),
        (site.services.backups, (HTTPS,)),
    )
    for addresses, ports in services:
        for address in addresses:
            for port in ports:
                yield Rule(direction=Direction.EGRESS, ports=port, remote_range=IPNetwork(address))
    for egress in tenant.egress:
        for port in egress.ports:
            yield Rule(direction=Direction.EGRESS, ports=port, remote_range=egress.to)


def _merged(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The fewest rules that allow the same: one end's overlapping and neighbouring ports joined into one range."""
    ends: dict[tuple[Direction, str, str | None, IPNetwork | None], list[PortRange]] = defaultdict(list)
    for rule in rules:
        ends[rule.direction, rule.ports.protocol, rule.remote_group, rule.remote_range].append(rule.ports)
    for (direction, _, group, address_range), ports in ends.items():
        for joined in join_ranges(ports):
            yield Rule(direction=direction, ports=joined, remote_group=group, remote_range=address_range)


def join_ranges(ports: Iterable[PortRange]) -> list[PortRange]:
    """Join overlapping and neighbouring port ranges of one protocol: 80, 81-90 and 85-99 become 80-99."""
    joined: list[PortRange] = []
    for found in sorted(ports):
        last = joined[-1] if joined else None
        if last and found.first <= last.last + 1:
            joined[-1] = replace(last, last=max(last.last, found.last))
        else:
            joined.append(found)
    return joined
