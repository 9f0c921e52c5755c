"""The day by which a tenant is looked at again: not past, and not further ahead than its classification allows."""

from collections.abc import Iterator
from datetime import date

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.model.classification import Classification
from infra.model.country import Policy
from infra.policy.days import months_after


def review(draft: Draft, policy: Policy, today: date) -> Iterator[Finding]:
    """A review that is past or too far ahead (SecNumCloud 3.2, 9.4: rights are reviewed)."""
    if not {"review_by", "classification"} <= draft.values.keys():
        return
    found, classification = date.fromisoformat(draft.values["review_by"]), draft.values["classification"]
    months = policy.classifications[Classification(classification)].review_months
    latest = months_after(today, months)
    told = {"found": found.isoformat(), "latest": latest.isoformat()}
    if found < today:
        yield Finding("POLICY-REVIEW-PAST", draft.place(("review_by",)), told)
    elif found > latest:
        told |= {"classification": classification, "months": str(months)}
        yield Finding("POLICY-REVIEW-FAR", draft.place(("review_by",)), told)
