"""Whether a site's own words fit together: its catalogue, its ranges, its defaults."""

import re

from netaddr import IPNetwork

from infra.intake.findings import Path, path_text
from infra.intake.reading import Document, Tree
from infra.intake.suggestion import suggestion
from infra.model.site import Site

_SCS_NAME = re.compile(r"SCS-(?P<vcpus>[0-9]+)[CTVL]i?-(?P<ram>[0-9]+)(-(?:[0-9]+x)?(?P<disk>[0-9]+)[nhsp]?)?.*")


def check_site(site: Site, document: Document) -> None:
    """Add a finding for everything in the site's file that does not fit together."""
    _check_ranges(site, document)
    _check_external(site, document)
    for name, flavor in site.flavors.items():
        promised = _SCS_NAME.fullmatch(name)
        found = (flavor.vcpus, flavor.ram, flavor.disk)
        if promised and found != tuple(int(promised[part] or 0) for part in ("vcpus", "ram", "disk")):
            words = {"promised": f"{promised['vcpus']} vCPU, {promised['ram']} GiB, {promised['disk'] or 0} GiB"}
            said = f"{flavor.vcpus} vCPU, {flavor.ram} GiB, {flavor.disk} GiB"
            document.refuse_key("VALUE-FLAVOR", ("flavors", name), name=name, found=said, **words)
    bastion = ("administration", "bastion")
    _check_name(document, "FLAVOR", (*bastion, "flavor"), site.administration.flavor, site.flavors)
    _check_name(document, "IMAGE", (*bastion, "image"), site.administration.image, site.images)
    for path, layer in _layers(document):
        tier: Tree = layer.get("tier", {})
        for key, code, accepted in (
            ("flavor", "FLAVOR", site.flavors),
            ("image", "IMAGE", site.images),
            ("volume_type", "VOLUME-TYPE", site.volume_types),
        ):
            if key in tier:
                _check_name(document, code, (*path, "tier", key), tier[key], accepted)


def _check_name(document: Document, code: str, path: Path, found: str, accepted: object) -> None:
    names = list(accepted)  # type: ignore[call-overload]
    if found not in names:
        document.refuse(f"NAME-UNKNOWN-{code}", path, found=found, **suggestion(found, names))


def _layers(document: Document) -> list[tuple[Path, Tree]]:
    defaults: Tree = document.values.get("defaults", {})
    layers: list[tuple[Path, Tree]] = [(("defaults", "all"), defaults.get("all", {}))]
    for kind in ("classification", "profile"):
        layers += [(("defaults", kind, name), layer) for name, layer in defaults.get(kind, {}).items()]
    return layers


def _check_ranges(site: Site, document: Document) -> None:
    plan = site.addresses
    reserved = list(plan.reserved.items())
    for position, (name, block) in enumerate(reserved):
        path: Path = ("addresses", "reserved", name)
        if block not in plan.supernet:
            _outside(document, path, str(block), plan.supernet, "the site")
        for other, second in reserved[:position]:
            if overlap(block, second):
                owner = path_text(("addresses", "reserved", other))
                document.refuse("ADDRESS-OVERLAP", path, block=str(block), other=str(second), owner=owner)
    for name in document.values["services"]:
        for position, address in enumerate(getattr(site.services, name)):
            if address not in plan.services:
                _outside(document, ("services", name, position), str(address), plan.services, "the shared services")


def _check_external(site: Site, document: Document) -> None:
    external = site.external
    if overlap(external.subnet, site.addresses.supernet):
        other, owner = str(site.addresses.supernet), path_text(("addresses", "supernet"))
        document.refuse("ADDRESS-OVERLAP", ("external", "subnet"), block=str(external.subnet), other=other, owner=owner)
    if external.gateway not in external.subnet:
        _outside(document, ("external", "gateway"), str(external.gateway), external.subnet, "the external network")
    if external.first not in external.subnet or external.last not in external.subnet or external.first > external.last:
        first, last, subnet = str(external.first), str(external.last), str(external.subnet)
        document.refuse("SITE-POOL", ("external", "pool"), first=first, last=last, subnet=subnet)
    if (external.network_type == "vlan") != (external.segment is not None):
        document.refuse("VALUE-SEGMENT", ("external", "type"), type=external.network_type)


def overlap(one: IPNetwork, other: IPNetwork) -> bool:
    """Whether two ranges share an address."""
    return bool(one.first <= other.last and other.first <= one.last)


def _outside(document: Document, path: Path, block: str, range_: IPNetwork, what: str) -> None:
    document.refuse("ADDRESS-OUTSIDE", path, block=block, range=str(range_), what_word=what)
