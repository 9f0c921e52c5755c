"""Who answers for a tenant: different people where they watch over each other, reached within the country."""

from collections.abc import Iterator, Mapping

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.model.classification import Classification
from infra.model.country import Policy
from infra.policy.national import has_name


def contacts(draft: Draft, policy: Policy) -> Iterator[Finding]:
    """Contacts that are one and the same, and addresses outside the national domains (SecNumCloud 3.2, 6.1)."""
    people: Mapping[str, Mapping[str, str]] = draft.values.get("contacts", {})
    if _same(people, "owner", "technical"):
        yield Finding("POLICY-CONTACT-SAME", draft.place(("contacts", "technical")))
    level = draft.values.get("classification", Classification.PUBLIC)
    independent = policy.classifications[Classification(level)].independent_security
    if independent and _same(people, "security", "technical"):
        yield Finding("POLICY-CONTACT-SECURITY", draft.place(("contacts", "security")), {"classification": level})
    accepted = ", ".join(policy.national.domains)
    for role, person in people.items():
        email = person.get("email", "")
        if email and not has_name(policy.national, email.rpartition("@")[2]):
            place = draft.place(("contacts", role, "email"))
            yield Finding("POLICY-CONTACT-DOMAIN", place, {"found": email, "accepted": accepted})


def _same(people: Mapping[str, Mapping[str, str]], one: str, other: str) -> bool:
    """Whether two contacts have the same address; one office under two addresses is two contacts."""
    first, second = (plain(people.get(role, {}).get("email", "")) for role in (one, other))
    return first == second != ""


def plain(text: str) -> str:
    """A text for comparing: no case, single spaces, one kind of apostrophe."""
    return " ".join(text.replace("\u2019", "'").casefold().split())
