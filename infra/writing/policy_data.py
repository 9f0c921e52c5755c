"""What the request form knows of the country's policy: plain data for ``policy.js``."""

from dataclasses import asdict
from typing import Any

from netaddr import IPNetwork

from infra.model.classification import Classification, HardeningLevel
from infra.model.country import Country, NaturePolicy
from infra.model.site import Site
from infra.policy.images import support_ends
from infra.policy.nature import WORDS

POLICY_TOLD = (
    "POLICY-NAME", "POLICY-CONTACT-SAME", "POLICY-CONTACT-SECURITY", "POLICY-CONTACT-DOMAIN", "POLICY-REVIEW-PAST",
    "POLICY-REVIEW-FAR", "POLICY-EXPOSURE", "POLICY-CLOSED-PORT", "POLICY-EGRESS", "POLICY-TRANSFER",
    "POLICY-TRANSFER-HEALTH", "POLICY-NATURE", "POLICY-UNENCRYPTED", "POLICY-HARDENING", "POLICY-BACKUP-MISSING",
    "POLICY-BACKUP-RARE", "POLICY-BACKUP-SHORT", "POLICY-IMAGE-ENDED",
)  # fmt: skip
"""The findings of policy that the page tells. Deviations are not written in it, and a site's own are not about it."""


def policy_data(country: Country, site: Site) -> dict[str, Any]:
    """The country's policy as JSON can hold it, with the last day of support of the site's images."""
    policy = country.policy
    ends = {name: support_ends(image) for name, image in site.images.items()}
    return {
        "country": country.name,
        "authority": country.data_protection.name,
        "domains": policy.national.domains,
        "addresses": [block_range(block) for block in policy.national.addresses],
        "accepted": [{**block_range(each.to), "personal": each.personal} for each in policy.accepted_destinations],
        "published_ports": policy.published_ports,
        "closed_ports": [{"port": port, "service": service} for port, service in policy.closed_ports.items()],
        "reserved_names": sorted(policy.reserved_names),
        "hardening_levels": list(HardeningLevel),
        "classifications": {level: asdict(policy.classifications[level]) for level in Classification},
        "natures": [_nature("health", policy.health), _nature("personal", policy.personal)],
        "support_ends": {name: until.isoformat() for name, until in ends.items() if until},
    }


def block_range(block: IPNetwork) -> dict[str, Any]:
    """A range as text and as its first and last address, which are numbers."""
    return {"range": str(block), "first": int(block.first), "last": int(block.last)}


def _nature(key: str, asked: NaturePolicy) -> dict[str, Any]:
    return {"key": key, "word": WORDS[key], **asdict(asked)}
