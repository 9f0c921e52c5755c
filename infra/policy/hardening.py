"""Servers are hardened at least as far as their classification asks."""

from collections.abc import Iterator

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.model.classification import Classification, HardeningLevel
from infra.model.country import Policy


def hardening(draft: Draft, policy: Policy) -> Iterator[Finding]:
    """A level below the classification's (ANSSI-BP-028 v2, section 1: levels by sensitivity)."""
    level, classification = draft.values.get("hardening", {}).get("level"), draft.values.get("classification")
    if level is None or classification is None:
        return
    least, order = policy.classifications[Classification(classification)].hardening, list(HardeningLevel)
    if order.index(HardeningLevel(level)) < order.index(least):
        told = {"found": level, "least": least.value, "classification": classification}
        yield Finding("POLICY-HARDENING", draft.place(("hardening", "level")), told)
