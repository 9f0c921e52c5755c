"""Whether what a request names is its own: access groups and servers, which all tenants have in one list."""

from bisect import bisect_left
from collections.abc import Sequence

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.intake.flow_checks import Neighbour


def check_groups(draft: Draft, names: Sequence[str]) -> None:
    """Add a finding for every access group that does not begin with the tenant's name and a hyphen.

    ``names`` are those of all tenants, sorted.

    Among tenants ``justice`` and ``justice-militaire``, the group ``justice-militaire-audit`` is the second one's.
    """
    longer = [f"{name}-" for name in _longer(draft.name, names)]
    for group in draft.values.get("access", {}).get("groups", {}):
        owners = [prefix.removesuffix("-") for prefix in longer if group.startswith(prefix)]
        place = draft.key_place(("access", "groups", group))
        if owners:
            told = {"found": group, "owner": max(owners, key=len), "tenant": draft.name}
            draft.document.findings.append(Finding("GROUP-FOREIGN", place, told))
        elif not group.startswith(f"{draft.name}-"):
            draft.document.findings.append(Finding("GROUP-PREFIX", place, {"found": group, "tenant": draft.name}))


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
