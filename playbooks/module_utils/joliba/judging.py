"""Rules as data against this host: one verdict each."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.joliba.expecting import complies
from ansible.module_utils.joliba.observing import UNSEEN, NotApplicable, Observed, Unmeasured
from ansible.module_utils.joliba.probes import PROBES
from ansible.module_utils.joliba.system import system

_LONGEST = 600  # characters of an observed value in a verdict


def judge(rules: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """Verdicts in the order of the rules.

    Args:
        rules: each with ``rule``, ``recommendation``, ``probe``, ``expected``, ``systems``, ``exempt`` (role: why), and
            ``absent`` (why) if the host has not what it is about, ``unknown`` if the controller does not know a value.
        role: what the host is.
    """
    return [_verdict(rule, role) for rule in rules]


def _verdict(rule: dict[str, Any], role: str) -> dict[str, Any]:
    told = {"rule": rule["rule"], "recommendation": rule["recommendation"], "expected": _text(rule["expected"])}
    try:
        return {**told, **_judged(_observed(rule, role), rule["expected"])}
    except NotApplicable as why:
        return {**told, "verdict": "not-applicable", "why": str(why)}
    except Unmeasured as why:
        return {**told, "verdict": "unmeasured", "why": str(why)}
    except Exception as error:  # noqa: BLE001  one broken probe must not hide the others' verdicts
        return {**told, "verdict": "unmeasured", "why": f"{type(error).__name__}: {error}"[:_LONGEST]}


def _observed(rule: dict[str, Any], role: str) -> Observed:
    if rule.get("systems") and system() not in rule["systems"]:
        raise NotApplicable(f"not for {system()}")
    if role in rule.get("exempt", {}):
        raise NotApplicable(rule["exempt"][role])
    if rule.get("absent"):
        raise NotApplicable(rule["absent"])
    if rule.get("unknown"):
        raise Unmeasured(rule["unknown"])
    ((name, argument),) = rule["probe"].items()
    return PROBES[name](argument)


def _judged(observed: Observed, expected: Any) -> dict[str, Any]:  # noqa: ANN401
    aspects = {"effective": observed.effective, "persistent": observed.persistent}
    seen = {name: value for name, value in aspects.items() if value is not UNSEEN}
    failing = [name for name, value in seen.items() if not complies(value, expected)]
    verdict = "unmeasured" if not seen else "fail" if failing else "pass"
    told = {name: _text(value) for name, value in seen.items()}
    if failing == ["persistent"] and "effective" in seen:
        return {**told, "verdict": verdict, "why": "not after a reboot"}
    if failing == ["effective"] and "persistent" in seen:
        return {**told, "verdict": verdict, "why": "not yet: it is configured, and not in effect"}
    return {**told, "verdict": verdict}


def _text(value: Any) -> str:  # noqa: ANN401
    """A value for people, bounded."""
    if value is None:
        text = "absent"
    elif isinstance(value, list):
        text = ", ".join(map(str, value)) or "none"
    elif isinstance(value, dict):
        text = "; ".join(f"{key}: {_text(each)}" for key, each in value.items())
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
