"""Deviations (dérogations): who set which rule aside, with whose consent, until when. They set aside, and are shown.

Only rules that the country marks, only with a consent that its approvers may give, and never for long. A deviation
from a recommendation of ANSSI-BP-028 (``R38``) is the hardening's to apply; its form is judged here all the same.
"""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from datetime import date

from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Severity
from infra.intake.reading import Tree
from infra.intake.suggestion import suggestion
from infra.model.classification import Classification
from infra.model.country import Country
from infra.policy.contacts import plain
from infra.policy.days import months_after

_HARDENING_RULE = re.compile(r"R([1-9]|[1-7][0-9]|80)")
"""ANSSI-BP-028 v2 has 80 recommendations."""
_KEYS = {"rule", "reason", "owner", "approver", "expires"}
Wrong = tuple[str, str, dict[str, str]]
"""A finding's code, the key of the deviation that it is about, and its values."""


def deviated(
    draft: Draft, findings: Sequence[Finding], country: Country, today: date, codes: Container[str]
) -> list[Finding]:
    """The findings with those that a valid deviation sets aside as warnings, and what is wrong with deviations.

    Args:
        draft: the request.
        findings: what policy found in it.
        country: which rules may be set aside, for how long, and with whose consent.
        today: the day it is judged on.
        codes: every code that there is.
    """
    found = list(findings)
    for position, entry in enumerate(draft.values.get("deviations", ())):
        if not entry.keys() >= _KEYS:
            continue
        wrong = [*_wrong_rule(draft, position, country, codes), *_wrong_consent(draft, position, country)]
        wrong += _wrong_end(draft, position, country, today)
        found += wrong
        rule = entry["rule"]
        if wrong or _HARDENING_RULE.fullmatch(rule):
            continue
        place = draft.place(("deviations", position))
        told = {key: entry[key] for key in _KEYS}
        covered = [each.code == rule and each.severity is Severity.ERROR for each in found]
        found = [
            replace(each, severity=Severity.WARNING, related=(*each.related, place)) if aside else each
            for each, aside in zip(found, covered, strict=True)
        ]
        code = "POLICY-DEVIATION" if any(covered) else "POLICY-DEVIATION-USELESS"
        found.append(Finding(code, place, told, (), Severity.WARNING))
    return found


def _refuse(draft: Draft, code: str, position: int, key: str, **values: str) -> Finding:
    entry = draft.values["deviations"][position]
    return Finding(code, draft.place(("deviations", position, key)), {"found": entry[key], **values})


def _wrong_rule(draft: Draft, position: int, country: Country, codes: Container[str]) -> Iterator[Finding]:
    rule, accepted = draft.values["deviations"][position]["rule"], country.policy.deviations.rules
    if rule not in accepted and not _HARDENING_RULE.fullmatch(rule):
        code = "POLICY-DEVIATION-FORBIDDEN" if rule in codes else "POLICY-DEVIATION-RULE"
        yield _refuse(draft, code, position, "rule", **suggestion(rule, sorted(accepted)))


def _wrong_consent(draft: Draft, position: int, country: Country) -> Iterator[Finding]:
    entry, level = draft.values["deviations"][position], draft.values.get("classification")
    for code, key, told in wrong_consent(entry, country, Classification(level) if level else None):
        yield _refuse(draft, code, position, key, **told)


def _wrong_end(draft: Draft, position: int, country: Country, today: date) -> Iterator[Finding]:
    entry = draft.values["deviations"][position]
    if date.fromisoformat(entry["expires"]) < today:
        yield _refuse(draft, "POLICY-DEVIATION-EXPIRED", position, "expires", rule=entry["rule"])
    for code, key, told in wrong_end(entry, country, today):
        yield _refuse(draft, code, position, key, **told)


def wrong_consent(entry: Tree, country: Country, level: Classification | None) -> Iterator[Wrong]:
    """The approver is another one than the owner, and one that the country names for the classification, if known."""
    approvers = country.approvers[level] if level else (entry["approver"],)
    if plain(entry["owner"]) == plain(entry["approver"]):
        yield "POLICY-DEVIATION-OWNER", "approver", {}
    elif plain(entry["approver"]) not in {plain(office) for office in approvers}:
        told = {"accepted": ", ".join(approvers), "classification": str(level)}
        yield "POLICY-DEVIATION-APPROVER", "approver", told


def wrong_end(entry: Tree, country: Country, today: date) -> Iterator[Wrong]:
    """It lasts no longer than the country allows."""
    months = country.policy.deviations.longest_months
    latest = months_after(today, months)
    if date.fromisoformat(entry["expires"]) > latest:
        yield "POLICY-DEVIATION-LONG", "expires", {"latest": latest.isoformat(), "months": str(months)}
