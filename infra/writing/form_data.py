"""What the request form knows of the schema, the site and the rules: plain data, which its script interprets."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path as File
from typing import Any

from netaddr import IPNetwork

from infra.intake.defaults import merged
from infra.intake.findings import invisible
from infra.intake.flow_checks import ADMINISTRATION_PORTS
from infra.intake.inventory import INVENTORIES, RESERVED_TENANTS, sites, tenants
from infra.intake.lookalikes import is_latin, is_letter, is_twin
from infra.intake.messages import MESSAGES, translated
from infra.intake.protection import NOWHERE
from infra.intake.reading import LARGEST_FILE, read
from infra.intake.shape import schema_of
from infra.model.classification import Classification
from infra.plan.blocks import SMALLEST_BLOCK, TAKEN_BY_OPENSTACK
from infra.policy.nature import WORDS
from infra.writing.catalogue import Catalogue
from infra.writing.policy_data import POLICY_TOLD, block_range, policy_data
from infra.writing.request_text import AMBIGUOUS, BARE, BARE_FIGURES, ONE_LINE, SCHEMA_LINE, WIDEST
from infra.writing.wording import FORM_WORDS, say

TOLD = (
    "YAML-ESCAPE", "YAML-LOOKALIKE", "YAML-DUPLICATE-KEY", "SHAPE-EMPTY", "SHAPE-TYPE", "SHAPE-VALUE", "SHAPE-PATTERN",
    "SHAPE-RANGE", "SHAPE-LENGTH", "SHAPE-COUNT", "SHAPE-REPEATED", "SHAPE-DATE", "SHAPE-NAME",
    "WRITING-EXISTS", "NAME-RESERVED", "NAME-ZONE", "NAME-UNKNOWN-NETWORK", "NAME-UNKNOWN-TIER",
    "NAME-UNKNOWN-FLAVOR", "NAME-UNKNOWN-IMAGE", "NAME-UNKNOWN-VOLUME-TYPE", "NAME-UNKNOWN-QOS",
    "VALUE-NO-NETWORK", "VALUE-ADDRESS", "VALUE-PORTS", "DISK-TOO-SMALL", "HOST-NAME-CLASH",
    "VOLUME-NAME-CLASH", "NETWORK-FULL", "GROUP-PREFIX", "GROUP-FOREIGN", "CLASS-UNENCRYPTED",
    "CLASS-PUBLISHED", "FLOW-TO-OUTSIDE", "FLOW-EXPOSED", "EGRESS-WIDE", "EGRESS-NOWHERE", "EGRESS-INSIDE",
    "PUBLISH-ZONE", "PUBLISH-TWICE", "PUBLISH-LISTEN", "PUBLISH-NO-FLOW", "FLOW-REPEATED",
    *POLICY_TOLD,
)  # fmt: skip
"""The findings that the page tells itself. The others cannot arise in it, or need what only the repository has."""


def form_data(root: File, catalogue: Catalogue, lang: str) -> dict[str, Any]:
    """Everything the page's script reads, as JSON can hold it, its texts in ``lang``."""
    site = catalogue.site
    return {
        "schema": _in_language(schema_of("tenant"), lang),
        "messages": {
            code: {"text": translated(MESSAGES[code].text, lang), "fix": translated(MESSAGES[code].fix, lang)}
            for code in TOLD
        },
        "words": {name: say(lang, name) for name in FORM_WORDS}
        | {word: translated(word, lang) for word in WORDS.values()},
        "yaml": {
            "head": SCHEMA_LINE, "widest": WIDEST, "one_line": sorted(ONE_LINE), "bare": f"{BARE}|{BARE_FIGURES}",
            "bare_alone": BARE.replace(" '", ", '"), "ambiguous": AMBIGUOUS,
        },
        "characters": character_classes(),
        "defaults": {level: catalogue.defaults(level) for level in ("", *Classification)},
        "encrypts": [level for level in Classification if level.encrypts],
        "volume_types": {name: bool(kind.encryption) for name, kind in site.volume_types.items()},
        "catalogue": {
            "FLAVOR": list(site.flavors), "IMAGE": list(site.images), "VOLUME-TYPE": list(site.volume_types),
            "QOS": list(site.qos),
        },
        "images": {name: image.disk for name, image in site.images.items()},
        "addresses": {"taken": TAKEN_BY_OPENSTACK, "smallest": SMALLEST_BLOCK},
        "administration_ports": ADMINISTRATION_PORTS,
        "egress": {
            "widest": catalogue.country.policy.widest_egress, "nowhere": [block_range(block) for block in NOWHERE],
        },
        "supernets": _supernets(root),
        "zones": {"own": site.zone_suffix, "others": _other_zones(root, site.name)},
        "tenants": list(catalogue.tenants),
        "reserved": sorted(RESERVED_TENANTS),
        "hosts": _host_names(root, catalogue),
        "policy": policy_data(catalogue.country, site),
    }  # fmt: skip


def _in_language(node: Any, lang: str) -> Any:  # noqa: ANN401  JSON
    """The schema with the descriptions of one language."""
    if isinstance(node, list):
        return [_in_language(inner, lang) for inner in node]
    if not isinstance(node, dict):
        return node
    found = {key: _in_language(inner, lang) for key, inner in node.items() if not key.startswith("x-")}
    if lang != "en" and "x-description-fr" in node:
        found["description"] = node["x-description-fr"]
    return found


@cache
def character_classes() -> Mapping[str, str]:
    """The insides of JavaScript character classes (flag ``u``): which characters `infra.intake` takes for what.

    ``invisible`` are those that it refuses; of letters ``latin`` ones, and their ``twins`` of other scripts.
    """
    kinds = {"invisible": invisible, "latin": _is_latin, "twins": _is_twin}
    characters = [chr(number) for number in range(sys.maxunicode + 1)]
    return {kind: _ranges(ord(each) for each in characters if holds(each)) for kind, holds in kinds.items()}


def _is_latin(character: str) -> bool:
    return is_letter(character) and is_latin(character)


def _is_twin(character: str) -> bool:
    return is_letter(character) and is_twin(character)


def _ranges(numbers: Iterable[int]) -> str:
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return "".join(f"\\u{{{first:x}}}" + (f"-\\u{{{last:x}}}" if last > first else "") for first, last in ranges)


def _site_files(root: File) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in sites(root):
        yield name, read(root / INVENTORIES / name / "site.yaml", root, largest=LARGEST_FILE).values


def _supernets(root: File) -> list[dict[str, Any]]:
    found = []
    for name, values in _site_files(root):
        text = (values.get("addresses") or {}).get("supernet")
        if text:
            found.append({"owner": name, **block_range(IPNetwork(text))})
    return found


def _other_zones(root: File, own: str) -> dict[str, str]:
    return {name: values["dns"]["suffix"] for name, values in _site_files(root) if name != own and "dns" in values}


def _host_names(root: File, catalogue: Catalogue) -> dict[str, str]:
    """What the servers of the other tenants are called, without their numbers, and the tier that they belong to."""
    found = {}
    site = catalogue.site.name
    for name in tenants(root, site):
        document = read(root / INVENTORIES / site / "tenants" / f"{name}.yaml", root)
        platforms = merged(name, document, catalogue.site_document).values.get("platforms")
        for platform, values in platforms.items() if isinstance(platforms, dict) else ():
            for tier in values.get("tiers", {}) if isinstance(values, dict) else ():
                found[f"{name}-{platform}-{tier}"] = f"{name}/{platform}.{tier}"
    return found
