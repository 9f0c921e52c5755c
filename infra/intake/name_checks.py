"""Whether what a request names is its own: access groups, of which the identity domain has one list for all tenants."""

from collections.abc import Collection

from infra.intake.defaults import Draft
from infra.intake.findings import Finding


def check_groups(draft: Draft, names: Collection[str]) -> None:
    """Add a finding for every access group that does not begin with the tenant's name and a hyphen.

    Among tenants ``justice`` and ``justice-militaire``, the group ``justice-militaire-audit`` is the second one's.
    """
    longer = [f"{name}-" for name in names if name.startswith(f"{draft.name}-")]
    for group in draft.values.get("access", {}).get("groups", {}):
        owners = [prefix.removesuffix("-") for prefix in longer if group.startswith(prefix)]
        place = draft.key_place(("access", "groups", group))
        if owners:
            told = {"found": group, "owner": max(owners, key=len), "tenant": draft.name}
            draft.document.findings.append(Finding("GROUP-FOREIGN", place, told))
        elif not group.startswith(f"{draft.name}-"):
            draft.document.findings.append(Finding("GROUP-PREFIX", place, {"found": group, "tenant": draft.name}))
