"""What the Internet sees of a tier: a load balancer with a public address, and the names that lead to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack

from infra.datacenter.labels import Labels
from infra.model.contract import FoundationContract
from infra.model.flow import TierAddress
from infra.model.tenant import Published, Tenant
from infra.plan import naming

RECORD_TTL = 300
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class BalancerArgs:
    """``addresses`` are the tier's servers'; ``network_ready`` what a public address needs before it can be bound."""

    tenant: Tenant
    address: TierAddress
    published: Sequence[Published]
    addresses: list[pulumi.Output[str]]
    foundation: FoundationContract
    labels: Labels
    subnet: openstack.networking.Subnet
    network_ready: list[pulumi.Resource]
    zone_share: openstack.dns.ZoneShareV2


class Balancer(pulumi.ComponentResource):
    """One load balancer for a published tier, a listener for each of its public ports, a DNS record for each name."""

    public_address: pulumi.Output[str]

    def __init__(self, name: str, args: BalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Balancer", name, None, opts)
        self._name, self._args = name, args
        in_cloud = naming.in_cloud(args.tenant, naming.group(args.address))
        balancer = openstack.loadbalancer.LoadBalancer(
            name,
            name=in_cloud,
            vip_subnet_id=args.subnet.id,
            tags=args.labels.tags(args.address),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for listen, port in sorted({(published.listen, published.port) for published in args.published}):
            self._listener(balancer, listen, port)
        public = openstack.networking.FloatingIp(
            f"{name}-address",
            pool=args.foundation.external_network_name,
            port_id=balancer.vip_port_id,
            tags=args.labels.tags(args.address),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.network_ready),
        )
        self.public_address = public.address
        for published in args.published:
            # named after itself alone: a name that moves to another tier is changed, not made twice
            openstack.dns.RecordSet(
                f"record-{published.name}",
                zone_id=args.foundation.zones[args.tenant.name],
                name=f"{published.name}.",
                type="A",
                ttl=RECORD_TTL,
                records=[public.address],
                opts=pulumi.ResourceOptions(parent=self, depends_on=[args.zone_share]),
            )
        self.register_outputs({"public_address": self.public_address})

    def _listener(self, balancer: openstack.loadbalancer.LoadBalancer, listen: int, port: int) -> None:
        """TLS passes through to the servers: the platform of the site never holds a ministry's private keys."""
        args, name = self._args, f"{self._name}-{listen}"
        in_cloud = naming.in_cloud(args.tenant, f"{naming.group(args.address)}-{listen}")
        tags = args.labels.tags(args.address)
        listener = openstack.loadbalancer.Listener(
            name,
            name=in_cloud,
            loadbalancer_id=balancer.id,
            protocol="TCP",
            protocol_port=listen,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=balancer),
        )
        pool = openstack.loadbalancer.Pool(
            f"{name}-pool",
            name=in_cloud,
            listener_id=listener.id,
            protocol="TCP",
            lb_method="ROUND_ROBIN",
            tags=tags,
            opts=pulumi.ResourceOptions(parent=listener),
        )
        for number, address in enumerate(args.addresses, start=1):
            openstack.loadbalancer.Member(
                f"{name}-member-{number}",
                name=naming.in_cloud(args.tenant, naming.host(args.address, number)),
                pool_id=pool.id,
                address=address,
                protocol_port=port,
                subnet_id=args.subnet.id,
                opts=pulumi.ResourceOptions(parent=pool),
            )
        openstack.loadbalancer.Monitor(
            f"{name}-monitor",
            name=in_cloud,
            pool_id=pool.id,
            type="TCP",
            delay=5,  # seconds between two checks
            timeout=3,  # seconds for an answer
            max_retries=3,  # failures in a row that take a server out
            opts=pulumi.ResourceOptions(parent=pool),
        )
