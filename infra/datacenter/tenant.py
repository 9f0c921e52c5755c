"""Everything of one ministry at one site, as one stack: ``<site>.<tenant>``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pulumi
import pulumi_openstack as openstack

from infra.datacenter.access import Access, AccessArgs
from infra.datacenter.balancer import Balancer, BalancerArgs
from infra.datacenter.compute import TierArgs, TierServers
from infra.datacenter.firewall import Firewall, FirewallArgs
from infra.datacenter.labels import Labels
from infra.datacenter.network import Network, NetworkArgs
from infra.datacenter.storage import Buckets, BucketsArgs
from infra.model.contract import FoundationContract, TenantContract
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Platform
from infra.model.tenant import Tenant as Request
from infra.plan import naming
from infra.plan.firewall import security_groups
from infra.plan.quota import granted, parts, quota


@dataclass(frozen=True, kw_only=True)
class TenantArgs:
    """``peers`` are the tenants that the request's flows name.

    ``built`` what the stack's last contract says, if any.
    """

    request: Request
    site: Site
    register: Register
    peers: Mapping[str, Request]
    foundation: FoundationContract
    commit: str
    password: pulumi.Output[str]
    administrator: openstack.Provider
    built: TenantContract | None


class Tenant(pulumi.ComponentResource):
    """A tenant. ``contract`` holds the fields of `TenantContract`, as outputs where they are not known yet."""

    contract: dict[str, Any]

    def __init__(self, name: str, args: TenantArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Tenant", name, None, opts)
        request = args.request
        self._args = args
        self._labels = Labels.of(request, args.commit)
        groups = security_groups(request, site=args.site, register=args.register, peers=args.peers)
        limits = quota(request, site=args.site, groups=groups)
        self._by_administrator = pulumi.ResourceOptions(parent=self, providers=[args.administrator])
        access = Access(
            "access",
            AccessArgs(
                tenant=request,
                site=args.site,
                foundation=args.foundation,
                labels=self._labels,
                quota=granted(request, limits, args.built),
                password=args.password,
            ),
            self._by_administrator,
        )
        self._access, self._by_tenant = access, pulumi.ResourceOptions(parent=self, providers=[access.provider])
        self._network = Network(
            "network",
            NetworkArgs(
                tenant=request,
                site=args.site,
                register=args.register,
                foundation=args.foundation,
                labels=self._labels,
                project_id=access.project_id,
                administrator=args.administrator,
            ),
            self._by_tenant,
        )
        firewall = Firewall(
            "firewall", FirewallArgs(tenant=request, labels=self._labels, groups=groups), self._by_tenant
        )
        Buckets("buckets", BucketsArgs(tenant=request, labels=self._labels), self._by_tenant)
        tiers = self._tiers(firewall)
        published = self._published(tiers)
        self.contract = {
            "site": args.site.name,
            "tenant": request.name,
            "classification": str(request.classification),
            "hardening": str(request.hardening),
            "project_id": access.project_id,
            "networks": {network: subnet.cidr for network, subnet in self._network.subnets.items()},
            "hosts": {host: fields for tier in tiers.values() for host, fields in tier.hosts.items()},
            "published": published,
            "buckets": list(request.buckets),
            "granted": asdict(limits),
            "parts": sorted(parts(request)),
        }
        self.register_outputs({"project_id": access.project_id})

    def _tiers(self, firewall: Firewall) -> dict[str, TierServers]:
        """Each tier's servers by the name of its group."""
        args = self._args
        if not any(True for _ in args.request.tiers()):
            return {}
        key = openstack.compute.Keypair(
            "management-key",
            name="joliba",
            public_key=args.foundation.management_key,
            opts=pulumi.ResourceOptions(parent=self, provider=self._access.provider, ignore_changes=["publicKey"]),
        )
        return {
            naming.group(address): TierServers(
                naming.group(address),
                TierArgs(
                    tenant=args.request,
                    site=args.site,
                    address=address,
                    tier=tier,
                    foundation=args.foundation,
                    labels=self._labels,
                    subnet=self._network.subnets[tier.network],
                    security_group_ids=[firewall.group_ids[group] for group in groups],
                    rules=[rule for group in groups for rule in firewall.rules[group]],
                    key_pair=key.name,
                    built=args.built.hosts if args.built else {},
                ),
                self._by_tenant,
            )
            for address, tier in args.request.tiers()
            for groups in [(naming.BASE_GROUP, naming.group(address))]
        }

    def _published(self, tiers: Mapping[str, TierServers]) -> dict[str, pulumi.Output[str]]:
        """Each published name with its public address."""
        args = self._args
        if not any(platform.publish for platform in args.request.platforms.values()):
            return {}
        share = openstack.dns.ZoneShareV2(
            "zone-share",
            zone_id=args.foundation.zones[args.request.name],
            target_project_id=self._access.project_id,
            opts=pulumi.ResourceOptions(parent=self, provider=args.administrator),
        )
        found: dict[str, pulumi.Output[str]] = {}
        for platform in args.request.platforms.values():
            for tier in sorted({published.tier for published in platform.publish.values()}):
                found |= self._publish(platform, tier, tiers, share)
        return found

    def _publish(
        self, platform: Platform, tier: str, tiers: Mapping[str, TierServers], share: openstack.dns.ZoneShareV2
    ) -> dict[str, pulumi.Output[str]]:
        args = self._args
        address = next(
            found for found, _ in args.request.tiers() if (found.platform, found.tier) == (platform.name, tier)
        )
        names = [published for published in platform.publish.values() if published.tier == tier]
        balancer = Balancer(
            f"{naming.group(address)}-balancer",
            BalancerArgs(
                tenant=args.request,
                address=address,
                published=names,
                addresses=tiers[naming.group(address)].addresses,
                foundation=args.foundation,
                labels=self._labels,
                subnet=self._network.subnets[platform.tiers[tier].network],
                network_ready=self._network.ready,
                zone_share=share,
            ),
            self._by_tenant,
        )
        return {published.name: balancer.public_address for published in names}
