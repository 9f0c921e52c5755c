"""What a report says of a rule beyond its verdicts: title, severity, level, and why it is asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from infra.hosts.record import RunRecord


class Weight(StrEnum):
    """A rule's severity, the heaviest first; ``unknown`` where no catalogue tells of it."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class RuleText:
    """A rule as a report names it. Texts are by language, ``fr`` and ``en``; a missing one is empty.

    ``level`` is the level that first asks for it, ``recommendation`` the guide's number (``R33``). ``recommended`` is
    the recommendation's own title.
    """

    rule: str
    recommendation: str
    level: str = ""
    severity: Weight = Weight.UNKNOWN
    title: Mapping[str, str] = field(default_factory=dict)
    recommended: Mapping[str, str] = field(default_factory=dict)
    reason: Mapping[str, str] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, str]:
        """Where it stands: by the number of its recommendation, then by name."""
        return recommendation_order(self.recommendation), self.rule


def recommendation_order(number: str) -> int:
    """``R9`` before ``R33``; what is no recommendation's number comes last."""
    digits = number[1:]
    return int(digits) if number[:1] == "R" and digits.isascii() and digits.isdecimal() and len(digits) < 4 else 1000  # noqa: PLR2004


def rule_texts(records: Iterable[RunRecord], known: Mapping[str, RuleText]) -> dict[str, RuleText]:
    """Every rule that the records have a verdict on, in the guide's order; what is not ``known`` has its name alone.

    A record may hold rules that the catalogue of today no longer has.
    """
    found: dict[str, RuleText] = {}
    for record in records:
        for host in record.hosts:
            for verdict in host.verdicts:
                if verdict.rule not in found:
                    plain = RuleText(rule=verdict.rule, recommendation=verdict.recommendation)
                    found[verdict.rule] = known.get(verdict.rule, plain)
    return {text.rule: text for text in sorted(found.values(), key=lambda text: text.order)}
