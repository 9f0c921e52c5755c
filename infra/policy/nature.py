"""What the law asks of tenants that hold personal or health data."""

from collections.abc import Iterator

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.model.classification import Classification
from infra.model.country import NaturePolicy, Policy

WORDS = {"health": "health data", "personal": "personal data"}
"""What a request says under ``data``, and what findings call it."""


def natures(draft: Draft, policy: Policy) -> Iterator[tuple[str, NaturePolicy]]:
    """What the tenant says that it holds, the stricter first, with what the country asks of it."""
    data = draft.values.get("data", {})
    for key, asked in (("health", policy.health), ("personal", policy.personal)):
        if data.get(key):
            yield WORDS[key], asked


def nature(draft: Draft, policy: Policy) -> Iterator[Finding]:
    """A classification lower than the law wants for the data; told once, with the highest that is wanted."""
    if "classification" not in draft.values:
        return
    order = list(Classification)
    found = Classification(draft.values["classification"])
    low = [(word, asked) for word, asked in natures(draft, policy) if order.index(found) < order.index(asked.least)]
    if low:
        word, asked = max(low, key=lambda each: order.index(each[1].least))
        told = {"found": found.value, "nature_word": word, "least": asked.least.value, "law": asked.law}
        yield Finding("POLICY-NATURE", draft.place(("classification",)), told)
