"""Whose name a request bears: a ministry that another tenant is of, an owner's address in another tenant's domain.

Both may be right (a ministry may have two tenants), so both are told and refuse nothing: who approves must know it.
Of two tenants the newer one is told. Only the owner's domain counts, since ministries share agencies that run or watch
over their applications, and no domain of the national list itself, which all of the country's administrations share.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Severity
from infra.model.country import Country
from infra.model.tenant import Tenant

_SIGNS = re.compile(r"[\W_]+")


class Claim(NamedTuple):
    """Under what name a tenant asks: its ministry, in a form for comparing, and the domain of its owner's address."""

    ministry: str
    domain: str


def claim(tenant: Tenant) -> Claim:
    """What a tenant says that it is."""
    return Claim(_compared(tenant.ministry), tenant.contacts.owner.email.rpartition("@")[2].lower())


def check_claims(
    judged: Iterable[Draft], claims: Mapping[str, Claim], country: Country | None, draft: Callable[[str], Draft]
) -> None:
    """Add a finding to the judged requests that bear the name of an older tenant.

    Args:
        judged: the requests that are told, all of them in ``claims``.
        claims: of every tenant of the site whose request can be read, the oldest first.
        country: whose domains its administrations share.
        draft: gives any tenant's request.
    """
    shared = country.policy.national.domains if country else ()
    ministries: dict[str, str] = {}
    domains: dict[str, str] = {}
    for name, own in claims.items():
        ministries.setdefault(own.ministry, name)
        domains.setdefault(own.domain, name)
    for each in judged:
        own = claims[each.name]
        first = ministries[own.ministry]
        if first != each.name:
            _tell(each, draft(first), "NAME-MINISTRY", ("ministry",), each.values["ministry"])
        if (owner := domains[own.domain]) not in {each.name, first} and own.domain not in shared:
            _tell(each, draft(owner), "NAME-DOMAIN", ("contacts", "owner", "email"), own.domain)


def _tell(own: Draft, other: Draft, code: str, path: tuple[str, ...], found: str) -> None:
    told = {"found": found, "other": other.name}
    own.document.findings.append(Finding(code, own.place(path), told, (other.place(path),), Severity.WARNING))


def _compared(text: str) -> str:
    """Without case, accents, apostrophes and spaces."""
    plain = unicodedata.normalize("NFKD", text)
    return _SIGNS.sub("", "".join(each for each in plain if not unicodedata.combining(each))).casefold()
