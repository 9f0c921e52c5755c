"""For each rule of the catalogue a host that it accepts and one that it refuses: `states`.

Most rules are of a kind, by their probe; the others are told one by one.
"""

from rule_states import accounts, files, kernel, network, system
from rule_states.state import Pair, State, no_package, rights

__all__ = ["Pair", "State", "states"]

_KINDS = {
    **kernel.KINDS,
    "file": rights,
    "package": lambda rule: no_package(rule.probe["package"]),
    "sshd": lambda rule: system.sshd(rule.probe["sshd"]),
    "audit_rules": system.recorded,
}
_TOLD = {**accounts.STATES, **files.STATES, **system.STATES, **network.STATES}


def states(rule) -> Pair:
    """The right and the wrong host of a rule.

    Raises:
        KeyError: nobody has told them yet.
    """
    ((probe, _),) = rule.probe.items()
    return _TOLD[rule.name] if rule.name in _TOLD else _KINDS[probe](rule)
