"""Whether the register is whole: blocks inside the site's range, outside the reserved ones, nobody's twice."""

from collections.abc import Mapping

from netaddr import IPAddress, IPNetwork

from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Path, Place
from infra.intake.reading import Document
from infra.intake.site_building import network
from infra.intake.site_checks import overlap
from infra.model.classification import Lifecycle
from infra.model.register import Register
from infra.model.site import KEPT_FOR_THE_SITE, Site
from infra.plan.blocks import prefix_for, room

_SUPERNET = ("addresses", "supernet")
_RESERVED = ("addresses", "reserved")


def supernet(document: Document) -> IPNetwork | None:
    """The range of a site's file that was not judged; nothing if it says none."""
    values = document.values.get("addresses")
    text = values.get("supernet") if isinstance(values, dict) else None
    return network(text) if isinstance(text, str) else None


def check_supernets(site: Site, document: Document, others: Mapping[str, Document]) -> None:
    """No two sites share an address: a tenant's data may one day move between them."""
    own = site.addresses.supernet
    for name, other in others.items():
        theirs = supernet(other)
        if theirs is not None and overlap(own, theirs):
            told = {"block": str(own), "other": str(theirs), "owner": name}
            document.findings.append(
                Finding("SITE-OVERLAP", document.place(_SUPERNET), told, (other.place(_SUPERNET),))
            )


def check_register(site: Site, register: Register, document: Document, site_document: Document) -> None:
    """Add a finding for every block or address of the register that the site's plan, or another one, refuses."""
    plan, found, blocks = site.addresses, document.findings, []
    for name, allocation in register.tenants.items():
        for network_name, block in allocation.networks.items():
            path: Path = ("tenants", name, "networks", network_name)
            blocks.append((block.first, block.last, block, path))
            if block not in plan.supernet:
                found.append(_outside(document.place(path), block, plan.supernet, site_document.place(_SUPERNET)))
            for reserved, range_ in plan.reserved.items():
                if overlap(block, range_):
                    theirs = site_document.place((*_RESERVED, reserved))
                    told = {"block": str(block), "other": str(range_), "owner": f"{theirs.file}: {reserved}"}
                    found.append(Finding("ADDRESS-OVERLAP", document.place(path), told, (theirs,)))
    _check_overlaps(document, sorted(blocks, key=lambda entry: (entry[0], entry[1], str(entry[3]))))
    for shared, range_ in (("administration", plan.administration), ("transit", plan.transit)):
        _check_routers(register, document, range_, site_document.place((*_RESERVED, shared)))


def _check_overlaps(document: Document, blocks: list[tuple[int, int, IPNetwork, Path]]) -> None:
    furthest: tuple[int, int, IPNetwork, Path] | None = None
    for entry in blocks:
        first, last, block, path = entry
        if furthest is not None and first <= furthest[1]:
            told = {"block": str(block), "other": str(furthest[2]), "owner": str(furthest[3][1])}
            related = (document.place(furthest[3]),)
            document.findings.append(Finding("ADDRESS-OVERLAP", document.place(path), told, related))
        if furthest is None or last > furthest[1]:
            furthest = entry


def _check_routers(register: Register, document: Document, range_: IPNetwork, said: Place) -> None:
    shared = said.path.rpartition(".")[2]
    owners: dict[IPAddress, str] = {}
    usable = f"{IPAddress(range_.first + KEPT_FOR_THE_SITE)}-{IPAddress(range_.last - 1)}"
    for name, allocation in register.tenants.items():
        address: IPAddress = getattr(allocation, shared)
        place = document.place(("tenants", name, shared))
        if not range_.first + KEPT_FOR_THE_SITE <= int(address) < range_.last:
            document.findings.append(_outside(place, address, usable, said))
        if address in owners:
            told = {"block": str(address), "owner": owners[address]}
            related = (document.place(("tenants", owners[address], shared)),)
            document.findings.append(Finding("ADDRESS-TWICE", place, told, related))
        owners.setdefault(address, name)


def check_allocation(draft: Draft, register: Register, document: Document) -> None:
    """Add a finding for every network that has no block yet, or one that became too small for what is asked.

    A retired tenant that has none gets none.
    """
    if document.unreadable or document.is_broken(("tenants", draft.name)):
        return
    allocation = register.tenants.get(draft.name)
    where = document.place(("tenants", draft.name), at_key=True)
    if allocation is None and draft.name in document.values.get("tenants", {}):
        return  # it is there and has findings of its own
    if allocation is None and draft.values.get("lifecycle") == Lifecycle.RETIRED:
        draft.document.findings.append(Finding("ADDRESS-RETIRED", draft.place(("lifecycle",)), {}, (where,)))
        return
    for name, asked in draft.values.get("networks", {}).items():
        path = ("networks", name)
        if draft.document.is_broken(path) or not ("hosts" in asked or "prefix" in asked):
            continue
        block = allocation.networks.get(name) if allocation else None
        if block is None:
            if document.is_broken(("tenants", draft.name, "networks", name)):
                continue
            told = {"what": f"{draft.name}.{name}"}
            draft.document.findings.append(Finding("ADDRESS-MISSING", draft.key_place(path), told, (where,)))
        elif block.prefixlen > prefix_for(asked.get("hosts"), asked.get("prefix")):
            given = document.place(("tenants", draft.name, "networks", name))
            wanted = f"/{asked['prefix']}" if "prefix" in asked else str(asked["hosts"])
            told = {"block": str(block), "room": str(room(block.prefixlen)), "asked": wanted}
            key = (*path, "prefix" if "prefix" in asked else "hosts")
            draft.document.findings.append(Finding("ADDRESS-TOO-SMALL", draft.place(key), told, (given,)))


def _outside(place: Place, block: IPNetwork | IPAddress, range_: IPNetwork | str, said: Place) -> Finding:
    words = {
        "addresses.supernet": "the site",
        "addresses.reserved.administration": "routers in the administration network",
    }
    what = words.get(said.path, "routers in the transit network")
    return Finding("ADDRESS-OUTSIDE", place, {"block": str(block), "range": str(range_), "what_word": what}, (said,))
