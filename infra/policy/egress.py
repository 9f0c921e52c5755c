"""Connections to the outside: into the national list, or where the country accepts them; all else is a deviation.

Another country is another law: data that goes there is a transfer, also between countries that share Joliba.
"""

from collections.abc import Iterator

from netaddr import IPNetwork

from infra.intake.defaults import Draft
from infra.intake.findings import Finding, path_text
from infra.intake.site_building import network
from infra.model.country import AcceptedDestination, Country, Policy
from infra.policy.national import has_range
from infra.policy.nature import natures


def egress(draft: Draft, country: Country) -> Iterator[Finding]:
    """Every destination outside the national list that the country does not accept for this tenant's data.

    Destinations that `infra.intake.protection` refuses already are not told again.
    """
    refused = {finding.place.path for finding in draft.document.findings}
    held = list(natures(draft, country.policy))
    for position, rule in enumerate(draft.values.get("egress", ())):
        path = ("egress", position, "to")
        found = network(rule["to"]) if "to" in rule and path_text(path) not in refused else None
        if found is None or has_range(country.policy.national, found):
            continue
        accepted = _accepted(found, country.policy)
        told = {"found": rule["to"], "country": country.name}
        for word, asked in held:
            if not (accepted and accepted.personal and asked.transfers):
                code = "POLICY-TRANSFER-HEALTH" if asked is country.policy.health else "POLICY-TRANSFER"
                about = {"nature_word": word, "law": asked.law, "authority": country.data_protection.name}
                yield Finding(code, draft.place(path), told | about)
                break
        else:
            if accepted is None:
                yield Finding("POLICY-EGRESS", draft.place(path), told)


def _accepted(found: IPNetwork, policy: Policy) -> AcceptedDestination | None:
    within = (
        each for each in policy.accepted_destinations if each.to.first <= found.first <= found.last <= each.to.last
    )
    return next(within, None)
