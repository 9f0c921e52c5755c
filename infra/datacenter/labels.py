"""What every resource says of itself: whose it is, what for, how sensitive, and by which commit of the request."""

from dataclasses import dataclass

from infra.model.flow import TierAddress
from infra.model.tenant import Tenant


@dataclass(frozen=True, kw_only=True)
class Labels:
    """``commit`` is the last commit that changed the tenant's request (see `infra.intake`'s callers)."""

    tenant: str
    classification: str
    commit: str

    @classmethod
    def of(cls, tenant: Tenant, commit: str) -> "Labels":
        """The labels of a tenant as requested at a commit."""
        return cls(tenant=tenant.name, classification=tenant.classification, commit=commit)

    def tags(self, address: TierAddress | None = None) -> list[str]:
        """Tags of network resources (each at most 60 characters).

        Without the commit: it would touch every one of them.
        """
        found = ["joliba", f"tenant={self.tenant}", f"classification={self.classification}"]
        if address:
            found += [f"platform={address.platform}", f"tier={address.tier}"]
        return sorted(found)

    def project_tags(self) -> list[str]:
        """Tags of the project."""
        return sorted([*self.tags(), f"commit={self.commit}"])

    def metadata(self, address: TierAddress | None = None) -> dict[str, str]:
        """Metadata of servers and volumes."""
        found = {"tenant": self.tenant, "classification": self.classification, "commit": self.commit}
        if address:
            found |= {"platform": address.platform, "tier": address.tier}
        return found
