"""A tier's servers with their ports, and the data volumes that outlive them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_openstack as openstack

from infra.datacenter.labels import Labels
from infra.model.contract import FoundationContract, HostContract
from infra.model.flow import TierAddress
from infra.model.site import Site
from infra.model.tenant import Tenant, Tier
from infra.plan import cloud_config, naming

FIXED_UNTIL_REBUILT = ["blockDevices", "userData", "schedulerHints"]
"""Pulumi's names of what a server is made with: its image and root volume, its first instructions, its group."""


@dataclass(frozen=True, kw_only=True)
class TierArgs:
    """``rules`` are those of its security groups.

    ``built`` is what the stack's last contract says of each host: was a rebuild declared since?
    """

    tenant: Tenant
    site: Site
    address: TierAddress
    tier: Tier
    foundation: FoundationContract
    labels: Labels
    subnet: openstack.networking.Subnet
    security_group_ids: list[pulumi.Output[str]]
    rules: list[openstack.networking.SecGroupRule]
    key_pair: pulumi.Output[str]
    built: Mapping[str, HostContract] = field(default_factory=dict)


class TierServers(pulumi.ComponentResource):
    """The servers of one tier: spread over hypervisors, each at its own port, with its data volumes.

    ``addresses`` are the servers' fixed addresses in order; ``hosts`` the fields of `HostContract` by host name.
    """

    addresses: list[pulumi.Output[str]]
    hosts: dict[str, dict[str, Any]]

    def __init__(self, name: str, args: TierArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:TierServers", name, None, opts)
        self._args, self._word = args, args.tier.rebuild or ""
        hosts = naming.hosts(args.address, args.tier)
        self._rebuilds = any(args.built[host].rebuild != self._word for host in hosts if host in args.built)
        image = args.foundation.images[args.tier.image]
        older = [host for host in hosts if host in args.built and args.built[host].image_id not in {"", image}]
        if older and not self._rebuilds:
            pulumi.warn(
                f"{len(older)} of its servers have another image than new ones get ({args.tier.image}); "
                f"a new word in `rebuild` of {args.address} rebuilds them with it",
                self,
            )
        spread = openstack.compute.ServerGroup(
            f"{name}-spread",
            name=naming.in_cloud(args.tenant, naming.group(args.address)),
            policies=args.tier.spread.policy,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=[] if self._rebuilds else ["policies"]),
        )
        self.addresses, self.hosts = [], {}
        for host in hosts:
            port = self._port(host)
            server = self._server(host, port, spread)
            volumes = {volume: self._volume(host, volume, server) for volume in args.tier.volumes}
            address = port.all_fixed_ips[0]
            self.addresses.append(address)
            self.hosts[host] = self._contract(host, server, address, volumes)
        self.register_outputs({"addresses": self.addresses})

    def _port(self, host: str) -> openstack.networking.Port:
        """Its own resource, so that a rebuilt server keeps its address."""
        args = self._args
        return openstack.networking.Port(
            f"{host}-port",
            name=naming.in_cloud(args.tenant, host),
            network_id=args.subnet.network_id,
            fixed_ips=[{"subnet_id": args.subnet.id}],
            security_group_ids=args.security_group_ids,
            tags=args.labels.tags(args.address),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _server(
        self, host: str, port: openstack.networking.Port, spread: openstack.compute.ServerGroup
    ) -> openstack.compute.Instance:
        """Boots from a volume of the tenant's own volume type, so that the root disk is as encrypted as the data.

        It is not made before its firewall is whole: its first boot needs names, time and packages. What it was made
        with stays, whatever the catalogue offers since, until the tier's ``rebuild`` word changes.
        """
        args, in_cloud = self._args, naming.in_cloud(self._args.tenant, host)
        return openstack.compute.Instance(
            host,
            name=in_cloud,
            flavor_id=args.foundation.flavors[args.tier.flavor],
            key_pair=args.key_pair,
            networks=[{"port": port.id}],
            scheduler_hints=[{"group": spread.id}],
            user_data=cloud_config.user_data(
                hostname=in_cloud,
                fqdn=f"{host}.{args.site.zone(args.tenant.name)}",
                management_key=args.foundation.management_key,
            ),
            metadata=args.labels.metadata(args.address),
            tags=args.labels.tags(args.address),
            block_devices=[
                {
                    "uuid": args.foundation.images[args.tier.image],
                    "source_type": "image",
                    "destination_type": "volume",
                    "volume_size": args.tier.disk,
                    "volume_type": args.tier.volume_type,
                    "boot_index": 0,
                    "delete_on_termination": True,
                }
            ],
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=args.rules,
                delete_before_replace=True,
                replacement_trigger=self._word,
                ignore_changes=[] if self._rebuilds else FIXED_UNTIL_REBUILT,
            ),
        )

    def _volume(self, host: str, volume: str, server: openstack.compute.Instance) -> openstack.blockstorage.Volume:
        args, wanted, name = self._args, self._args.tier.volumes[volume], f"{host}-{volume}"
        made = openstack.blockstorage.Volume(
            name,
            name=naming.in_cloud(args.tenant, name),
            size=wanted.size,
            volume_type=wanted.type,
            enable_online_resize=True,
            metadata={**args.labels.metadata(args.address), "volume": volume},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        openstack.compute.VolumeAttach(
            f"{name}-attachment",
            instance_id=server.id,
            volume_id=made.id,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return made

    def _contract(
        self,
        host: str,
        server: openstack.compute.Instance,
        address: pulumi.Output[str],
        volumes: dict[str, openstack.blockstorage.Volume],
    ) -> dict[str, Any]:
        """The fields of `HostContract`."""
        args = self._args
        kept = None if self._rebuilds else args.built.get(host)
        return {
            "address": address,
            "network": args.tier.network,
            "platform": args.address.platform,
            "tier": args.address.tier,
            "flavor": args.tier.flavor,
            "image": kept.image if kept else args.tier.image,
            "image_id": server.block_devices.apply(lambda devices: devices[0].uuid if devices else ""),
            "rebuild": self._word,
            "server_id": server.id,
            "volumes": {label: volume.id for label, volume in volumes.items()},
            "volume_types": {label: volume.volume_type for label, volume in volumes.items()},
        }
