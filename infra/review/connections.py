"""What becomes of networks, public names, flows and ways out: who may reach whom."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from netaddr import IPNetwork

from infra.intake.findings import Path
from infra.model.flow import End, PortRange, TierAddress
from infra.model.register import Allocation
from infra.model.tenant import Egress, Network, Published, Tenant
from infra.review.change import Action, Change, Pair, Subject

_FLOW = {
    Action.CREATE: "DIFF-FLOW-CREATED", Action.CHANGE: "DIFF-FLOW-CHANGED", Action.DESTROY: "DIFF-FLOW-DESTROYED"
}  # fmt: skip
_EGRESS = {
    Action.CREATE: "DIFF-EGRESS-CREATED", Action.CHANGE: "DIFF-EGRESS-CHANGED", Action.DESTROY: "DIFF-EGRESS-DESTROYED"
}  # fmt: skip
_PUBLISHED = {
    Action.CREATE: "DIFF-NAME-CREATED", Action.CHANGE: "DIFF-NAME-CHANGED", Action.DESTROY: "DIFF-NAME-DESTROYED"
}  # fmt: skip


def _action(old: object, new: object) -> Action:
    """What happens to a thing of which there is nothing (or something) before and after."""
    if not old:
        return Action.CREATE
    return Action.CHANGE if new else Action.DESTROY


def network_changes(pair: Pair, was_given: Allocation | None, now_given: Allocation | None) -> Iterator[Change]:
    """What becomes of networks, with the blocks that the register gave them before and after."""
    before = pair.was.networks if pair.was else {}
    after = pair.now.networks if pair.now else {}
    for name in dict.fromkeys([*after, *before]):
        old, new, path = before.get(name), after.get(name), ("networks", name)
        old_block, new_block = _block(was_given, name), _block(now_given, name)
        if old is None and new:
            yield pair.change(
                "DIFF-NETWORK-CREATED", Action.CREATE, Subject.NETWORK, name, path, after=_text(new_block)
            )
        elif new is None and old:
            yield pair.change(
                "DIFF-NETWORK-DESTROYED", Action.DESTROY, Subject.NETWORK, name, path, before=_text(old_block)
            )
        elif old and new:
            yield from _kept_network(pair, old, new)
            if old_block and new_block and old_block != new_block:
                servers = sum(tier.count for _, tier in pair.now.tiers() if tier.network == name) if pair.now else 0
                yield pair.change(
                    "DIFF-BLOCK-MOVED", Action.REBUILD, Subject.BLOCK, name, path,
                    before=_text(old_block), after=_text(new_block), count=servers, loses_data=servers > 0,
                )  # fmt: skip


def _block(given: Allocation | None, network: str) -> IPNetwork | None:
    return given.networks.get(network) if given else None


def _text(block: IPNetwork | None) -> str | None:
    return str(block) if block else None


def _kept_network(pair: Pair, old: Network, new: Network) -> Iterator[Change]:
    path = ("networks", new.name)
    if (old.hosts, old.prefix) != (new.hosts, new.prefix):
        yield pair.change(
            "DIFF-NETWORK-ROOM", Action.CHANGE, Subject.NETWORK, new.name, path,
            before=_room(old), after=_room(new), count=0,
        )  # fmt: skip
    if old.qos != new.qos:
        code = "DIFF-NETWORK-LIMIT" if new.qos else "DIFF-NETWORK-LIMIT-KEPT"
        yield pair.change(
            code, Action.CHANGE, Subject.NETWORK, new.name, path,
            before=old.qos, after=new.qos, count=1 if new.qos else 0,
        )  # fmt: skip


def _room(network: Network) -> str:
    return f"/{network.prefix}" if network.prefix is not None else str(network.hosts)


def _published(tenant: Tenant | None) -> Mapping[str, tuple[str, Published]]:
    """Every published name with its platform."""
    if tenant is None:
        return {}
    return {
        name: (platform.name, published)
        for platform in tenant.platforms.values()
        for name, published in platform.publish.items()
    }


def name_changes(pair: Pair) -> Iterator[Change]:
    """What becomes of published names, and of the public addresses of the tiers that they lead to."""
    before, after = _published(pair.was), _published(pair.now)
    for name in dict.fromkeys([*after, *before]):
        old, new = before.get(name), after.get(name)
        path: Path = ("platforms", (new or old or ("", None))[0], "publish", name)
        if old == new:
            continue
        action = _action(old, new)
        yield pair.change(
            _PUBLISHED[action], action, Subject.PUBLISHED, name, path, before=_leads(old), after=_leads(new)
        )
    yield from _addresses(pair, _public(before), _public(after))


def _leads(entry: tuple[str, Published] | None) -> str | None:
    if entry is None:
        return None
    platform, published = entry
    return f"{published.listen}/tcp → {platform}.{published.tier} {published.port}/tcp"


def _public(names: Mapping[str, tuple[str, Published]]) -> list[Path]:
    return sorted({("platforms", platform, "tiers", published.tier) for platform, published in names.values()})


def _addresses(pair: Pair, before: list[Path], after: list[Path]) -> Iterator[Change]:
    for path in dict.fromkeys([*after, *before]):
        name = f"{path[1]}.{path[3]}"
        if path not in before:
            yield pair.change("DIFF-ADDRESS-CREATED", Action.CREATE, Subject.ADDRESS, name, path)
        elif path not in after:
            yield pair.change("DIFF-ADDRESS-DESTROYED", Action.DESTROY, Subject.ADDRESS, name, path)


_Ends = tuple[End, TierAddress]


def _flows(tenant: Tenant | None) -> Mapping[_Ends, tuple[Path, frozenset[PortRange]]]:
    """The ports of every pair of ends, and where they are declared."""
    ports: dict[_Ends, set[PortRange]] = defaultdict(set)
    paths: dict[_Ends, Path] = {}
    for platform in tenant.platforms.values() if tenant else ():
        for flow in platform.flows:
            ends = (flow.source, flow.target)
            ports[ends] |= set(flow.ports)
            paths.setdefault(ends, ("platforms", platform.name, "flows"))
    return {ends: (paths[ends], frozenset(found)) for ends, found in ports.items()}


def flow_changes(pair: Pair) -> Iterator[Change]:
    """What becomes of flows: opened, closed, or on other ports."""
    before, after = _flows(pair.was), _flows(pair.now)
    for ends in dict.fromkeys([*after, *before]):
        path, _ = after.get(ends) or before[ends]
        old, new = _ports_of(before, ends), _ports_of(after, ends)
        if old != new:
            name, action = " → ".join(_end(end, pair.name) for end in ends), _action(old, new)
            yield pair.change(_FLOW[action], action, Subject.FLOW, name, path, before=_told(old), after=_told(new))


_Flows = Mapping[_Ends, tuple[Path, frozenset[PortRange]]]


def _ports_of(flows: _Flows, ends: _Ends) -> frozenset[PortRange]:
    return flows[ends][1] if ends in flows else frozenset()


def _end(end: End, tenant: str) -> str:
    return str(end).removeprefix(f"{tenant}/")


def _told(ports: frozenset[PortRange]) -> str | None:
    return ", ".join(map(str, sorted(ports))) or None


def egress_changes(pair: Pair) -> Iterator[Change]:
    """What becomes of the ways out of the site."""
    before, after = _egress(pair.was), _egress(pair.now)
    for destination in dict.fromkeys([*after, *before]):
        old, new = before.get(destination, frozenset()), after.get(destination, frozenset())
        if old != new:
            action = _action(old, new)
            yield pair.change(
                _EGRESS[action], action, Subject.EGRESS, destination, ("egress",), before=_told(old), after=_told(new)
            )


def _egress(tenant: Tenant | None) -> Mapping[str, frozenset[PortRange]]:
    rules: tuple[Egress, ...] = tenant.egress if tenant else ()
    found: dict[str, frozenset[PortRange]] = {}
    for rule in rules:
        found[str(rule.to)] = found.get(str(rule.to), frozenset()) | frozenset(rule.ports)
    return found
