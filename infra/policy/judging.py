"""All rules of a country, over one request and over one site."""

from collections.abc import Container, Iterator
from datetime import date

from infra.intake.defaults import Draft
from infra.intake.findings import Finding
from infra.intake.reading import Document
from infra.model.country import Country
from infra.model.site import Site
from infra.policy.backups import backups
from infra.policy.contacts import contacts
from infra.policy.deviations import deviated
from infra.policy.egress import egress
from infra.policy.encryption import encryption
from infra.policy.exposure import exposure
from infra.policy.hardening import hardening
from infra.policy.images import images, support_ends
from infra.policy.naming import naming
from infra.policy.nature import nature, natures
from infra.policy.residency import residency
from infra.policy.review import review


def judge_request(draft: Draft, site: Site, country: Country, today: date, codes: Container[str]) -> list[Finding]:
    """What policy refuses in a request, with the deviations in it applied.

    Args:
        draft: the merged request; what is broken in it is not judged.
        site: where it is to be built.
        country: whose policy holds there.
        today: the day it is judged on.
        codes: every code that there is, for deviations.
    """
    return deviated(draft, list(_rules(draft, site, country, today)), country, today, codes)


def _rules(draft: Draft, site: Site, country: Country, today: date) -> Iterator[Finding]:
    policy = country.policy
    yield from naming(draft, site, policy)
    yield from contacts(draft, policy)
    yield from review(draft, policy, today)
    yield from exposure(draft, policy)
    yield from egress(draft, country)
    yield from nature(draft, policy)
    for word, asked in natures(draft, policy):
        yield from encryption(draft, site, asked, word)
    yield from hardening(draft, policy)
    yield from backups(draft, policy)
    yield from images(draft, site, today)


def judge_site(site: Site, document: Document, country: Country, today: date) -> Iterator[Finding]:
    """What policy refuses in a site's own file; no deviation sets it aside."""
    yield from residency(site, document, country)
    bastion = site.images.get(site.administration.image)
    until = support_ends(bastion) if bastion else None
    if bastion and until and until < today:
        told = {"found": bastion.name, "until": until.isoformat()}
        yield Finding("POLICY-IMAGE-ENDED", document.place(("administration", "bastion", "image")), told)
