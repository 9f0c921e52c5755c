"""What the Internet reaches: published ports through a load balancer, and never administration or databases."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Path
from infra.intake.flow_checks import ADMINISTRATION_PORTS
from infra.intake.reading import Tree
from infra.model.country import Policy
from infra.model.flow import Outside, PortRange, TierAddress


def exposure(draft: Draft, policy: Policy) -> Iterator[Finding]:
    """Every port that a request opens to the Internet and policy does not (SecNumCloud 3.2, 9.6, 13.2).

    A server's own port may be any, as long as the load balancer listens on a published one before it. Ports that
    `infra.intake.flow_checks` refuses already are not told again.
    """
    behind: Mapping[tuple[str, str], set[int]] = defaultdict(set)
    for platform, values in draft.platforms().items():
        for entry in values.get("publish", {}).values():
            if {"tier", "port"} <= entry.keys():
                behind[platform, entry["tier"]].add(entry["port"])
    for platform, values in draft.platforms().items():
        for position, flow in enumerate(values.get("flows", ())):
            if flow.get("from") != Outside.INTERNET:
                continue
            target = _target(flow, draft.name, platform)
            allowed = {*policy.published_ports, *(behind[target.platform, target.tier] if target else ())}
            yield from _opened(draft, ("platforms", platform, "flows", position, "ports"), flow, allowed, policy)
        yield from _listening(draft, platform, values, policy)


def _target(flow: Tree, tenant: str, platform: str) -> TierAddress | None:
    try:
        return TierAddress.parse(flow.get("to", ""), tenant=tenant, platform=platform)
    except ValueError:
        return None


def _opened(draft: Draft, path: Path, flow: Tree, allowed: set[int], policy: Policy) -> Iterator[Finding]:
    for position, text in enumerate(flow.get("ports", ())):
        try:
            ports = PortRange.parse(text)
        except ValueError:
            continue  # told by `infra.intake.flow_checks`
        tcp = ports.protocol == "tcp"
        if tcp and any(ports.first <= port <= ports.last for port in ADMINISTRATION_PORTS):
            continue
        closed = [port for port in policy.closed_ports if tcp and ports.first <= port <= ports.last]
        if closed:
            told = {"found": text, "port": str(closed[0]), "service": policy.closed_ports[closed[0]]}
            yield Finding("POLICY-CLOSED-PORT", draft.place((*path, position)), told)
        elif (
            not tcp
            or len(range(ports.first, ports.last + 1)) > len(allowed)
            or not allowed.issuperset(range(ports.first, ports.last + 1))
        ):
            yield Finding("POLICY-EXPOSURE", draft.place((*path, position)), _told(text, policy))


def _listening(draft: Draft, platform: str, values: Tree, policy: Policy) -> Iterator[Finding]:
    for name, entry in values.get("publish", {}).items():
        listen = entry.get("listen")
        path: Path = ("platforms", platform, "publish", name, "listen")
        if listen is None or listen in policy.published_ports:
            continue
        place = draft.place(path if path in draft.document.marks else (*path[:-1], "port"))
        if listen in policy.closed_ports:
            told = {"found": name, "port": str(listen), "service": policy.closed_ports[listen]}
            yield Finding("POLICY-CLOSED-PORT", place, told)
        else:
            yield Finding("POLICY-EXPOSURE", place, _told(f"{name}:{listen}", policy))


def _told(found: str, policy: Policy) -> dict[str, str]:
    return {"found": found, "accepted": ", ".join(str(port) for port in policy.published_ports)}
