"""What the catalogue says of each rule, in the form that reports need."""

from infra.hosts.catalogue import read_catalogue
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
