"""How sensitive a tenant's data is."""

from enum import StrEnum


class Classification(StrEnum):
    """Drives encryption, exposure, backups, hardening and who approves; not the hardening level itself.

    In rising order: ``public`` may be published; ``internal`` is for the administration; ``restricted`` (diffusion
    restreinte, personal or health data) must be encrypted at rest; ``secret`` additionally is never published.
    """

    PUBLIC = "public"
    INTERNAL = "internal"
    RESTRICTED = "restricted"
    SECRET = "secret"  # noqa: S105  a word of the law, not a password

    @property
    def encrypts(self) -> bool:
        """Whether data at rest must be encrypted (SecNumCloud 3.2, 10.1)."""
        return self in (Classification.RESTRICTED, Classification.SECRET)


class HardeningLevel(StrEnum):
    """The levels of ANSSI-BP-028 v2, in rising order."""

    MINIMAL = "minimal"
    INTERMEDIARY = "intermediary"
    ENHANCED = "enhanced"
    HIGH = "high"


class Lifecycle(StrEnum):
    """Where a tenant is in its life: only ``retired`` lets it be removed; deleting its file never does."""

    ACTIVE = "active"
    RETIRED = "retired"


class Role(StrEnum):
    """What a group of people may do in a tenant's project: OpenStack's own default roles."""

    MEMBER = "member"
    READER = "reader"


class TierRole(StrEnum):
    """What a tier's servers are for the hardening; not the role of people (`Role`).

    ``container-host`` and ``router`` forward packets: they are exempt from the rules that would stop that
    (`infra.hosts.catalogue.HostRole`, in which these words are too).
    """

    GUEST = "guest"
    CONTAINER_HOST = "container-host"
    ROUTER = "router"


class Spread(StrEnum):
    """How a tier's servers are kept on different hypervisors: wherever possible, or always."""

    SOFT = "soft"
    HARD = "hard"

    @property
    def policy(self) -> str:
        """The server group policy of this spread."""
        return "anti-affinity" if self is Spread.HARD else "soft-anti-affinity"
