"""Who may talk to whom, on which port: the only source of firewall rules (matrice de flux)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

PORTS_PATTERN = r"^(icmp|[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?/(tcp|udp))$"
ENDPOINT_PATTERN = r"^(([a-z][a-z0-9-]*/)?[a-z][a-z0-9-]*\.)?[a-z][a-z0-9-]*$"


class Outside(StrEnum):
    """The ends of a flow that are no tier: anyone on the Internet, or the site's administration network."""

    INTERNET = "internet"
    ADMINISTRATION = "administration"


@dataclass(frozen=True, kw_only=True, order=True)
class PortRange:
    """Ports ``first`` to ``last``, both included, of ``protocol`` (``tcp``, ``udp``); for ``icmp`` both are 0."""

    protocol: str
    first: int
    last: int

    @classmethod
    @lru_cache(maxsize=4096)
    def parse(cls, text: str) -> "PortRange":
        """Read ``443/tcp``, ``8000-8010/tcp`` or ``icmp``.

        Raises:
            ValueError: not of that form, a port outside 1 to 65535, or the range runs backwards.
        """
        if text == "icmp":
            return cls(protocol="icmp", first=0, last=0)
        if not re.fullmatch(PORTS_PATTERN, text):
            raise ValueError(text)
        ports, protocol = text.split("/")
        first, _, last = ports.partition("-")
        found = cls(protocol=protocol, first=int(first), last=int(last or first))
        if not 1 <= found.first <= found.last <= 65535:  # noqa: PLR2004  the numbers of RFC 6335
            raise ValueError(text)
        return found

    def __str__(self) -> str:
        if self.protocol == "icmp":
            return "icmp"
        ports = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{ports}/{self.protocol}"


@dataclass(frozen=True, kw_only=True, order=True)
class TierAddress:
    """A tier, named from anywhere in the site: ``tenant/platform.tier``."""

    tenant: str
    platform: str
    tier: str

    @classmethod
    def parse(cls, text: str, *, tenant: str, platform: str) -> "TierAddress":
        """Read ``tier``, ``platform.tier`` or ``tenant/platform.tier`` as written in that tenant's platform.

        Raises:
            ValueError: not of that form.
        """
        if not re.fullmatch(ENDPOINT_PATTERN, text):
            raise ValueError(text)
        rest, _, tier = text.rpartition(".")
        other_tenant, slash, other_platform = rest.rpartition("/")
        return cls(tenant=other_tenant if slash else tenant, platform=other_platform or platform, tier=tier)

    def __str__(self) -> str:
        return f"{self.tenant}/{self.platform}.{self.tier}"


End = TierAddress | Outside


@dataclass(frozen=True, kw_only=True)
class Flow:
    """New connections from ``source`` to ``target`` on ``ports`` are allowed; answers come back by themselves."""

    source: End
    target: TierAddress
    ports: tuple[PortRange, ...]

    def crosses_tenants(self) -> bool:
        """Whether its two ends belong to different tenants: then both tenants must declare it."""
        return isinstance(self.source, TierAddress) and self.source.tenant != self.target.tenant


def parse_end(text: str, *, tenant: str, platform: str) -> End:
    """Read one end of a flow as written in that tenant's platform: `Outside` or a tier.

    Raises:
        ValueError: not of either form.
    """
    if text in tuple(Outside):
        return Outside(text)
    return TierAddress.parse(text, tenant=tenant, platform=platform)
