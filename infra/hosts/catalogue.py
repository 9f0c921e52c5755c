"""The 80 recommendations of ANSSI-BP-028 v2.0, how each is answered, and the rules that are looked at on hosts.

Data in ``playbooks/catalogue``, one file a recommendation; ``B1`` and on are Joliba's own: the base that every host
gets. A rule's name is stable: records, deviations and reports
name it.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from infra.environment import PLAYBOOKS
from infra.errors import JolibaError
from infra.intake.reading import LARGEST_FILE, Document, Tree, read
from infra.intake.shape import check_shape
from infra.model.classification import HardeningLevel

FOLDER = PLAYBOOKS / "catalogue"
LEVELS = tuple(HardeningLevel)


class Answer(StrEnum):
    """How a recommendation is answered: hardens and audits, only audits, asks people for evidence, or says why not."""

    AUTOMATED = "automated"
    AUDITED = "audited"
    ORGANISATIONAL = "organisational"
    NOT_APPLICABLE = "not-applicable"


class Severity(StrEnum):
    """How much a rule's absence weighs, in rising order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Danger(StrEnum):
    """What remedying a rule risks, in rising order; ``lock-out`` is for the way in: ssh, sudo, PAM, firewall."""

    NONE = "none"
    SERVICE = "service"
    REBOOT = "reboot"
    LOCK_OUT = "lock-out"


class HostRole(StrEnum):
    """What a host is for the catalogue: some roles are exempt from rules that would break what they are for."""

    GUEST = "guest"
    BASTION = "bastion"
    HYPERVISOR = "hypervisor"
    CONTAINER_HOST = "container-host"
    ROUTER = "router"


Text = Mapping[str, str]
"""The same in ``fr`` and ``en``."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that is looked at on a host.

    ``probe`` and ``expected`` are as `playbooks/module_utils/joliba` understands them; ``setting`` is what hardening
    writes. ``systems`` is empty for all; ``exempt`` maps roles to why; ``needs`` has a ``fact`` without which it does
    not apply, and why in both languages. ``judge`` says why our verdict knowingly differs
    from ComplianceAsCode's.
    """

    name: str
    recommendation: str
    level: HardeningLevel
    title: Text
    severity: Severity
    danger: Danger
    systems: tuple[str, ...]
    exempt: Mapping[HostRole, Text]
    needs: Text | None
    scap: tuple[str, ...]
    cis: tuple[str, ...]
    judge: Text | None
    probe: Mapping[str, Any]
    expected: Any
    setting: Any
    remedied: bool
    reason: Text | None


@dataclass(frozen=True, kw_only=True)
class Touches:
    """What remedying may change on a host: a restore point saves it (module ``joliba_restore_point``).

    Of ``attributes`` only owner, mode, ACLs and capabilities are saved, not the content.
    """

    files: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    firewall: bool = False
    packages: tuple[str, ...] = ()
    units: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One of the guide's. ``chapter`` names the role that remedies it; ``evidence`` is what people must show.

    ``remedied_on`` are the systems that its tasks are written for, empty for all; elsewhere it is audited only.
    """

    number: str
    level: HardeningLevel
    chapter: str
    section: str
    title: Text
    answer: Answer
    reason: Text
    evidence: Text | None
    touches: Touches
    remedied_on: tuple[str, ...]
    rules: Mapping[str, Rule]


@dataclass(frozen=True)
class Catalogue:
    """All recommendations by number, in the guide's order."""

    recommendations: Mapping[str, Recommendation]
    rules: Mapping[str, Rule] = field(init=False)

    def __post_init__(self) -> None:
        found = {rule.name: rule for each in self.recommendations.values() for rule in each.rules.values()}
        object.__setattr__(self, "rules", MappingProxyType(found))

    def select(self, level: HardeningLevel, only: Collection[str] = ()) -> Iterator[Rule]:
        """The rules of a level and those below it; of ``only`` these recommendations or rules, if any are named."""
        for rule in self.rules.values():
            if LEVELS.index(rule.level) <= LEVELS.index(level) and (
                not only or rule.recommendation in only or rule.name in only
            ):
                yield rule

    def on(self, system: str) -> "Catalogue":
        """As hardening has it on a system (``debian-12``): what is not written for it is audited only."""
        return Catalogue({number: _on(system, each) for number, each in self.recommendations.items()})

    @property
    def digest(self) -> str:
        """Which rules these are: it changes with every probe and expected value."""
        plain = {rule.name: [rule.level, rule.probe, rule.expected] for rule in self.rules.values()}
        return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:16]


def chosen(catalogue: Catalogue, names: Collection[str]) -> tuple[str, ...]:
    """Recommendations (``R33``) and rules by name, as typed by a person.

    Raises:
        JolibaError: there is no such recommendation or rule, or no rule of them all looks at hosts.
    """
    from infra.intake.suggestion import suggestion  # noqa: PLC0415

    found = tuple(name.upper() if name.upper() in catalogue.recommendations else name for name in names)
    for name in found:
        if name not in catalogue.recommendations and name not in catalogue.rules:
            nearest = suggestion(name, [*catalogue.recommendations, *catalogue.rules])["nearest"]
            told = "there is no recommendation or rule {found!r}: did you mean {nearest}?"
            raise JolibaError(told, found=name, nearest=nearest)
    if found and not any(catalogue.select(LEVELS[-1], found)):
        told = (
            "{names}: no rule looks at hosts for this, so there is nothing to ask of them; "
            "docs/reference/hardening.en.md says how it is answered"
        )
        raise JolibaError(told, names=", ".join(found))
    return found


@cache
def read_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read the catalogue.

    Raises:
        JolibaError: a file does not have the shape of its schema, or names something twice.
    """
    found: dict[str, Recommendation] = {}
    names: dict[str, str] = {}
    for file in sorted(folder.glob("[RB][0-9][0-9].yaml"), key=lambda file: (file.stem[0] != "R", file.stem)):
        document = read(file, folder, largest=LARGEST_FILE)
        check_shape(document, "recommendation")
        refuse_broken(document)
        recommendation = _recommendation(document.values)
        if file.stem != f"{recommendation.number[0]}{int(recommendation.number[1:]):02}":
            raise JolibaError("{file}: holds {number}", file=file.name, number=recommendation.number)
        for name in recommendation.rules:
            if name in names:
                told = "{file}: the rule {name!r} is in {other} too"
                raise JolibaError(told, file=file.name, name=name, other=names[name])
            names[name] = file.name
        found[recommendation.number] = recommendation
    return Catalogue(MappingProxyType(found))


def refuse_broken(document: Document) -> None:
    """Stop at what a file of ours says wrongly.

    Raises:
        JolibaError: with the first finding.
    """
    for finding in document.findings:
        place, values = finding.place, dict(finding.values)
        told = "{file}:{line}: {code} at {path}: {values}"
        raise JolibaError(told, file=place.file, line=place.line, code=finding.code, path=place.path, values=values)


def _recommendation(values: Tree) -> Recommendation:
    answer = Answer(values["answer"])
    level = HardeningLevel(values["level"])
    touches: dict[str, Any] = {
        key: tuple(it) if isinstance(it, list) else it for key, it in values.get("touches", {}).items()
    }
    number = values["recommendation"]
    rules = {
        name: _rule(name, rule, number, level, remedied=answer is Answer.AUTOMATED)
        for name, rule in values.get("rules", {}).items()
    }
    return Recommendation(
        number=number,
        level=level,
        chapter=values["chapter"],
        section=values.get("section", ""),
        title=values["title"],
        answer=answer,
        reason=values["reason"],
        evidence=values.get("evidence"),
        touches=Touches(**touches),
        remedied_on=tuple(values.get("remedied_on", ())),
        rules=MappingProxyType(rules),
    )


def _on(system: str, recommendation: Recommendation) -> Recommendation:
    if not recommendation.remedied_on or system in recommendation.remedied_on:
        return recommendation
    rules = {name: replace(rule, remedied=False) for name, rule in recommendation.rules.items()}
    return replace(recommendation, rules=rules)


def _rule(name: str, values: Tree, number: str, level: HardeningLevel, *, remedied: bool) -> Rule:
    return Rule(
        name=name,
        recommendation=number,
        level=HardeningLevel(values.get("level", level)),
        title=values["title"],
        severity=Severity(values["severity"]),
        danger=Danger(values.get("danger", "none")),
        systems=tuple(values.get("systems", ())),
        exempt={HostRole(role): why for role, why in values.get("exempt", {}).items()},
        needs=values.get("needs"),
        scap=tuple(values.get("scap", ())),
        cis=tuple(values.get("cis", ())),
        judge=values.get("judge"),
        probe=values["probe"],
        expected=values["expected"],
        setting=values.get("set", values["expected"]),
        remedied=bool(values.get("remedied", remedied)),
        reason=values.get("reason"),
    )
