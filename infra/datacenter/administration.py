"""The shared networks of a site: to the Internet, for administration, between tenants; and the bastion.

Administration is a network of its own (SecNumCloud 3.2, 9.6). Each tenant's router has one port in it; the
administration router knows, from the address register, behind which port each tenant's blocks lie. So SSH reaches every
server from the bastion by routing, without a second interface on any server, and tenants meet only in ``transit``, by
declared flows.
"""

from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack
from netaddr import IPNetwork

from infra.model.register import Register
from infra.model.site import KEPT_FOR_THE_SITE, Site
from infra.plan import cloud_config, firewall, routing

BASTION = "bastion"


@dataclass(frozen=True, kw_only=True)
class AdministrationArgs:
    """What the shared networks are made from; ids of the bastion's flavor and image."""

    site: Site
    register: Register
    management_key: str
    flavor_id: pulumi.Input[str]
    image_id: pulumi.Input[str]


class Administration(pulumi.ComponentResource):
    """External, administration, transit and services networks, their router, and the bastion with its address."""

    external: openstack.networking.Network
    administration: openstack.networking.Subnet
    transit: openstack.networking.Subnet
    bastion_address: pulumi.Output[str]
    bastion_id: pulumi.Output[str]

    def __init__(self, name: str, args: AdministrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Administration", name, None, opts)
        self._name, self._args, self._child = name, args, pulumi.ResourceOptions(parent=self)
        addresses = args.site.addresses
        self.external, external_subnet = self._external()
        gateway = str(routing.administration_gateway(args.site))
        self.administration = self._network("administration", addresses.administration, gateway)
        self.transit = self._network("transit", addresses.transit, None)
        services = self._network("services", addresses.services, str(addresses.services[1]))
        router = openstack.networking.Router(
            f"{name}-router",
            name="administration",
            external_network_id=self.external.id,
            enable_snat=False,  # the bastion has its own public address; nobody else leaves the site through here
            tags=["joliba"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[external_subnet]),
        )
        interfaces = [
            openstack.networking.RouterInterface(
                f"{name}-router-{label}", router_id=router.id, subnet_id=subnet.id, opts=self._child
            )
            for label, subnet in (("administration", self.administration), ("services", services))
        ]
        self._routes(router, interfaces)
        self.bastion_address, self.bastion_id = self._bastion(interfaces)
        self.register_outputs({"bastion_address": self.bastion_address})

    def _external(self) -> tuple[openstack.networking.Network, openstack.networking.Subnet]:
        external = self._args.site.external
        network = openstack.networking.Network(
            f"{self._name}-external",
            name="external",
            external=True,
            segments=[
                openstack.networking.NetworkSegmentArgs(
                    physical_network=external.physical_network,
                    network_type=external.network_type,
                    segmentation_id=external.segment,
                )
            ],
            tags=["joliba"],
            opts=self._child,
        )
        subnet = openstack.networking.Subnet(
            f"{self._name}-external-subnet",
            name="external",
            network_id=network.id,
            ip_version=4,
            cidr=str(external.subnet),
            gateway_ip=str(external.gateway),
            enable_dhcp=False,
            allocation_pools=[{"start": str(external.first), "end": str(external.last)}],
            tags=["joliba"],
            opts=pulumi.ResourceOptions(parent=network),
        )
        return network, subnet

    def _network(self, label: str, block: IPNetwork, gateway: str | None) -> openstack.networking.Subnet:
        """A shared network. Of its own accord Neutron only gives addresses that the register keeps for the site."""
        network = openstack.networking.Network(f"{self._name}-{label}", name=label, tags=["joliba"], opts=self._child)
        return openstack.networking.Subnet(
            f"{self._name}-{label}-subnet",
            name=label,
            network_id=network.id,
            ip_version=4,
            cidr=str(block),
            gateway_ip=gateway,
            allocation_pools=[{"start": str(block[2]), "end": str(block[KEPT_FOR_THE_SITE - 1])}],
            no_gateway=None if gateway else True,
            dns_nameservers=[str(address) for address in self._args.site.services.dns],
            tags=["joliba"],
            opts=pulumi.ResourceOptions(parent=network),
        )

    def _routes(
        self, router: openstack.networking.Router, interfaces: list[openstack.networking.RouterInterface]
    ) -> None:
        routes = list(routing.administration_routes(self._args.register))
        if not routes:
            return
        openstack.networking.RouterRoutesV2(
            f"{self._name}-routes",
            router_id=router.id,
            routes=[{"destination_cidr": str(route.destination), "next_hop": str(route.next_hop)} for route in routes],
            opts=pulumi.ResourceOptions(parent=router, depends_on=interfaces),
        )

    def _bastion(
        self, interfaces: list[openstack.networking.RouterInterface]
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Its public address, and its id."""
        args, name = self._args, f"{self._name}-{BASTION}"
        key = openstack.compute.Keypair(
            f"{name}-key",
            name="joliba-administration",
            public_key=args.management_key,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["publicKey"]),
        )
        port = openstack.networking.Port(
            name,
            name=BASTION,
            network_id=self.administration.network_id,
            fixed_ips=[{"subnet_id": self.administration.id}],
            security_group_ids=[self._bastion_group()],
            tags=["joliba"],
            opts=self._child,
        )
        server = openstack.compute.Instance(
            name,
            name=BASTION,
            flavor_id=args.flavor_id,
            key_pair=key.name,
            networks=[{"port": port.id}],
            user_data=cloud_config.user_data(
                hostname=BASTION,
                fqdn=f"{BASTION}.{args.site.name}.{args.site.zone_suffix}",
                management_key=args.management_key,
            ),
            metadata={"joliba": "foundation"},
            block_devices=[
                {
                    "uuid": args.image_id,
                    "source_type": "image",
                    "destination_type": "volume",
                    "volume_size": args.site.images[args.site.administration.image].disk,
                    "boot_index": 0,
                    "delete_on_termination": True,
                }
            ],
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["blockDevices", "userData"], delete_before_replace=True
            ),
        )
        address = openstack.networking.FloatingIp(
            f"{name}-address",
            pool=self.external.name,
            port_id=port.id,
            tags=["joliba"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=interfaces),
        )
        return address.address, server.id

    def _bastion_group(self) -> pulumi.Output[str]:
        """SSH in from the operators' ranges only; out to the servers of the site and its services, and for DHCP."""
        site, name = self._args.site, f"{self._name}-{BASTION}"
        group = openstack.networking.SecGroup(
            name, name=BASTION, delete_default_rules=True, tags=["joliba"], opts=self._child
        )
        ends = [
            *((firewall.Direction.INGRESS, operators, firewall.SSH) for operators in site.administration.operators),
            (firewall.Direction.EGRESS, site.addresses.supernet, None),
            (firewall.Direction.EGRESS, firewall.BROADCAST, firewall.DHCP),
        ]
        for direction, remote, ports in ends:
            openstack.networking.SecGroupRule(
                f"{name}-{direction}-{str(remote).replace('/', '-')}",
                security_group_id=group.id,
                direction=direction,
                ethertype="IPv4",
                protocol=ports.protocol if ports else None,
                port_range_min=ports.first if ports else None,
                port_range_max=ports.last if ports else None,
                remote_ip_prefix=str(remote),
                opts=pulumi.ResourceOptions(parent=group, deleted_with=group),
            )
        return group.id
