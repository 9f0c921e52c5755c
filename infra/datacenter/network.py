"""A tenant's networks and the router that joins them to each other, to the administration and to declared peers."""

import os
from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack

from infra import environment
from infra.datacenter.labels import Labels
from infra.intake.findings import Finding, Place, Severity, language
from infra.model.contract import FoundationContract
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan import naming, routing


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """``administrator`` makes the router's ports in the shared networks, which are not the tenant's."""

    tenant: Tenant
    site: Site
    register: Register
    foundation: FoundationContract
    labels: Labels
    project_id: pulumi.Output[str]
    administrator: openstack.Provider


class Network(pulumi.ComponentResource):
    """The tenant's subnets by name, and ``ready``: what has to be there before a public address can be bound."""

    subnets: dict[str, openstack.networking.Subnet]
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Network", name, None, opts)
        self._name, self._args, self._child = name, args, pulumi.ResourceOptions(parent=self)
        self.subnets = {network: self._subnet(network) for network in args.tenant.networks}
        self.ready = self._router() if self.subnets else []
        self.register_outputs({"subnets": {network: subnet.id for network, subnet in self.subnets.items()}})

    def _subnet(self, network: str) -> openstack.networking.Subnet:
        args = self._args
        qos = args.tenant.networks[network].qos
        in_cloud = naming.in_cloud(args.tenant, network)
        made = openstack.networking.Network(
            f"{self._name}-{network}",
            name=in_cloud,
            description=f"{args.tenant.ministry}: {network}",
            qos_policy_id=args.foundation.qos[qos] if qos else None,
            tags=args.labels.tags(),
            opts=self._child,
        )
        return openstack.networking.Subnet(
            f"{self._name}-{network}-subnet",
            name=in_cloud,
            network_id=made.id,
            ip_version=4,
            cidr=str(args.register.tenants[args.tenant.name].networks[network]),
            dns_nameservers=[str(address) for address in args.site.services.dns],
            tags=args.labels.tags(),
            opts=pulumi.ResourceOptions(parent=made),
        )

    def _router(self) -> list[pulumi.Resource]:
        args, name = self._args, f"{self._name}-router"
        router = openstack.networking.Router(
            name,
            name=naming.in_cloud(args.tenant, "router"),
            external_network_id=args.foundation.external_network if routing.needs_gateway(args.tenant) else None,
            tags=args.labels.tags(),
            opts=self._child,
        )
        interfaces: list[pulumi.Resource] = [
            openstack.networking.RouterInterface(
                f"{name}-{network}",
                router_id=router.id,
                subnet_id=subnet.id,
                opts=pulumi.ResourceOptions(parent=router),
            )
            for network, subnet in self.subnets.items()
        ]
        allocation, foundation = args.register.tenants[args.tenant.name], args.foundation
        shared = [
            (
                "administration",
                foundation.administration_network,
                foundation.administration_subnet,
                allocation.administration,
            )
        ]
        if routing.peers(args.tenant):
            shared.append(("transit", foundation.transit_network, foundation.transit_subnet, allocation.transit))
        interfaces += [
            self._shared_interface(router, label, network_id, subnet_id, str(address))
            for label, network_id, subnet_id, address in shared
        ]
        if not routing.needs_gateway(args.tenant):
            router.external_network_id.apply(self._tell_of_kept_gateway)
        routes = routing.tenant_routes(args.tenant, site=args.site, register=args.register)
        routed = openstack.networking.RouterRoutesV2(
            f"{name}-routes",
            router_id=router.id,
            routes=[{"destination_cidr": str(route.destination), "next_hop": str(route.next_hop)} for route in routes],
            opts=pulumi.ResourceOptions(parent=router, depends_on=interfaces),
        )
        return [*interfaces, routed]

    def _tell_of_kept_gateway(self, external_network: str | None) -> None:
        """Say so where the router leads out still: the provider leaves a gateway alone that is not asked for.

        ``joliba up`` closes it after the build; by hand, Pulumi would report no change and nobody would know.
        """
        if external_network and environment.RUN not in os.environ:
            tenant, site = self._args.tenant.name, self._args.site.name
            told = {"tenant": tenant, "stack": f"{site}.{tenant}"}
            finding, lang = Finding("GATEWAY-KEPT", Place(""), told, severity=Severity.WARNING), language()
            pulumi.warn(f"{finding.text(lang)} {finding.fix(lang)} ({finding.code})")

    def _shared_interface(
        self, router: openstack.networking.Router, label: str, network_id: str, subnet_id: str, address: str
    ) -> openstack.networking.RouterInterface:
        """The router's port in a shared network, at the address that the register gave."""
        args, name = self._args, f"{self._name}-shared-{label}"
        port = openstack.networking.Port(
            f"{name}-port",
            name=naming.in_cloud(args.tenant, label),
            network_id=network_id,
            tenant_id=args.project_id,
            fixed_ips=[{"subnet_id": subnet_id, "ip_address": address}],
            no_security_groups=True,
            tags=args.labels.tags(),
            opts=pulumi.ResourceOptions(
                parent=router,
                provider=args.administrator,
                # the router's interface owns the port from then on, and removes it
                ignore_changes=["deviceId", "deviceOwner"],
            ),
        )
        return openstack.networking.RouterInterface(
            name,
            router_id=router.id,
            port_id=port.id,
            opts=pulumi.ResourceOptions(parent=router, provider=args.administrator),
        )
