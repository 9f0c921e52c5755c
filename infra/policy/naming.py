"""Names that no tenant may have: its DNS zone would stand for a service of the State, or catch what others look for."""

from collections.abc import Iterator

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.model.country import Policy
from infra.model.site import Site


def naming(draft: Draft, site: Site, policy: Policy) -> Iterator[Finding]:
    """A tenant with a reserved name (``wpad`` and ``autodiscover`` would answer every machine of the domain)."""
    if draft.name in policy.reserved_names:
        told = {"found": draft.name, "zone": site.zone(draft.name)}
        yield Finding("POLICY-NAME", draft.place(("tenant",)), told)
