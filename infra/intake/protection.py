"""Whether a request keeps what its classification promises, and its servers only reach what lies outside the sites."""

from collections.abc import Iterator, Mapping

from netaddr import IPNetwork

from infra.intake.consistency import check_ports
from infra.intake.defaults import Draft
from infra.intake.findings import Finding, Path
from infra.intake.site_building import network
from infra.intake.site_checks import overlap
from infra.model.classification import Classification
from infra.model.site import Site

WIDEST_DESTINATION = 16
"""Prefix length of the largest range that an egress may name, if the country says none.

Whoever needs more means the whole Internet.
"""
NOWHERE = tuple(IPNetwork(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
"""This host, loopback, link-local (the metadata service among it), multicast, reserved and broadcast (RFC 6890)."""


def check_protection(
    draft: Draft, site: Site, supernets: Mapping[str, IPNetwork], widest: int = WIDEST_DESTINATION
) -> None:
    """Add a finding for data without encryption, a published secret, and a destination that is no outside one.

    Args:
        draft: the request.
        site: its volume types say which of them encrypt.
        supernets: every site's range, by the site's name.
        widest: prefix length of the largest range that an egress may name.
    """
    if "classification" in draft.values:
        classification = Classification(draft.values["classification"])
        if classification.encrypts:
            _check_encryption(draft, site)
        if classification is Classification.SECRET:
            _check_unpublished(draft)
    for position, rule in enumerate(draft.values.get("egress", ())):
        path: Path = ("egress", position)
        if "to" in rule:
            _check_destination(draft, (*path, "to"), rule["to"], supernets, widest)
        check_ports(draft, (*path, "ports"), rule.get("ports", ()))


def _refuse(draft: Draft, code: str, path: Path, **values: str) -> None:
    draft.document.findings.append(Finding(code, draft.place(path), values))


def _check_encryption(draft: Draft, site: Site) -> None:
    accepted = ", ".join(name for name, kind in site.volume_types.items() if kind.encryption) or "—"
    for place, kind in unencrypted(draft, site):
        told = {"found": kind, "classification": draft.values["classification"], "accepted": accepted}
        draft.document.findings.append(draft.own(Finding("CLASS-UNENCRYPTED", draft.place(place), told)))


def unencrypted(draft: Draft, site: Site) -> Iterator[tuple[Path, str]]:
    """Every volume type that a request chooses and that does not encrypt, root disks included, with its place."""
    for path, _, _, tier in draft.tiers():
        chosen = {(*path, "volume_type"): tier.get("volume_type")}
        for volume, content in tier.get("volumes", {}).items():
            chosen[(*path, "volumes", volume, "type")] = content.get("type")
        for place, kind in chosen.items():
            if (known := site.volume_types.get(kind or "")) and not known.encryption:
                yield place, known.name


def _check_unpublished(draft: Draft) -> None:
    for platform, values in draft.platforms().items():
        for name in values.get("publish", {}):
            place = draft.key_place(("platforms", platform, "publish", name))
            draft.document.findings.append(draft.own(Finding("CLASS-PUBLISHED", place, {"found": name})))


def _check_destination(draft: Draft, path: Path, text: str, supernets: Mapping[str, IPNetwork], widest: int) -> None:
    found = network(text)
    if found is None or found.version != 4:  # noqa: PLR2004  the sites' addresses are IPv4
        _refuse(draft, "VALUE-ADDRESS", path, found=text, example="203.0.113.7/32")
        return
    if found.prefixlen < widest:
        _refuse(draft, "EGRESS-WIDE", path, found=text, widest=str(widest))
    elif any(overlap(found, block) for block in NOWHERE):
        _refuse(draft, "EGRESS-NOWHERE", path, found=text)
    for name, block in supernets.items():
        if found.prefixlen >= widest and overlap(found, block):
            _refuse(draft, "EGRESS-INSIDE", path, found=text, range=str(block), owner=name)
