"""Whether what a request names is its own: access groups and servers, which all tenants have in one list."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.intake.flow_checks import Neighbour
from infra.model.register import Allocation


def check_groups(draft: Draft) -> None:
    """Add a finding for every access group that does not begin with the tenant's name and a hyphen."""
    for group in _groups(draft):
        if not group.startswith(f"{draft.name}-"):
            place = draft.key_place(("access", "groups", group))
            draft.document.findings.append(Finding("GROUP-PREFIX", place, {"found": group, "tenant": draft.name}))


def check_foreign_groups(
    draft: Draft, names: Sequence[str], neighbour: Neighbour, given: Mapping[str, Allocation]
) -> None:
    """Add a finding for every access group that two tenants' names begin.

    Among tenants ``justice`` and ``justice-militaire``, the group ``justice-militaire-audit`` is the second one's, once
    it was given its addresses. Until then it is new, and may not take a name that makes groups of ``justice`` its own.

    Args:
        draft: the request that is told.
        names: those of all tenants, sorted.
        neighbour: gives another tenant's request.
        given: what the register holds, by tenant.
    """
    longer = [f"{name}-" for name in _longer(draft.name, names) if name in given]
    for group in _groups(draft):
        owners = [prefix.removesuffix("-") for prefix in longer if group.startswith(prefix)]
        if owners:
            told = {"found": group, "owner": max(owners, key=len), "tenant": draft.name}
            place = draft.key_place(("access", "groups", group))
            draft.document.findings.append(Finding("GROUP-FOREIGN", place, told))
    for name in _shorter(draft.name, names) if draft.name not in given else ():
        other = neighbour(name)
        for group in _groups(other):
            if group.startswith(f"{draft.name}-"):
                told, related = {"found": group, "other": name}, (other.key_place(("access", "groups", group)),)
                draft.document.findings.append(Finding("NAME-GROUP", draft.place(("tenant",)), told, related))


def _groups(draft: Draft) -> Iterable[str]:
    found: Mapping[str, object] = draft.values.get("access", {}).get("groups", {})
    return found


def check_host_names(draft: Draft, names: Sequence[str], neighbour: Neighbour) -> None:
    """Add a finding for every tier whose servers would be called like another tenant's.

    ``names`` are those of all tenants, sorted.

    The tenant ``a`` with ``b-c.web`` makes the same names as the tenant ``a-b`` with ``c.web``: only tenants whose
    names begin alike are read.
    """
    for name in (*_longer(draft.name, names), *_shorter(draft.name, names)):
        other = neighbour(name)
        theirs = {f"{name}-{platform}-{tier}": (path, platform, tier) for path, platform, tier, _ in other.tiers()}
        for path, platform, tier, _ in draft.tiers():
            joined = f"{draft.name}-{platform}-{tier}"
            if joined in theirs:
                their_path, their_platform, their_tier = theirs[joined]
                told = {"other": f"{name}/{their_platform}.{their_tier}", "name": f"{joined}-1"}
                related = (other.key_place(their_path),)
                draft.document.findings.append(Finding("HOST-NAME-CLASH", draft.key_place(path), told, related))


def _longer(name: str, names: Sequence[str]) -> Sequence[str]:
    """The names that begin with this one and a hyphen: neighbours in the sorted list (after a hyphen comes a dot)."""
    return names[bisect_left(names, f"{name}-") : bisect_left(names, f"{name}.")]


def _shorter(name: str, names: Sequence[str]) -> list[str]:
    """The names with which, and a hyphen, this one begins."""
    parts = name.split("-")
    beginnings = ["-".join(parts[:length]) for length in range(1, len(parts))]
    return [found for found in beginnings if names[(at := bisect_left(names, found)) : at + 1] == [found]]
