"""The packet filter: as the kernel has it, and as ``nftables.service`` will load it."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, output
from ansible.module_utils.joliba.units import enabled

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADED = ("nft", "-j", "list", "ruleset")
# What the file really loads is seen in a network namespace of its own, which is gone with the command.
_TRIED = ("unshare", "--net", "sh", "-c", "nft -f /etc/nftables.conf || exit 99; exec nft -j list ruleset")
_BROKEN = 99
_SSH = "22/tcp"
_PORTS = ("tcp dport", "udp dport")
_LETS_IN = {"accept", "jump", "goto", "queue", "vmap"}
_UNDERSTOOD = {"match", "counter", "log", "limit", "accept"}
_IS = ("==", "in")
_PROTOCOLS = {"ospf": 89, "vrrp": 112}  # nft names those that /etc/protocols has
_HARMLESS = ("established", "loopback", "icmp", "dhcp")
_Ruleset = list[dict[str, Any]]


def firewall_policy(hook: str) -> Observed:
    """What becomes of a packet that no rule names, at ``input``, ``forward`` or ``output``; None without a chain."""
    return Observed(*(_policy(ruleset, hook) for ruleset in _rulesets()))


def firewall_flows(intent: dict[str, Any]) -> Observed:
    """How the accepted flows differ from the declared ones: ``missing`` and ``undeclared``.

    Args:
        intent: ``administration`` (network that SSH comes from), ``flows`` (each with ``from``, ``ports``) and
            ``trusted`` (like ``interface docker0``, ``protocol 112``).
    """
    declared = {f"{intent['administration']} {_SSH}"}
    declared |= {f"{flow['from']} {port}" for flow in intent["flows"] for port in flow["ports"]}
    declared |= set(intent["trusted"])

    def difference(ruleset: _Ruleset) -> dict[str, list[str]]:
        accepted = set(_accepted(ruleset))
        return {"missing": sorted(declared - accepted), "undeclared": sorted(accepted - declared - set(_HARMLESS))}

    return Observed(*(difference(ruleset) for ruleset in _rulesets()))


def _rulesets() -> tuple[_Ruleset, _Ruleset]:
    """The kernel's, and that of the next start."""
    try:
        return _read(*_LOADED), _read(*_TRIED) if enabled("nftables.service") else []
    except NotApplicable:
        return [], []  # no program, no filter: that is a finding, not an exemption


@functools.cache
def _read(*command: str) -> _Ruleset:
    try:
        return list(json.loads(output(*command, codes=(0, _BROKEN)) or '{"nftables": []}')["nftables"])
    except (ValueError, KeyError) as error:
        raise Unmeasured(f"nft said what is not understood: {error}") from error


def _policy(ruleset: _Ruleset, hook: str) -> str | None:
    """``drop`` only if a packet of either family meets a chain that drops it: any one that does is enough."""
    policies = {(each["chain"]["family"], each["chain"].get("policy")) for each in _chains(ruleset, hook)}
    closed = {family for family, policy in policies if policy == "drop"}
    if "inet" in closed or {"ip", "ip6"} <= closed:
        return "drop"
    return "accept" if policies else None


def _chains(ruleset: _Ruleset, hook: str) -> Iterator[dict[str, Any]]:
    for each in ruleset:
        chain = each.get("chain", {})
        if chain.get("hook") == hook and chain.get("type") == "filter" and chain.get("family") in ("inet", "ip", "ip6"):
            yield each


def _accepted(ruleset: _Ruleset) -> Iterator[str]:
    """Flows that chains at the input with the policy ``drop`` accept, like ``10.0.0.0/24 22/tcp``."""
    closed = {
        (chain["chain"]["family"], chain["chain"]["table"], chain["chain"]["name"])
        for chain in _chains(ruleset, "input")
        if chain["chain"].get("policy") == "drop"
    }
    for each in ruleset:
        rule = each.get("rule", {})
        if (rule.get("family"), rule.get("table"), rule.get("chain")) in closed:
            yield from _flows(rule.get("expr", []))


def _flows(expressions: list[dict[str, Any]]) -> Iterator[str]:
    """What one rule lets in; a rule that is not understood is told as it is."""
    if not any(_LETS_IN & set(each) for each in expressions):
        return
    conditions = [each["match"] for each in expressions if "match" in each]
    matches = {_name(each["left"]): each["right"] for each in conditions}
    if not all(set(each) <= _UNDERSTOOD for each in expressions) or any(each["op"] not in _IS for each in conditions):
        yield json.dumps(expressions)[:120]
    elif set(matches) == {"ct state"} and set(_several(matches["ct state"])) <= {"established", "related"}:
        yield "established"
    elif matches in ({"iif": "lo"}, {"iifname": "lo"}):
        yield "loopback"
    elif set(matches) <= {"icmp type", "icmpv6 type"} and matches:
        yield "icmp"
    elif matches.get("udp dport") in (68, 546):
        yield "dhcp"
    elif len(ports := [name for name in matches if name in _PORTS]) == 1:
        source = matches.get("ip saddr", matches.get("ip6 saddr", "anywhere"))
        others = set(matches) - {ports[0], "ip saddr", "ip6 saddr"}
        for port in _several(matches[ports[0]]):
            for address in _several(source):
                told = f"{_network(address)} {_range(port)}/{ports[0][:3]}"
                yield f"{told} ({', '.join(sorted(others))})" if others else told
    else:
        yield from _trusted(matches) or [json.dumps(expressions)[:120]]


def _trusted(matches: dict[str, Any]) -> list[str]:
    """Interfaces or protocols from which a rule lets everything in; none if it is another rule."""
    if set(matches) == {"iifname"}:
        return [f"interface {name}" for name in _several(matches["iifname"])]
    if set(matches) == {"l4proto"}:
        return [f"protocol {_PROTOCOLS.get(each, each)}" for each in _several(matches["l4proto"])]
    return []


def _name(left: Any) -> str:  # noqa: ANN401  what nft prints
    ((kind, operand),) = left.items()
    if kind == "payload" and "field" in operand:
        return f"{operand['protocol']} {operand['field']}"
    if kind in ("meta", "ct"):
        return f"ct {operand['key']}" if kind == "ct" else str(operand["key"])
    return json.dumps(left)


def _several(right: Any) -> list[Any]:  # noqa: ANN401
    found = right.get("set", [right]) if isinstance(right, dict) else right
    return found if isinstance(found, list) else [found]


def _network(address: Any) -> str:  # noqa: ANN401
    if isinstance(address, dict) and "prefix" in address:
        return f"{address['prefix']['addr']}/{address['prefix']['len']}"
    if isinstance(address, str) and address != "anywhere":
        return f"{address}/{128 if ':' in address else 32}"
    return str(address)


def _range(port: Any) -> str:  # noqa: ANN401
    return "-".join(map(str, port["range"])) if isinstance(port, dict) and "range" in port else str(port)


PROBES = {"firewall_policy": firewall_policy, "firewall_flows": firewall_flows}
