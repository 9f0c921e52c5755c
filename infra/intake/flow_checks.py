"""Whether every flow leads from and to something that exists, is declared by both of its tenants, and can be built."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache

from infra.intake.consistency import check_ports, refuse_name
from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Path, Severity
from infra.intake.reading import Tree
from infra.intake.tenant_building import parse_flow
from infra.model.flow import End, Flow, Outside, PortRange, TierAddress, parse_end
from infra.model.register import Register

ADMINISTRATION_PORTS = (22, 3389)
"""SSH and RDP."""
Neighbour = Callable[[str], Draft]
"""Gives another tenant's draft, by its name."""
_Declared = dict[tuple[End, TierAddress], tuple[Path, frozenset[PortRange]]]
"""The ports of a tenant's flows by their two ends, with where the last one stands."""


def check_flow_words(draft: Draft) -> None:
    """Add a finding for every flow that is none, whatever other files say."""
    for path, _, values in _flows(draft):
        check_ports(draft, (*path, "ports"), values.get("ports", ()))
        if values.get("to") in tuple(Outside):
            _refuse(draft, "FLOW-TO-OUTSIDE", (*path, "to"), found=values["to"])
        if values.get("from") == Outside.INTERNET:
            _check_exposure(draft, (*path, "ports"), values.get("ports", ()))


def _check_exposure(draft: Draft, path: Path, ports: Sequence[str]) -> None:
    """No port that machines are administered by is open to the Internet (SecNumCloud 3.2, 9.6)."""
    for position, text in enumerate(ports):
        try:
            opened = PortRange.parse(text)
        except ValueError:
            continue  # told by `check_ports`
        for port in ADMINISTRATION_PORTS:
            if opened.protocol == "tcp" and opened.first <= port <= opened.last:
                _refuse(draft, "FLOW-EXPOSED", (*path, position), found=text, port=str(port))


def check_flows(draft: Draft, names: Collection[str], neighbour: Neighbour) -> None:
    """Add a finding for every flow with an unknown or foreign end, twice declared, or declared by one tenant alone.

    What `check_flow_words` tells is not told again.
    """
    seen: dict[Flow, Path] = {}
    declared = cache(lambda name: _declared(neighbour(name)))
    for path, platform, values in _flows(draft):
        if not {"from", "to", "ports"} <= values.keys() or values["to"] in tuple(Outside):
            continue
        try:
            fine, flow = True, parse_flow(values, tenant=draft.name, platform=platform)
        except ValueError:  # its ends are judged all the same
            fine, flow = False, parse_flow({**values, "ports": ["icmp"]}, tenant=draft.name, platform=platform)
        ends = (("from", flow.source), ("to", flow.target))
        known = [
            _check_end(draft, (*path, key), end, names, neighbour) for key, end in ends if isinstance(end, TierAddress)
        ]
        if draft.name not in {end.tenant for _, end in ends if isinstance(end, TierAddress)}:
            _refuse(draft, "FLOW-FOREIGN", path)
        elif fine and flow in seen:
            related = (draft.place(seen[flow]),)
            draft.document.findings.append(Finding("FLOW-REPEATED", draft.place(path), {}, related))
        elif fine and all(known) and flow.crosses_tenants():
            other = next(end.tenant for _, end in ends if isinstance(end, TierAddress) and end.tenant != draft.name)
            _check_other_side(draft, path, flow, neighbour(other), declared(other))
        seen.setdefault(flow, path)


def check_peers(
    draft: Draft, names: Collection[str], neighbour: Neighbour, broken: Collection[str], register: Register
) -> None:
    """Add a finding for every flow whose other end cannot be built towards yet.

    Rules and routes need the other tenant's networks and their blocks: ``broken`` are the tenants whose files do not
    say them.
    """
    for path, peer in named_peers(draft):
        if peer not in names:
            continue
        other = neighbour(peer)
        allocation = register.tenants.get(peer)
        lacking = [
            name for name in other.values.get("networks", {}) if not allocation or name not in allocation.networks
        ]
        if peer in broken:
            said = [finding.place for finding in other.document.findings if finding.severity is Severity.ERROR]
            related, code = min(said, default=other.document.place()), "FLOW-PEER-BROKEN"
        elif lacking:
            related, code = other.key_place(("networks", lacking[0])), "FLOW-PEER-NO-BLOCK"
        else:
            continue
        draft.document.findings.append(Finding(code, draft.place(path), {"other": peer}, (related,)))


def named_peers(draft: Draft) -> Iterator[tuple[Path, str]]:
    """Every flow that names another tenant, with that tenant's name."""
    for path, platform, values in _flows(draft):
        for key in {"from", "to"} & values.keys():
            end = parse_end(values[key], tenant=draft.name, platform=platform)
            if isinstance(end, TierAddress) and end.tenant != draft.name:
                yield path, end.tenant


def _flows(draft: Draft) -> Iterator[tuple[Path, str, Tree]]:
    for platform, values in draft.platforms().items():
        for position, flow in enumerate(values.get("flows", ())):
            yield ("platforms", platform, "flows", position), platform, flow


def _refuse(draft: Draft, code: str, path: Path, **values: str) -> None:
    draft.document.findings.append(Finding(code, draft.place(path), values))


def _check_end(draft: Draft, path: Path, end: TierAddress, names: Collection[str], neighbour: Neighbour) -> bool:
    """Whether a tier exists. What a broken part of a file would say is not guessed at."""
    if end.tenant != draft.name and end.tenant not in names:
        refuse_name(draft, "TENANT", path, end.tenant, names)
        return False
    owner = draft if end.tenant == draft.name else neighbour(end.tenant)
    inside: Path = ("platforms", end.platform)
    if owner.document.is_broken(inside) or owner.document.is_broken((*inside, "tiers", end.tier)):
        return False
    if end.platform not in owner.platforms():
        refuse_name(draft, "PLATFORM", path, end.platform, owner.platforms())
        return False
    tiers: Tree = owner.platforms()[end.platform].get("tiers", {})
    if end.tier in tiers:
        return True
    outside = [word.value for word in Outside] if path[-1] == "from" else []
    refuse_name(draft, "TIER", path, end.tier, [*tiers, *outside])
    return False


def _declared(draft: Draft) -> _Declared | None:
    """What a tenant declares, read once however many flows lead to it; None where one of its flows is broken."""
    found: _Declared = {}
    for path, platform, values in _flows(draft):
        if not {"from", "to", "ports"} <= values.keys() or draft.document.is_broken(path):
            return None
        try:
            flow = parse_flow(values, tenant=draft.name, platform=platform)
        except ValueError:
            continue
        _, ports = found.get((flow.source, flow.target), (path, frozenset()))
        found[flow.source, flow.target] = path, ports.union(flow.ports)
    return found


def _check_other_side(draft: Draft, path: Path, flow: Flow, other: Draft, declared: _Declared | None) -> None:
    nearest, agreed = (declared or {}).get((flow.source, flow.target), (None, frozenset()))
    if declared is None or agreed >= set(flow.ports):
        return
    ports = ", ".join(str(part) for part in flow.ports)
    told = {"other": other.name, "flow": f"{flow.source} -> {flow.target}", "ports": ports}
    related = (other.place(nearest) if nearest else other.document.place(("platforms",)),)
    draft.document.findings.append(Finding("FLOW-ONE-SIDED", draft.place(path), told, related))
