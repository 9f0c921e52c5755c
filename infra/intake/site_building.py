"""Documents of a site, a country and a register become their models; addresses that are none become findings."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from netaddr import AddrFormatError, IPAddress, IPNetwork

from infra.intake.findings import Path, refused
from infra.intake.reading import Document, Tree
from infra.model.capacity import NEUTRON_ROUTES, Capacity, Headroom, StoragePool
from infra.model.classification import Classification, HardeningLevel
from infra.model.country import (
    AcceptedDestination,
    Authority,
    ClassificationPolicy,
    Country,
    DeviationPolicy,
    LeastBackups,
    NationalList,
    NaturePolicy,
    Policy,
)
from infra.model.price_book import PriceBook
from infra.model.register import Allocation, Register
from infra.model.site import (
    MOST_DESTROYED,
    AddressPlan,
    Administration,
    Encryption,
    ExternalNetwork,
    Flavor,
    HostSettings,
    Image,
    ImageVersion,
    PlatformTeam,
    QosPolicy,
    SharedServices,
    Site,
    VolumeType,
)

_NOWHERE = IPNetwork("0.0.0.0/32")


class _Addresses:
    """Reads addresses out of a document; of what is none it says so and goes on with a stand-in."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def one(self, text: str, *path: str | int) -> IPAddress:
        try:
            return IPAddress(text)
        except (AddrFormatError, ValueError):
            self._refuse(text, path, "10.64.8.10")
            return _NOWHERE.ip

    def several(self, texts: Iterable[str], *path: str | int) -> tuple[IPAddress, ...]:
        return tuple(self.one(text, *path, position) for position, text in enumerate(texts))

    def block(self, text: str, *path: str | int) -> IPNetwork:
        if (found := network(text)) is not None:
            return found
        self._refuse(text, path, "10.64.0.0/22")
        return _NOWHERE

    def _refuse(self, text: str, path: Path, example: str) -> None:
        self._document.refuse("VALUE-ADDRESS", path, found=text, example=example)


def network(text: str) -> IPNetwork | None:
    """A range in CIDR form; nothing if it is none or has host bits."""
    try:
        found = IPNetwork(text)
    except (AddrFormatError, ValueError):
        return None
    return found if found.ip == found.network else None


def build_site(document: Document) -> Site | None:
    """The site of a document of the right shape; nothing if it has errors."""
    if document.unreadable or refused(document.findings):
        return None
    values = document.values
    read = _Addresses(document)
    site = Site(
        name=values["site"],
        country=values["country"],
        city=values["city"],
        cloud=values["cloud"],
        state=values.get("state"),
        region=values.get("region"),
        domain=values["domain"],
        zone_suffix=values["dns"]["suffix"],
        hostmaster=values["dns"]["hostmaster"],
        addresses=_plan(values["addresses"], read),
        external=_external(values["external"], read),
        services=SharedServices(
            **{name: read.several(addresses, "services", name) for name, addresses in values["services"].items()}
        ),
        administration=_administration(values["administration"], read),
        flavors={name: Flavor(name=name, **content) for name, content in values["flavors"].items()},
        images={name: _image(name, content) for name, content in values["images"].items()},
        volume_types={name: _volume_type(name, content) for name, content in values["volume_types"].items()},
        qos={name: QosPolicy(name=name, **content) for name, content in values.get("qos", {}).items()},
        capacity=_capacity(values["capacity"]) if "capacity" in values else None,
        prices=_price_book(values["prices"]) if "prices" in values else None,
        platform_team=PlatformTeam(**values["platform_team"]) if "platform_team" in values else None,
        most_destroyed=values.get("most_destroyed", MOST_DESTROYED),
        hosts=HostSettings(**values.get("hosts", {})),
    )
    return None if refused(document.findings) else site


def _plan(values: Tree, read: _Addresses) -> AddressPlan:
    reserved = {
        name: read.block(values["reserved"][name], "addresses", "reserved", name)
        for name in ("administration", "transit", "services")
    }
    return AddressPlan(supernet=read.block(values["supernet"], "addresses", "supernet"), **reserved)


def _external(values: Tree, read: _Addresses) -> ExternalNetwork:
    first, last = read.several(values["pool"], "external", "pool")
    return ExternalNetwork(
        physical_network=values["physical_network"],
        network_type=values["type"],
        segment=values.get("segment"),
        subnet=read.block(values["subnet"], "external", "subnet"),
        gateway=read.one(values["gateway"], "external", "gateway"),
        first=first,
        last=last,
    )


def _administration(values: Tree, read: _Addresses) -> Administration:
    operators = values["operators"]
    return Administration(
        operators=tuple(read.block(text, "administration", "operators", at) for at, text in enumerate(operators)),
        key=values.get("key"),
        flavor=values["bastion"]["flavor"],
        image=values["bastion"]["image"],
    )


def _image(name: str, values: Tree) -> Image:
    versions = tuple(
        ImageVersion(
            image=name,
            version=version,
            source=content["source"],
            sha256=content.get("sha256"),
            properties=content.get("properties", {}),
        )
        for version, content in values["versions"].items()
    )
    until = values.get("supported_until")
    return Image(
        name=name,
        user=values["user"],
        disk=values["disk"],
        versions=versions,
        supported_until=date.fromisoformat(until) if until else None,
    )


def _volume_type(name: str, values: Tree) -> VolumeType:
    return VolumeType(
        name=name,
        description=values["description"],
        encryption=Encryption(**values["encryption"]) if "encryption" in values else None,
        extra_specs=values.get("extra_specs", {}),
    )


def _capacity(values: Tree) -> Capacity:
    kept = values.get("headroom", {})
    kinds = ("compute", "storage", "objects", "public_addresses", "private_addresses")
    return Capacity(
        cores=values["cores"],
        cpu_overcommit=_decimal(values.get("cpu_overcommit", 1)),
        ram=values["ram"],
        ram_overcommit=_decimal(values.get("ram_overcommit", 1)),
        hypervisors=values.get("hypervisors"),
        routes=values.get("routes", NEUTRON_ROUTES),
        pools={
            name: StoragePool(name=name, size=content["size"], volume_types=tuple(content["types"]))
            for name, content in values["storage"].items()
        },
        objects=values.get("objects"),
        headroom=Headroom(**{kind: kept.get(kind, 0) for kind in kinds}),
        largest_share=values.get("largest_share", 100),
    )


def _price_book(values: Tree) -> PriceBook:
    prices = {name: _decimal(values[name]) for name in ("vcpu", "ram", "objects", "public_address", "load_balancer")}
    return PriceBook(
        currency=values["currency"],
        valid_from=date.fromisoformat(values["valid_from"]),
        volumes={name: _decimal(price) for name, price in values["volumes"].items()},
        **prices,
    )


def _decimal(number: float) -> Decimal:
    """The number as it was written: 12.1 is no sum of powers of two."""
    return Decimal(str(number))


def build_country(document: Document) -> Country | None:
    """The country of a document of the right shape; nothing if it has errors."""
    if document.unreadable or refused(document.findings):
        return None
    values = document.values
    authority = values["data_protection"]
    policy = _policy(values["policy"], _Addresses(document))
    if refused(document.findings):
        return None
    return Country(
        code=values["country"],
        name=values["name"],
        currency=values["currency"],
        language=values["language"],
        data_protection=Authority(name=authority["authority"], laws=tuple(authority["laws"])),
        approvers={level: tuple(values["approvers"][level]) for level in Classification},
        policy=policy,
    )


def _policy(values: Tree, read: _Addresses) -> Policy:
    national, egress, deviations = values["national"], values["egress"], values["deviations"]
    addresses = enumerate(national["addresses"])
    return Policy(
        national=NationalList(
            domains=tuple(national["domains"]),
            addresses=tuple(read.block(text, "policy", "national", "addresses", at) for at, text in addresses),
        ),
        published_ports=tuple(values["published_ports"]),
        closed_ports={entry["port"]: entry["service"] for entry in values["closed_ports"]},
        reserved_names=frozenset(values["reserved_names"]),
        widest_egress=egress["widest"],
        accepted_destinations=tuple(
            AcceptedDestination(
                to=read.block(entry["to"], "policy", "egress", "accepted", at, "to"),
                country=entry["country"],
                reason=entry["reason"],
                personal=entry.get("personal", False),
            )
            for at, entry in enumerate(egress.get("accepted", ()))
        ),
        classifications={
            level: ClassificationPolicy(
                hardening=HardeningLevel(asked["hardening"]),
                review_months=asked["review_months"],
                independent_security=asked.get("independent_security", False),
                backups=_least_backups(asked),
            )
            for level in Classification
            for asked in (values["classifications"][level],)
        },
        personal=_nature(values["data"]["personal"]),
        health=_nature(values["data"]["health"]),
        deviations=DeviationPolicy(longest_months=deviations["longest_months"], rules=frozenset(deviations["rules"])),
    )


def _nature(values: Tree) -> NaturePolicy:
    return NaturePolicy(
        least=Classification(values["least"]),
        law=values["law"],
        encrypted=values["encrypted"],
        transfers=values["transfers"],
        backups=_least_backups(values),
    )


def _least_backups(values: Tree) -> LeastBackups | None:
    return LeastBackups(**values["backups"]) if "backups" in values else None


def build_register(document: Document, site: str) -> Register:
    """The register of a document; what is wrong in it is left out and told in the document's findings."""
    read = _Addresses(document)
    tenants: dict[str, Allocation] = {}
    for name, values in document.values.get("tenants", {}).items():
        path = ("tenants", name)
        if "administration" not in values or "transit" not in values:
            continue
        before = len(document.findings)
        found = Allocation(
            administration=read.one(values["administration"], *path, "administration"),
            transit=read.one(values["transit"], *path, "transit"),
            networks={
                network: read.block(text, *path, "networks", network)
                for network, text in values.get("networks", {}).items()
            },
            retired=values.get("retired", False),
        )
        if len(document.findings) == before:
            tenants[name] = found
    return Register(site=site, tenants=tenants)
