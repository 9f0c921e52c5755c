"""Hosts for the rules on the firewall (R80)."""

import json

from rule_states.state import UNIT_FOLDER, State

RUNNING = "nftables.service loaded active exited nftables\nssh.service loaded active running sshd\n"
LINK = "/etc/systemd/system/sysinit.target.wants/nftables.service"


def ruleset(*rules, policy="drop", hook="input", family="inet"):
    """What nft prints of a table with one chain."""
    chain = {"family": family, "table": "t", "name": "in", "type": "filter", "hook": hook, "policy": policy}
    return json.dumps(
        {"nftables": [{"chain": chain}]
         + [{"rule": {"family": family, "table": "t", "chain": "in", "expr": expressions}} for expressions in rules]}
    )  # fmt: skip


def match(protocol, field, right, op="=="):
    return {"match": {"op": op, "left": {"payload": {"protocol": protocol, "field": field}}, "right": right}}


SSH = [match("ip", "saddr", {"prefix": {"addr": "10.0.2.0", "len": 24}}), match("tcp", "dport", 22), {"accept": None}]
WEB = [match("ip", "saddr", {"prefix": {"addr": "10.1.0.0", "len": 16}}), match("tcp", "dport", 443), {"accept": None}]


def filtering(text):
    """A host with these rules in effect, and after a reboot."""
    texts = {LINK: "", f"{UNIT_FOLDER}/nftables.service": ""}
    return State(texts, {"systemctl list-units": RUNNING, "nft -j list ruleset": text, "unshare --net": text})


def filters(right, wrong):
    return filtering(right), filtering(wrong)


STATES = {
    "incoming-traffic-dropped-by-default": filters(ruleset(SSH), ruleset(SSH, policy="accept")),
    "forwarded-traffic-dropped-by-default": filters(
        ruleset(hook="forward"), ruleset(hook="forward", policy="accept")
    ),
    "only-declared-flows-enter": filters(ruleset(SSH, WEB), ruleset(SSH, WEB, [match("tcp", "dport", 25), WEB[-1]])),
}  # fmt: skip
