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

    def age(self, tenant: str) -> tuple[bool, int, str]:
        """What sorts tenants, the oldest first: by their router's address in the administration range.

        The register gives the one after the highest, so a higher one was given later; only once the range is at its end
        are freed ones given again. A tenant without one is the newest.
        """
        allocation = self.tenants.get(tenant)
        return allocation is None, int(allocation.administration) if allocation else 0, tenant
