"""Whether what a request names is its own: access groups and servers, which all tenants have in one list."""

from collections.abc import Collection

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.intake.flow_checks import Neighbour


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


def check_host_names(draft: Draft, names: Collection[str], neighbour: Neighbour) -> None:
    """Add a finding for every tier whose servers would be called like another tenant's.

    The tenant ``a`` with ``b-c.web`` makes the same names as the tenant ``a-b`` with ``c.web``: only tenants whose
    names begin alike are read.
    """
    for name in names:
        if not (name.startswith(f"{draft.name}-") or draft.name.startswith(f"{name}-")):
            continue
        other = neighbour(name)
        theirs = {f"{name}-{platform}-{tier}": (path, platform, tier) for path, platform, tier, _ in other.tiers()}
        for path, platform, tier, _ in draft.tiers():
            joined = f"{draft.name}-{platform}-{tier}"
            if joined in theirs:
                their_path, their_platform, their_tier = theirs[joined]
                told = {"other": f"{name}/{their_platform}.{their_tier}", "name": f"{joined}-1"}
                related = (other.key_place(their_path),)
                draft.document.findings.append(Finding("HOST-NAME-CLASH", draft.key_place(path), told, related))
