"""The address register: a block for every network asked for, given once and never moved.

A new block comes from the smallest free range that holds it (the lowest one of those), larger blocks of a tenant first:
the large ranges stay whole. Tenants that ask for less are served first. The result depends only on the register and on
the requests, not on the order of files.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path as File

from netaddr import IPAddress, IPNetwork, iprange_to_cidrs

from infra.errors import JolibaError
from infra.intake.inventory import INVENTORIES, SiteInventory, read_site
from infra.intake.replacing import replace_file, writing_alone
from infra.model.classification import Lifecycle
from infra.model.register import Allocation, Register
from infra.model.site import KEPT_FOR_THE_SITE, Site
from infra.model.tenant import Tenant
from infra.plan.blocks import prefix_for, size

_BITS = 32
_HEADER = """\
# Written by `joliba allocate`: who was given which block. Once given, a block never moves.
# yaml-language-server: $schema=../../schemas/addresses.schema.json
"""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of what an allocation changes: ``given``, ``freed`` or ``marked`` (retired).

    Or ``lacking``: no free range holds the block, whose prefix length is the ``address``.
    """

    kind: str
    tenant: str
    what: str
    address: str


def allocate(inventory: SiteInventory) -> tuple[Register, list[Change]]:
    """The register with what the requests still lack, and what that changes. Nothing that was given moves.

    A tenant whose request says ``retired`` keeps its blocks until its file is gone, and gets none if it has none; one
    whose file is gone without that keeps them too. A request for which the site has no room (``CAPACITY-``) gets
    nothing. A block that no free range holds is ``lacking``; the others are given.

    Raises:
        JolibaError: the range of the routers is full, or the site's own files are broken.
    """
    if inventory.site is None:
        raise JolibaError("{site}: the site's files have findings; `joliba check` shows them", site=inventory.name)
    register_file = f"{INVENTORIES}/{inventory.name}/addresses.yaml"
    if any(f.place.file == register_file and not f.code.startswith("ADDRESS-") for f in inventory.findings):
        raise JolibaError(
            "{file} has errors: nothing is allocated from a register that cannot be read whole", file=register_file
        )
    given, changes = _kept(inventory)
    free = _Free(inventory.site, given.values())
    for tenant in sorted(_asking(inventory, given), key=lambda tenant: (_size(tenant), tenant.name)):
        given[tenant.name], added = _allocation(tenant, given.get(tenant.name), free)
        changes += added
    return Register(site=inventory.name, tenants=dict(sorted(given.items()))), changes


def unserved(inventory: SiteInventory, register: Register) -> list[str]:
    """The tenants whose requests have errors, or no room, and may lack blocks in ``register`` for that reason."""
    served = {tenant.name for tenant in _asking(inventory, register.tenants)}
    return [name for name in inventory.names if name not in served and not _has_all(inventory, register, name)]


def _has_all(inventory: SiteInventory, register: Register, name: str) -> bool:
    request, given = inventory.requests.get(name), register.tenants.get(name)
    if request is None:
        return False
    if given is None:
        return request.tenant.lifecycle is Lifecycle.RETIRED
    return request.tenant.networks.keys() <= given.networks.keys()


def _asking(inventory: SiteInventory, given: Mapping[str, Allocation]) -> Iterator[Tenant]:
    """Who may be given blocks: those count for ever, so nobody for whose request the site has no room."""
    refused = {f.place.file for f in inventory.findings if f.code == "FILE-FINDINGS" or f.code.startswith("CAPACITY-")}
    for name, request in inventory.requests.items():
        leaves = request.tenant.lifecycle is Lifecycle.RETIRED and name not in given
        if not leaves and f"{INVENTORIES}/{inventory.name}/tenants/{name}.yaml" not in refused:
            yield request.tenant


def _size(tenant: Tenant) -> int:
    """Addresses that a tenant asks for: who asks for little is served first, so that nobody takes all there is."""
    return sum(size(prefix_for(network.hosts, network.prefix)) for network in tenant.networks.values())


def _kept(inventory: SiteInventory) -> tuple[dict[str, Allocation], list[Change]]:
    kept: dict[str, Allocation] = {}
    changes: list[Change] = []
    for name, allocation in inventory.register.tenants.items():
        if allocation.retired and name not in inventory.names:
            changes += [
                Change(kind="freed", tenant=name, what=network, address=str(block))
                for network, block in sorted(allocation.networks.items())
            ]
            continue
        kept[name] = allocation
    return kept, changes


def _allocation(tenant: Tenant, before: Allocation | None, free: "_Free") -> tuple[Allocation, list[Change]]:
    changes: list[Change] = []
    if before is None:
        before = Allocation(administration=free.address("administration"), transit=free.address("transit"), networks={})
        for what, address in (("administration", before.administration), ("transit", before.transit)):
            changes.append(Change(kind="given", tenant=tenant.name, what=what, address=str(address)))
    networks = dict(before.networks)
    wanted = [
        (prefix_for(network.hosts, network.prefix), name)
        for name, network in tenant.networks.items()
        if name not in networks
    ]
    for prefix, name in sorted(wanted):
        block = free.block(prefix)
        if block is None:
            changes.append(Change(kind="lacking", tenant=tenant.name, what=name, address=f"/{prefix}"))
            continue
        networks[name] = block
        changes.append(Change(kind="given", tenant=tenant.name, what=name, address=str(block)))
    retired = tenant.lifecycle is Lifecycle.RETIRED
    if retired and not before.retired:
        changes.append(Change(kind="marked", tenant=tenant.name, what="retired", address=""))
    return replace(before, networks=dict(sorted(networks.items())), retired=retired), changes


class _Free:
    """What is left of a site's ranges."""

    def __init__(self, site: Site, given: Iterable[Allocation]) -> None:
        self._ranges = {"administration": site.addresses.administration, "transit": site.addresses.transit}
        self._taken: dict[str, set[int]] = {"administration": set(), "transit": set()}
        used = [(block.first, block.last) for block in site.addresses.reserved.values()]
        for allocation in given:
            self._taken["administration"].add(int(allocation.administration))
            self._taken["transit"].add(int(allocation.transit))
            used += [(block.first, block.last) for block in allocation.networks.values()]
        self._blocks: dict[int, list[int]] = {length: [] for length in range(_BITS + 1)}
        start, end = site.addresses.supernet.first, site.addresses.supernet.last + 1
        for first, last in [*sorted(used), (end, end)]:
            if start < min(first, end):  # the register may name blocks outside of the supernet
                for block in iprange_to_cidrs(IPAddress(start), IPAddress(min(first, end) - 1)):
                    insort(self._blocks[block.prefixlen], block.first)
            start = max(start, last + 1)

    def address(self, name: str) -> IPAddress:
        """A router's in a shared range: the one after the highest, so that it tells ages; at its end the lowest freed.

        A range's first addresses are the site's, its last is broadcast.
        """
        taken, first, last = self._taken[name], self._ranges[name].first + KEPT_FOR_THE_SITE, self._ranges[name].last
        after = max((each for each in taken if first <= each < last), default=first - 1) + 1
        candidates = chain(range(after, last), range(first, after))
        candidate = next((each for each in candidates if each not in taken), None)
        if candidate is None:
            told = "the range {range} ({name}) is full: enlarge it, or retire tenants"
            raise JolibaError(told, range=self._ranges[name], name=name)
        taken.add(candidate)
        return IPAddress(candidate)

    def block(self, prefix: int) -> IPNetwork | None:
        """The lowest block of that prefix length in the smallest free range that holds one; None if none does."""
        for length in range(prefix, -1, -1):
            if self._blocks[length]:
                start = self._blocks[length].pop(0)
                for half in range(length + 1, prefix + 1):
                    insort(self._blocks[half], start + (1 << (_BITS - half)))
                return IPNetwork((start, prefix))
        return None


def register_text(register: Register) -> str:
    """The register as its file holds it: sorted, one line a block."""
    lines = [_HEADER + f"schema: 1\nsite: {register.site}\ntenants:{'' if register.tenants else ' {}'}"]
    for name, allocation in sorted(register.tenants.items()):
        lines += [
            f"  {name}:",
            f"    administration: {allocation.administration}",
            f"    transit: {allocation.transit}",
        ]
        lines += ["    retired: true"] if allocation.retired else []
        lines += [f"    networks:{'' if allocation.networks else ' {}'}", *_network_lines(allocation.networks)]
    return "\n".join(lines) + "\n"


def _network_lines(networks: Mapping[str, IPNetwork]) -> list[str]:
    return [f"      {network}: {block}" for network, block in sorted(networks.items())]


def write_register(root: File, register: Register, *, before: Register) -> bool:
    """Write a site's register, whole or not at all. Says whether the file changed.

    Args:
        root: the project.
        register: what to write.
        before: what was read, and ``register`` made from.

    Raises:
        JolibaError: the file cannot be written, or no longer says what was read: another run gave blocks meanwhile.
    """
    file = File(INVENTORIES, register.site, "addresses.yaml")
    content = register_text(register).encode()
    try:
        if (root / file).is_file() and (root / file).read_bytes() == content:
            return False
        with writing_alone(root / INVENTORIES):
            if read_site(root, register.site, only=()).register != before:
                raise JolibaError("{file} was changed meanwhile: nothing was written to it", file=file)
            replace_file(root / file, content, beside=root / INVENTORIES)
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=file, reason=error.strerror or error) from error
    return True
