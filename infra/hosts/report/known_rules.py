"""What the catalogue says of each rule, in the form that reports need."""

from infra.hosts.report.rule_text import RuleText


def known_rules() -> dict[str, RuleText]:
    """Every rule of the catalogue by name."""
    return {}
