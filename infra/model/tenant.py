"""What one ministry owns at one site: one file, one OpenStack project, one Pulumi stack."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from netaddr import IPNetwork

from infra.model.classification import Classification, HardeningLevel, Lifecycle, Role, Spread, TierRole
from infra.model.flow import Flow, PortRange, TierAddress


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Who answers for the tenant in one respect."""

    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """The three people a tenant must name: who owns the data, who runs it, who secures it."""

    owner: Contact
    technical: Contact
    security: Contact


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network of the tenant, as asked for: room for ``hosts`` addresses, or an explicit ``prefix`` length."""

    name: str
    hosts: int | None = None
    prefix: int | None = None
    qos: str | None = None


@dataclass(frozen=True, kw_only=True)
class DataVolume:
    """A volume that each server of a tier gets and that outlives the server. Size in GiB."""

    name: str
    size: int
    type: str


@dataclass(frozen=True, kw_only=True)
class Tier:
    """Equal servers of a platform.

    ``disk`` is the root volume's size in GiB, ``volume_type`` its type. ``rebuild`` is any word; a changed one rebuilds
    the tier's servers with the image's newest version, and nothing else ever does. ``packages`` and ``services`` are
    what its servers need beyond the image: what else an audit finds there is told. ``role`` exempts them from rules.
    """

    name: str
    network: str
    count: int
    flavor: str
    image: str
    disk: int
    volume_type: str
    spread: Spread
    rebuild: str | None
    volumes: Mapping[str, DataVolume]
    packages: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    role: TierRole = TierRole.GUEST


@dataclass(frozen=True, kw_only=True)
class Published:
    """A name on the Internet that leads, through a load balancer, to a port of a tier's servers.

    ``listen`` is the balancer's port, ``port`` the servers'.
    """

    name: str
    tier: str
    port: int
    listen: int


@dataclass(frozen=True, kw_only=True)
class Platform:
    """An application of a tenant."""

    name: str
    description: str | None
    tiers: Mapping[str, Tier]
    flows: tuple[Flow, ...]
    publish: Mapping[str, Published]


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A container of the object store. Size in GiB, enforced as its quota."""

    name: str
    size: int


@dataclass(frozen=True, kw_only=True)
class AccessGroup:
    """A group of people of the government's domain, its role in the project, and their SSH public keys."""

    name: str
    role: Role
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Egress:
    """A destination outside the site that the tenant's servers may open connections to, and why."""

    to: IPNetwork
    ports: tuple[PortRange, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class DataNature:
    """Whether the tenant holds personal or health data: the laws of the country ask."""

    personal: bool = False
    health: bool = False


@dataclass(frozen=True, kw_only=True)
class Backups:
    """How often the data is saved and for how long it is kept."""

    every_hours: int
    keep_days: int


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """An accepted exception to a rule (dérogation), with its end."""

    rule: str
    reason: str
    owner: str
    approver: str
    expires: date


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A checked request with every default filled in.

    ``removes`` names what this version of the request may remove (``platforms.dossier.tiers.base.volumes.donnees``).
    """

    name: str
    ministry: str
    reason: str
    classification: Classification
    contacts: Contacts
    networks: Mapping[str, Network]
    platforms: Mapping[str, Platform]
    hardening: HardeningLevel
    review_by: date
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    data: DataNature = field(default_factory=DataNature)
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    groups: Mapping[str, AccessGroup] = field(default_factory=dict)
    egress: tuple[Egress, ...] = ()
    backups: Backups | None = None
    deviations: tuple[Deviation, ...] = ()
    removes: tuple[str, ...] = ()

    def tiers(self) -> Iterator[tuple[TierAddress, Tier]]:
        """Every tier of every platform with its address, in the order of the file."""
        for platform in self.platforms.values():
            for tier in platform.tiers.values():
                yield TierAddress(tenant=self.name, platform=platform.name, tier=tier.name), tier

    def flows(self) -> Iterator[Flow]:
        """Every flow of every platform, in the order of the file."""
        for platform in self.platforms.values():
            yield from platform.flows

    def tier(self, address: TierAddress) -> Tier:
        """The tier at an address of this tenant."""
        return self.platforms[address.platform].tiers[address.tier]
