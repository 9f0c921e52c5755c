"""The address register of a site: who was given which block. Once given, a block never moves."""

from collections.abc import Mapping
from dataclasses import dataclass

from netaddr import IPAddress, IPNetwork


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """What one tenant was given: a block a network, and its router's addresses in the two shared networks.

    ``retired`` once the tenant's file said so: only then does a missing file free the blocks.
    """

    administration: IPAddress
    transit: IPAddress
    networks: Mapping[str, IPNetwork]
    retired: bool = False


@dataclass(frozen=True, kw_only=True)
class Register:
    """Every allocation of a site, by tenant."""

    site: str
    tenants: Mapping[str, Allocation]
