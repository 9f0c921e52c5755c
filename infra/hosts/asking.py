"""The controller's side of an audit: which rules a host is asked, with which values, and what its answers mean.

What a host is, is a plain map (the variable ``joliba`` of the inventory, see `infra.hosts.inventory`): ``level``,
``role``, ``facts`` (values that the site and the tenant's request give), ``deviations`` (of this host, each
with ``name``, ``rule``, ``expires``).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from glob import escape
from typing import Any

from infra.hosts.catalogue import Catalogue, Danger, Rule
from infra.hosts.record import NOT_YET, Verdict
from infra.model.classification import HardeningLevel

_ORDER = tuple(Danger)
_LAST = ("R73",)
"""It has the use of privileged programs recorded, and other remedies bring some: R55's packages do."""
_PATHS = ("homes", "log_files_open", "start_files")
"""Probes that answer with paths, anywhere, of which remedies change the attributes."""
_LISTED = ("files", "attributes", "mounts", "modules", "packages", "units")


class _UnknownFactError(Exception):
    """The host has no such fact."""


def questions(catalogue: Catalogue, host: Mapping[str, Any], only: Collection[str] = ()) -> list[dict[str, Any]]:
    """The rules of a host's level as the module ``joliba_audit`` takes them.

    Args:
        catalogue: all rules.
        host: what the host is.
        only: recommendations or rules to which the audit is limited; empty for all.
    """
    facts = host["facts"]
    return [_question(rule, facts) for rule in catalogue.select(HardeningLevel(host["level"]), only)]


def _question(rule: Rule, facts: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "rule": rule.name,
        "recommendation": rule.recommendation,
        "systems": list(rule.systems),
        "exempt": {role.value: why["en"] for role, why in rule.exempt.items()},
    }
    if rule.needs and not facts.get(rule.needs["fact"]):
        return {**plain, "probe": dict(rule.probe), "expected": "?", "absent": rule.needs["en"]}
    try:
        return {**plain, "probe": filled(rule.probe, facts), "expected": filled(rule.expected, facts)}
    except _UnknownFactError as error:
        return {**plain, "probe": dict(rule.probe), "expected": "?", "unknown": f"the site does not say: {error}"}


def filled(value: Any, facts: Mapping[str, Any]) -> Any:  # noqa: ANN401  what YAML holds
    """A value with each ``{fact: name}`` in it replaced by the host's.

    Raises:
        _UnknownFactError: the host has none of that name.
    """
    if isinstance(value, Mapping):
        if set(value) == {"fact"}:
            if facts.get(value["fact"]) is None:
                raise _UnknownFactError(value["fact"])
            return facts[value["fact"]]
        return {key: filled(each, facts) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, facts) for each in value]
    return value


def with_deviations(
    verdicts: Iterable[Mapping[str, Any]], deviations: Collection[Mapping[str, Any]], today: date
) -> list[dict[str, Any]]:
    """Verdicts in which what fails and is covered by a deviation that has not expired says so.

    A deviation's ``rule`` is a rule's name or a recommendation's number; its last day still counts.
    """
    told = []
    for verdict in verdicts:
        covering = [each for each in deviations if each["rule"] in (verdict["rule"], verdict["recommendation"])]
        valid = [each for each in covering if date.fromisoformat(each["expires"]) >= today]
        if verdict["verdict"] != Verdict.FAIL or not covering:
            told.append(dict(verdict))
        elif valid:
            told.append({**verdict, "verdict": Verdict.DEVIATION.value, "deviation": valid[0]["name"]})
        else:
            told.append({**verdict, "why": f"its deviation expired on {covering[0]['expires']}"})
    return told


def whole(catalogue: Catalogue, names: Collection[str]) -> tuple[str, ...]:
    """The recommendations that hold what is named: a remedy writes whole files, in which all its rules are.

    >>> whole(read_catalogue(), ["ssh-asks-for-keys", "R38"])     # doctest: +SKIP
    ('R79', 'R38')
    """
    rules = catalogue.rules
    return tuple(dict.fromkeys(rules[name].recommendation if name in rules else name for name in names))


def remedies(
    catalogue: Catalogue,
    verdicts: Iterable[Mapping[str, Any]],
    facts: Mapping[str, Any],
    only: Collection[str] = (),
) -> dict[str, Any]:
    """What hardening does about an audit's verdicts.

    Args:
        catalogue: all rules.
        verdicts: on every rule of the recommendations in question (`whole`).
        facts: values that the site and the tenant's request give.
        only: a recommendation is remedied, whole, if one of these fails; empty: if one of its rules does. What only
            waits for a boot is remedied already.

    Returns:
        ``recommendations``: those with something to remedy, each with ``number``, ``chapter``, ``rules`` (what fails)
        and ``held`` (what applies here and no deviation covers), the base first, dangerous ones later and `_LAST` last;
        ``settings``: for each of them the values of all its rules that are held, by probe and by the probe's argument
        (or the rule's name): whole files are written, so what passes is in them too, and what could not be measured
        where its probe could measure others;
        ``touches``: of all of them, as the module ``joliba_restore_point`` takes it; ``dangerous``: whether one can
        take the way in.
    """
    failing: dict[str, list[str]] = {}
    chosen: set[str] = set()
    settings: dict[str, dict[str, dict[str, Any]]] = {}
    unseen: dict[str, dict[str, dict[str, Any]]] = {}
    paths: dict[str, set[str]] = {}
    held: dict[str, list[str]] = {}
    for verdict in verdicts:
        rule = catalogue.rules[verdict["rule"]]
        if not rule.remedied or verdict["verdict"] in (Verdict.NOT_APPLICABLE, Verdict.DEVIATION):
            continue
        try:
            setting = filled(rule.setting, facts)
        except _UnknownFactError:
            continue  # it fails, and only the site can change that
        held.setdefault(rule.recommendation, []).append(rule.name)
        if verdict["verdict"] == Verdict.FAIL:
            failing.setdefault(rule.recommendation, []).append(rule.name)
            waits = rule.danger is Danger.REBOOT and verdict.get("why") == NOT_YET
            if not waits and (not only or rule.name in only or rule.recommendation in only):
                chosen.add(rule.recommendation)
        ((probe, argument),) = rule.probe.items()
        paths.setdefault(rule.recommendation, set()).update(_paths(verdict) if probe in _PATHS else ())
        key = argument if isinstance(argument, str) and argument else rule.name
        kept = unseen if verdict["verdict"] == Verdict.UNMEASURED else settings
        kept.setdefault(rule.recommendation, {}).setdefault(probe, {})[key] = setting
    for number in chosen & unseen.keys():
        for probe in settings[number].keys() & unseen[number].keys():
            settings[number][probe] |= unseen[number][probe]

    def danger(number: str) -> Danger:
        return max((catalogue.rules[name].danger for name in failing[number]), key=_ORDER.index)

    def place(number: str) -> tuple[bool, bool, int, int]:
        return number[0] == "R", number in _LAST, _ORDER.index(danger(number)), int(number[1:])

    ordered = sorted(chosen, key=place)
    found = [catalogue.recommendations[number] for number in ordered]
    touches = {kind: {name for each in found for name in getattr(each.touches, kind)} for kind in _LISTED}
    touches["attributes"] |= {path for number in ordered for path in paths.get(number, ())}
    return {
        "recommendations": [
            {
                "number": each.number,
                "chapter": each.chapter,
                "rules": failing[each.number],
                "held": held[each.number],
            }
            for each in found
        ],
        "settings": {number: settings[number] for number in ordered},
        "touches": {
            **{kind: sorted(names) for kind, names in touches.items()},
            "removals": sorted(_removals(settings[number] for number in ordered)),
            "sysctls": sorted(_sysctls(settings[number] for number in ordered)),
            "firewall": any(each.touches.firewall for each in found),
        },
        "dangerous": any(danger(number) is Danger.LOCK_OUT for number in ordered),
    }


def _paths(verdict: Mapping[str, Any]) -> set[str]:
    """The paths that a host answers with, as patterns."""
    told = verdict.get("effective") or verdict.get("persistent") or ""
    return {escape(path) for path in told.split(", ") if path.startswith("/")}


def _removals(settings: Iterable[Mapping[str, Mapping[str, Any]]]) -> set[str]:
    """Packages that are to be gone."""
    return {name for of_one in settings for name, version in of_one.get("package", {}).items() if version is None}


def _sysctls(settings: Iterable[Mapping[str, Mapping[str, Any]]]) -> set[str]:
    """Kernel parameters, whichever probe of theirs looks at them."""
    return {
        key for of_one in settings for probe, given in of_one.items() if probe.startswith("sysctl") for key in given
    }
