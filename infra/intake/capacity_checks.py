"""Whether the site has room for its tenants' requests, and whether what it says of its room and prices is whole."""

from collections.abc import Iterable, Mapping

from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Path
from infra.intake.reading import Document
from infra.intake.suggestion import suggestion
from infra.model.capacity import Capacity
from infra.model.classification import Spread
from infra.model.country import Country
from infra.model.price_book import PriceBook
from infra.model.site import Site
from infra.model.tenant import Tenant, Tier
from infra.plan.capacity import Demand, Excess, Limit, Resource, excesses


def check_capacity(site: Site, document: Document, country: Country | None) -> None:
    """Add a finding for what the site's file says of capacity and prices that does not fit the rest of it."""
    if site.capacity is not None:
        _check_pools(site, site.capacity, document)
    if site.prices is not None:
        _check_prices(site, site.prices, document)
        if country is not None and country.currency != site.prices.currency:
            told = {"found": site.prices.currency, "currency": country.currency}
            document.refuse("PRICE-CURRENCY", ("prices", "currency"), **told)


def _check_pools(site: Site, capacity: Capacity, document: Document) -> None:
    pools: dict[str, str] = {}
    for pool in capacity.pools.values():
        for position, name in enumerate(pool.volume_types):
            path: Path = ("capacity", "storage", pool.name, "types", position)
            if name not in site.volume_types:
                _unknown_type(site, document, path, name)
            elif name in pools:
                document.refuse("CAPACITY-TYPE-TWICE", path, type=name, other=pools[name])
            pools.setdefault(name, pool.name)
    for name in site.volume_types.keys() - pools.keys():
        document.refuse("CAPACITY-TYPE", ("capacity", "storage"), type=name)


def _check_prices(site: Site, prices: PriceBook, document: Document) -> None:
    for name in prices.volumes.keys() - site.volume_types.keys():
        _unknown_type(site, document, ("prices", "volumes", name), name)
    for name in site.volume_types.keys() - prices.volumes.keys():
        document.refuse("PRICE-TYPE", ("prices", "volumes"), type=name)


def _unknown_type(site: Site, document: Document, path: Path, name: str) -> None:
    document.refuse("NAME-UNKNOWN-VOLUME-TYPE", path, found=name, **suggestion(name, site.volume_types))


def check_room(
    site: Site,
    document: Document,
    demands: Mapping[str, Demand],
    judged: Iterable[tuple[Draft, Tenant]],
) -> None:
    """Add a finding to the judged requests for which the site has no room.

    Args:
        site: what it has; a site that does not say it refuses nobody.
        document: the site's file.
        demands: of every tenant of the site whose request can be counted, the oldest first.
        judged: the requests among them that are told.
    """
    if site.capacity is None:
        return
    judges = {draft.name: _Judge(site, document, draft, tenant) for draft, tenant in judged}
    for name, judge in judges.items():
        if not demands[name].held:
            judge.alone(site.capacity, demands[name])
    for excess in excesses(site, list(demands.values())):
        if excess.tenant in judges:
            judges[excess.tenant].over(excess)


class _Judge:
    """Tells one request what there is no room for, at what takes most of it."""

    def __init__(self, site: Site, document: Document, draft: Draft, tenant: Tenant) -> None:
        self._site, self._document, self._draft, self._tenant = site, document, draft, tenant
        self._tiers: list[tuple[Path, Tier]] = [
            (("platforms", address.platform, "tiers", address.tier), tier) for address, tier in tenant.tiers()
        ]

    def alone(self, capacity: Capacity, asked: Demand) -> None:
        """What one request may not ask for, whatever the others do."""
        most = capacity.hypervisors
        for path, tier in self._tiers:
            if most is not None and tier.spread is Spread.HARD and tier.count > most:
                self._tell("CAPACITY-SPREAD", path, {"count": str(tier.count), "found": str(most)}, "hypervisors")
        share = self._site.addresses.supernet.size * capacity.largest_share // 100
        if (held := asked.private_addresses) > share:
            told = {"asked": str(held), "share": str(capacity.largest_share), "most": str(share)}
            self._tell("CAPACITY-SHARE", ("networks",), told, "largest_share")

    def over(self, excess: Excess) -> None:
        """That the sum of all is over a limit."""
        told = {"asked": str(excess.asked), "left": str(excess.left), "grantable": str(excess.limit.grantable)}
        match excess.limit.resource:
            case Resource.VCPUS | Resource.RAM:
                self._compute(excess, told)
            case Resource.STORAGE:
                self._storage(excess.limit, told)
            case Resource.OBJECTS:
                self._tell("CAPACITY-OBJECTS", ("buckets",), told, "objects")
            case Resource.PUBLIC_ADDRESSES:
                self._public_addresses(excess, told)
            case Resource.PRIVATE_ADDRESSES:
                self._tell("CAPACITY-ADDRESSES", ("networks",), told)
            case Resource.ROUTES:
                self._tell("CAPACITY-ROUTES", ("networks",), told, "routes")

    def _compute(self, excess: Excess, told: Mapping[str, str]) -> None:
        """At the tier that takes most, with how many of its servers there would be room for."""
        cpu = excess.limit.resource is Resource.VCPUS

        def each(tier: Tier) -> int:
            flavor = self._site.flavors[tier.flavor]
            return flavor.vcpus if cpu else flavor.ram

        path, tier = max(self._tiers, key=lambda entry: entry[1].count * each(entry[1]))
        others = excess.asked - tier.count * each(tier)
        fits = max(excess.left - others, 0) // each(tier)
        words = {"tier": tier.name, "flavor": tier.flavor, "count": str(tier.count), "fits": str(fits)}
        unit = "vCPU" if cpu else "GiB of memory"
        self._tell("CAPACITY-COMPUTE", path, {**told, **words, "unit_word": unit}, "cores" if cpu else "ram")

    def _storage(self, limit: Limit, told: Mapping[str, str]) -> None:
        """At the disks or volumes that take most of the pool."""
        found = [
            (tier.count * tier.disk, tier.count, tier.disk, path)
            for path, tier in self._tiers
            if tier.volume_type in limit.volume_types
        ]
        found += [
            (tier.count * volume.size, tier.count, volume.size, (*path, "volumes", volume.name))
            for path, tier in self._tiers
            for volume in tier.volumes.values()
            if volume.type in limit.volume_types
        ]
        _, count, size, path = max(found, key=lambda entry: entry[0])
        types = ", ".join(limit.volume_types)
        words = {
            "pool": limit.pool or "",
            "types": types,
            "count": str(count),
            "size": str(size),
            "what": str(path[-1]),
        }
        self._tell("CAPACITY-STORAGE", path, {**told, **words}, "storage")

    def _public_addresses(self, excess: Excess, told: Mapping[str, str]) -> None:
        """At the first published name, or the first connection to the outside."""
        platforms = [name for name, platform in self._tenant.platforms.items() if platform.publish]
        path: Path = ("platforms", platforms[0], "publish") if platforms else ("egress",)
        fits = max(excess.left - 1, 0)
        self._tell("CAPACITY-PUBLIC-ADDRESSES", path, {**told, "fits": str(fits)})

    def _tell(self, code: str, path: Path, values: Mapping[str, str], said: str | None = None) -> None:
        """Add a finding at a value of the request; ``said`` is the key of `capacity` that it is about."""
        theirs = ("external", "pool") if "PUBLIC" in code else ("addresses", "supernet")
        related = self._document.place(("capacity", said) if said else theirs)
        own = self._draft.document
        own.findings.append(Finding(code, own.place(path, at_key=True), values, (related,)))
