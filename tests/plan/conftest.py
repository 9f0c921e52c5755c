"""A small site and tenants made by hand: plans are judged on them without reading any file."""

from dataclasses import replace
from datetime import date

import pytest
from netaddr import IPAddress, IPNetwork

from infra.model.classification import Classification, HardeningLevel, Spread
from infra.model.flow import Flow, PortRange, parse_end
from infra.model.register import Allocation, Register
from infra.model.site import (
    AddressPlan,
    Administration,
    ExternalNetwork,
    Flavor,
    SharedServices,
    Site,
    VolumeType,
)
from infra.model.tenant import Contact, Contacts, DataVolume, Network, Platform, Published, Tenant, Tier


@pytest.fixture
def site() -> Site:
    return Site(
        name="ml-bko",
        country="ml",
        city="Bamako",
        cloud="lab",
        state=None,
        region=None,
        domain="gouvernement",
        zone_suffix="example",
        hostmaster="hostmaster@example",
        addresses=AddressPlan(
            supernet=IPNetwork("10.64.0.0/12"),
            administration=IPNetwork("10.64.0.0/22"),
            transit=IPNetwork("10.64.4.0/22"),
            services=IPNetwork("10.64.8.0/22"),
        ),
        external=ExternalNetwork(
            physical_network="public",
            network_type="flat",
            segment=None,
            subnet=IPNetwork("198.51.100.0/24"),
            gateway=IPAddress("198.51.100.1"),
            first=IPAddress("198.51.100.10"),
            last=IPAddress("198.51.100.250"),
        ),
        services=SharedServices(
            dns=(IPAddress("10.64.8.10"),),
            ntp=(IPAddress("10.64.8.12"),),
            mirror=(IPAddress("10.64.8.14"),),
            logs=(IPAddress("10.64.8.16"),),
        ),
        administration=Administration(
            operators=(IPNetwork("192.0.2.0/28"),), key=None, flavor="SCS-1V-4", image="debian-12"
        ),
        flavors={"SCS-2V-4": Flavor(name="SCS-2V-4", vcpus=2, ram=4)},
        images={},
        volume_types={
            name: VolumeType(name=name, description=name, encryption=None, extra_specs={})
            for name in ("standard", "encrypted")
        },
        qos={},
    )


def flow(source: str, target: str, *ports: str, tenant: str = "sante") -> Flow:
    end = parse_end(target, tenant=tenant, platform="dossier")
    return Flow(
        source=parse_end(source, tenant=tenant, platform="dossier"),
        target=end,
        ports=tuple(PortRange.parse(port) for port in ports),
    )


@pytest.fixture
def sante() -> Tenant:
    def tier(name: str, network: str, **volumes: int) -> Tier:
        return Tier(
            name=name,
            network=network,
            count=2,
            flavor="SCS-2V-4",
            image="debian-12",
            disk=20,
            volume_type="encrypted",
            spread=Spread.SOFT,
            rebuild=None,
            volumes={key: DataVolume(name=key, size=size, type="encrypted") for key, size in volumes.items()},
        )

    person = Contact(name="DSI", email="dsi@sante.example")
    return Tenant(
        name="sante",
        ministry="Ministère de la Santé",
        reason="Dossier patient",
        classification=Classification.RESTRICTED,
        contacts=Contacts(owner=person, technical=person, security=person),
        networks={name: Network(name=name, hosts=20) for name in ("dmz", "interne")},
        platforms={
            "dossier": Platform(
                name="dossier",
                description=None,
                tiers={
                    "web": tier("web", "dmz"),
                    "app": tier("app", "interne"),
                    "base": tier("base", "interne", donnees=200),
                },
                flows=(
                    flow("internet", "web", "443/tcp"),
                    flow("web", "app", "8080/tcp"),
                    flow("app", "base", "5432/tcp"),
                ),
                publish={
                    "dossier.sante.example": Published(name="dossier.sante.example", tier="web", port=443, listen=443)
                },
            )
        },
        hardening=HardeningLevel.INTERMEDIARY,
        review_by=date(2027, 6, 30),
    )


@pytest.fixture
def register() -> Register:
    return Register(
        site="ml-bko",
        tenants={
            "sante": Allocation(
                administration=IPAddress("10.64.0.10"),
                transit=IPAddress("10.64.4.10"),
                networks={"dmz": IPNetwork("10.64.16.0/27"), "interne": IPNetwork("10.64.16.128/25")},
            ),
            "etat-civil": Allocation(
                administration=IPAddress("10.64.0.11"),
                transit=IPAddress("10.64.4.11"),
                networks={"interne": IPNetwork("10.64.17.0/26")},
            ),
        },
    )


@pytest.fixture
def with_flows():
    """A tenant with other flows: ``with_flows(tenant, ("web", "app", "8080/tcp"), …)``."""

    def change(tenant: Tenant, *flows: tuple[str, ...]) -> Tenant:
        platform = tenant.platforms["dossier"]
        declared = tuple(flow(*each, tenant=tenant.name) for each in flows)
        return replace(tenant, platforms={"dossier": replace(platform, flows=declared)})

    return change
