"""What the tenants of a site share, as one stack: ``<site>.foundation``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_openstack as openstack

from infra.datacenter.administration import Administration, AdministrationArgs
from infra.datacenter.catalogue import Catalogue, CatalogueArgs
from infra.errors import CloudError
from infra.model.classification import Role
from infra.model.register import Register
from infra.model.site import Site

if TYPE_CHECKING:
    from infra.lab.machines.profile import BootableImage


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    """``placeholders`` and ``bootable``: see `infra.datacenter.catalogue.CatalogueArgs`.

    ``image_versions``: digests by name of those that the last contract knew, which never change.
    """

    site: Site
    register: Register
    management_key: str
    root: Path
    placeholders: Path
    bootable: Mapping[str, "BootableImage"] = field(default_factory=dict)
    image_versions: Mapping[str, str] = field(default_factory=dict)


class Foundation(pulumi.ComponentResource):
    """Domain, catalogue, DNS zones and shared networks of a site, and the contract that its tenants read."""

    contract: dict[str, Any]

    def __init__(self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Foundation", name, None, opts)
        site = args.site
        administrator = openstack.Provider(
            "administrator", cloud=site.cloud, region=site.region, opts=pulumi.ResourceOptions(parent=self)
        )
        child = pulumi.ResourceOptions(parent=self, providers=[administrator])
        domain = openstack.identity.Project(
            f"{name}-domain",
            name=site.domain,
            description=f"Joliba, {site.name}",
            is_domain=True,
            opts=pulumi.ResourceOptions(parent=self, provider=administrator),
        )
        catalogue = Catalogue(
            f"{name}-catalogue",
            CatalogueArgs(site=site, root=args.root, placeholders=args.placeholders, bootable=args.bootable),
            child,
        )
        administration = Administration(
            f"{name}-administration",
            AdministrationArgs(
                site=site,
                register=args.register,
                management_key=args.management_key,
                flavor_id=catalogue.flavors[site.administration.flavor],
                image_id=catalogue.images[site.administration.image],
            ),
            child,
        )
        scope = openstack.identity.get_auth_scope(
            name="administrator", opts=pulumi.InvokeOptions(provider=administrator)
        )
        # Designate allows a project ten zones, and all tenants' zones are the administrator's
        room = openstack.dns.QuotaV2(
            f"{name}-quota-dns",
            project_id=scope.project_id,
            zones=-1,
            opts=pulumi.ResourceOptions(parent=self, provider=administrator),
        )
        zones = {
            tenant: openstack.dns.Zone(
                f"{name}-zone-{tenant}",
                name=f"{site.zone(tenant)}.",
                email=site.hostmaster,
                type="PRIMARY",
                opts=pulumi.ResourceOptions(parent=self, provider=administrator, depends_on=[room]),
            ).id
            for tenant in sorted(args.register.tenants)
        }
        self.contract = self._contract(
            args=args,
            administrator=administrator,
            scope=scope,
            domain=domain,
            catalogue=catalogue,
            administration=administration,
            zones=zones,
        )
        self.register_outputs({"zones": zones})

    @staticmethod
    def _contract(
        *,
        args: FoundationArgs,
        administrator: openstack.Provider,
        scope: openstack.identity.AwaitableGetAuthScopeResult,
        domain: openstack.identity.Project,
        catalogue: Catalogue,
        administration: Administration,
        zones: dict[str, pulumi.Output[str]],
    ) -> dict[str, Any]:
        """The fields of `infra.model.contract.FoundationContract`, as outputs where they are not known yet."""
        asked = pulumi.InvokeOptions(provider=administrator)
        digests = {each.name: each.digest for image in args.site.images.values() for each in image.versions}
        return {
            "auth_url": _identity_endpoint(scope),
            "region": args.site.region or scope.region,
            "domain_id": domain.id,
            "marked_project": scope.project_id,
            "roles": {role: openstack.identity.get_role(name=role, opts=asked).id for role in Role},
            "flavors": catalogue.flavors,
            "images": catalogue.images,
            "image_versions": {**args.image_versions, **digests},
            "qos": catalogue.qos,
            "zones": zones,
            "external_network": administration.external.id,
            "external_network_name": administration.external.name,
            "administration_network": administration.administration.network_id,
            "administration_subnet": administration.administration.id,
            "transit_network": administration.transit.network_id,
            "transit_subnet": administration.transit.id,
            "management_key": args.management_key,
            "bastion": administration.bastion_address,
            "bastion_id": administration.bastion_id,
        }


def _identity_endpoint(scope: openstack.identity.AwaitableGetAuthScopeResult) -> str:
    """The public address of the identity service, from the service catalogue.

    Raises:
        CloudError: the catalogue has none.
    """
    for service in scope.service_catalogs:
        if service.type == "identity":
            for endpoint in service.endpoints:
                if endpoint.interface == "public":
                    return str(endpoint.url)
    raise CloudError("the cloud's service catalogue has no public endpoint of the identity service")
