"""The one place that makes names of things in the cloud. No random parts: the same request gives the same names."""

from infra.model.flow import TierAddress
from infra.model.tenant import Tenant, Tier

BASE_GROUP = "base"
"""The security group that every port of a tenant is in."""


def group(address: TierAddress) -> str:
    """The security group of a tier, within its tenant: ``dossier-patient-web``."""
    return f"{address.platform}-{address.tier}"


def host(address: TierAddress, number: int) -> str:
    """A server of a tier, within its tenant, counted from 1: ``dossier-patient-web-1``."""
    return f"{group(address)}-{number}"


def hosts(address: TierAddress, tier: Tier) -> list[str]:
    """All servers of a tier, within its tenant."""
    return [host(address, number) for number in range(1, tier.count + 1)]


def in_cloud(tenant: Tenant, name: str) -> str:
    """A thing's name in the cloud, where one list may show every tenant's: ``sante-dossier-patient-web-1``."""
    return f"{tenant.name}-{name}"


def service_user(tenant: str) -> str:
    """The tenant's own service user, whose credential makes the tenant's resources."""
    return f"joliba-{tenant}"
