"""What a site has to give: processors, memory, storage, addresses; and how much of it stays free."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

NEUTRON_ROUTES = 30
"""How many routes Neutron gives a router unless it is told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Headroom:
    """What is never granted, in percent of what there is: for repairs, for the loss of a machine, for growth."""

    compute: int
    storage: int
    objects: int
    public_addresses: int
    private_addresses: int


@dataclass(frozen=True, kw_only=True)
class StoragePool:
    """Storage that the volumes of several types share. ``size`` in GiB, as users see it (after replication)."""

    name: str
    size: int
    volume_types: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """A site's hardware.

    ``cores`` are physical ones, of all hypervisors; ``ram`` and ``objects`` in GiB. The overcommits are what the
    compute service multiplies them with (``cpu_allocation_ratio``, ``ram_allocation_ratio`` of Nova).
    ``largest_share`` is how much of the site's range one tenant may hold, in percent. ``hypervisors``: how many there
    are, if the site says it. ``routes``: how many the administration's router may have
    (Neutron's ``quota_router_route``, ``max_routes`` before it).
    """

    cores: int
    cpu_overcommit: Decimal
    ram: int
    ram_overcommit: Decimal
    hypervisors: int | None
    routes: int
    pools: Mapping[str, StoragePool]
    objects: int | None
    headroom: Headroom
    largest_share: int
