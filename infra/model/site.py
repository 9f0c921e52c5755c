"""A datacenter: its addresses, its catalogue, and what its tenants share."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from netaddr import IPAddress, IPNetwork

from infra.model.capacity import Capacity
from infra.model.price_book import PriceBook

MOST_DESTROYED = 25
"""Percent of a tenant's servers, where a site says nothing."""
KEPT_FOR_THE_SITE = 10
"""First addresses of the administration and transit ranges that no tenant's router gets: gateway, bastion, DHCP."""


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """A size of server by its SCS name (``SCS-2V-8``: 2 vCPU, 8 GiB). ``ram`` and ``disk`` in GiB; no disk: 0."""

    name: str
    vcpus: int
    ram: int
    disk: int = 0

    @property
    def ram_mib(self) -> int:
        """The memory in MiB, as the compute API counts it."""
        return self.ram * 1024


@dataclass(frozen=True, kw_only=True)
class ImageVersion:
    """One immutable build of an image.

    ``source`` is a file of the site (absolute, or relative to the project root), or ``placeholder``: a lab's stand-in
    of a few bytes, since a lab without virtual machines never boots it. ``sha256`` in hexadecimal, of the file; a
    placeholder may have none.
    """

    image: str
    version: str
    source: str
    sha256: str | None
    properties: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name in the image service, never given twice: ``debian-12-20261101``."""
        return f"{self.image}-{self.version}"

    @property
    def digest(self) -> str:
        """SHA-256 of what it is: its content and properties. Its file may lie elsewhere tomorrow."""
        what = [self.sha256 or self.source, sorted(self.properties.items())]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Image:
    """An operating system as requests name it. New servers get its ``current`` version, the last one listed.

    ``supported_until``: the last day on which its maker mends its security flaws, if the site's file says one.
    """

    name: str
    user: str
    disk: int
    versions: tuple[ImageVersion, ...]
    supported_until: date | None = None

    @property
    def current(self) -> ImageVersion:
        """The version that new and rebuilt servers get."""
        return self.versions[-1]


@dataclass(frozen=True, kw_only=True)
class Encryption:
    """How a volume type encrypts, in the terms of the block storage API. ``key_size`` in bits."""

    provider: str
    cipher: str
    key_size: int
    control_location: str


@dataclass(frozen=True, kw_only=True)
class VolumeType:
    """A kind of volume, described with SCS's tags (``[scs:encrypted, replicated]``)."""

    name: str
    description: str
    encryption: Encryption | None
    extra_specs: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ExternalNetwork:
    """The network to the Internet, and the public addresses that tenants may be given (``first`` to ``last``)."""

    physical_network: str
    network_type: str
    segment: int | None
    subnet: IPNetwork
    gateway: IPAddress
    first: IPAddress
    last: IPAddress


@dataclass(frozen=True, kw_only=True)
class AddressPlan:
    """The site's own part of the address plan.

    ``supernet`` holds every tenant's blocks and the three reserved ranges: ``administration`` (bastion and tenants'
    routers; the only source of SSH), ``transit`` (declared flows between tenants), ``services`` (DNS, time, mirror,
    logs).
    """

    supernet: IPNetwork
    administration: IPNetwork
    transit: IPNetwork
    services: IPNetwork

    @property
    def reserved(self) -> Mapping[str, IPNetwork]:
        """The ranges that no tenant is ever given, by name."""
        return {
            "administration": self.administration,
            "transit": self.transit,
            "services": self.services,
        }


@dataclass(frozen=True, kw_only=True)
class SharedServices:
    """Addresses in the site of what every host needs: DNS, NTP, package mirror (HTTPS), log collector (syslog/TLS).

    ``backups``, if there are any, speak restic's REST protocol (HTTPS).
    """

    dns: tuple[IPAddress, ...]
    ntp: tuple[IPAddress, ...]
    mirror: tuple[IPAddress, ...]
    logs: tuple[IPAddress, ...]
    backups: tuple[IPAddress, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HostSettings:
    """What every host is given beside: who reads root's mail, and the authority (PEM) of the services' certificates."""

    mail_alias: str | None = None
    authority: str | None = None


@dataclass(frozen=True, kw_only=True)
class Administration:
    """Who may reach the bastion, what it runs on, and the public half of the site's management key.

    Without a ``key`` the platform team's machine makes one for the site (a lab's case).
    """

    operators: tuple[IPNetwork, ...]
    key: str | None
    flavor: str
    image: str


@dataclass(frozen=True, kw_only=True)
class PlatformTeam:
    """Who runs the site. ``group`` is the team on the forge, ``organization/team``."""

    email: str
    group: str | None = None


@dataclass(frozen=True, kw_only=True)
class QosPolicy:
    """A bandwidth limit, in kbit/s."""

    name: str
    max_kbps: int
    max_burst_kbps: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """A datacenter as its file describes it.

    ``cloud`` is an entry of ``clouds.yaml`` or ``lab``; ``state`` a Pulumi backend's URL; ``domain`` the identity
    domain of the government's projects and groups; ``zone_suffix`` what tenants' DNS zones end in. Without ``capacity``
    or ``prices`` no request is judged by them. ``most_destroyed``: percent of a tenant's servers that a request may
    remove without naming them.
    """

    name: str
    country: str
    city: str
    cloud: str
    state: str | None
    region: str | None
    domain: str
    zone_suffix: str
    hostmaster: str
    addresses: AddressPlan
    external: ExternalNetwork
    services: SharedServices
    administration: Administration
    flavors: Mapping[str, Flavor]
    images: Mapping[str, Image]
    volume_types: Mapping[str, VolumeType]
    qos: Mapping[str, QosPolicy]
    capacity: Capacity | None = None
    prices: PriceBook | None = None
    platform_team: PlatformTeam | None = None
    most_destroyed: int = MOST_DESTROYED
    hosts: HostSettings = HostSettings()

    def zone(self, tenant: str) -> str:
        """The DNS zone of a tenant, without the final dot."""
        return f"{tenant}.{self.zone_suffix}"
