"""What the catalogue says of each rule, and of what no rule looks at, in the form that reports need."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.hosts.catalogue import Answer, read_catalogue
from infra.hosts.report.rule_text import RuleText, Weight


def known_rules() -> dict[str, RuleText]:
    """Every rule of the catalogue by name. A rule without a reason of its own has its recommendation's.

    Raises:
        JolibaError: the catalogue cannot be read.
    """
    return {
        rule.name: RuleText(
            rule=rule.name,
            recommendation=rule.recommendation,
            level=rule.level,
            severity=Weight(rule.severity),
            title=rule.title,
            recommended=recommendation.title,
            reason=rule.reason or recommendation.reason,
        )
        for recommendation in read_catalogue().recommendations.values()
        for rule in recommendation.rules.values()
    }


@dataclass(frozen=True, kw_only=True)
class Unprobed:
    """A recommendation that is answered otherwise than by looking at hosts. Texts are by language."""

    number: str
    level: str
    title: Mapping[str, str]
    answer: Answer
    reason: Mapping[str, str]
    evidence: Mapping[str, str]


def unprobed() -> list[Unprobed]:
    """The recommendations that no rule looks at, in the guide's order: with `known_rules`, all that are answered."""
    return [
        Unprobed(
            number=each.number,
            level=each.level,
            title=each.title,
            answer=each.answer,
            reason=each.reason,
            evidence=each.evidence or {},
        )
        for each in read_catalogue().recommendations.values()
        if not each.rules
    ]
