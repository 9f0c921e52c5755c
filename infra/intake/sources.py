"""Where the rules come from whose messages name no source themselves: Joliba's own, OpenStack's, the Internet's."""

from collections.abc import Mapping

_YAML = "Joliba, `docs/decisions/0009`"
_REGISTER = "Joliba, `docs/decisions/0008`"
_LEAVES = "Joliba, `docs/decisions/0010`"
_REBUILD = "Joliba, `docs/decisions/0004`"
_POLICY = "Joliba, `docs/decisions/0011`"
_REQUEST = "Joliba, `schemas/tenant.schema.json`"
_SITE = "Joliba, `schemas/site.schema.json`"
_NETWORKING = "OpenStack Networking API v2.0"
_ZONES = "RFC 1034, 4.2"
_SEGREGATION = "SecNumCloud 3.2, 13.2"

SOURCES: Mapping[str, str] = {
    "FILE": _YAML,
    "YAML": _YAML,
    "YAML-ENCODING": "YAML 1.2.2, 5.2",
    "YAML-SYNTAX": "YAML 1.2.2",
    "YAML-DUPLICATE-KEY": "YAML 1.2.2, 3.2.1.1",
    "SHAPE": "Joliba, `schemas/`",
    "SHAPE-NAME": "Joliba, `schemas/`; RFC 1123, 2.1",
    "NAME": _REQUEST,
    "NAME-ZONE": _ZONES,
    "NAME-UNKNOWN-COUNTRY": _SITE,
    "VALUE": _REQUEST,
    "VALUE-SEGMENT": f"{_NETWORKING}, `provider:segmentation_id`",
    "DISK": "OpenStack Image API v2, min_disk",
    "HOST": "RFC 1034, 3.1",
    "VOLUME": _REQUEST,
    "NETWORK": _REGISTER,
    "GROUP": "OpenStack Identity API v3, groups",
    "CLASS": _POLICY,
    "PUBLISH": _REQUEST,
    "PUBLISH-ZONE": _ZONES,
    "PUBLISH-LISTEN": "OpenStack Load Balancing API v2, protocol_port",
    "FLOW": _REQUEST,
    "ADDRESS": _REGISTER,
    "SITE": "RFC 1918, 3",
    "SITE-POOL": f"{_NETWORKING}, allocation_pools",
    "CAPACITY": "ISO 27002:2022, 8.6",
    "CAPACITY-SPREAD": "OpenStack Compute API, anti-affinity",
    "CAPACITY-TYPE": _SITE,
    "PRICE": _SITE,
    "PRICE-CURRENCY": "Joliba, `schemas/country.schema.json`",
    "POLICY": _POLICY,
    "POLICY-REVIEW": "SecNumCloud 3.2, 9.4",
    "RESOURCE": _POLICY,
    "RESOURCE-ADDRESS-GROUP": _SEGREGATION,
    "RESOURCE-GROUP": _SEGREGATION,
    "RESOURCE-ZONE": _ZONES,
    "WRITING": "OpenStack Identity API v3, projects",
    "IMAGE": _SITE,
    "DIFF": _LEAVES,
    "DIFF-SERVER": _REBUILD,
    "DIFF-VOLUME-SHRUNK": "OpenStack Block Storage API v3, os-extend",
    "DIFF-VOLUME-RETYPED": "OpenStack Block Storage API v3, os-retype",
    "DIFF-BLOCK": _REGISTER,
    "LOSS": _LEAVES,
    "LOSS-VOLUME-SHRUNK": "OpenStack Block Storage API v3, os-extend",
    "LOSS-REBUILD": _REBUILD,
    "CHANGE": _LEAVES,
    "CHANGE-REGISTER": _REGISTER,
    "CHANGE-CLASSIFICATION": "SecNumCloud 3.2, 8.3",
}
"""By a code or its beginning, up to a hyphen: the longest holds."""


def source_of(code: str) -> str:
    """The source of a code's rule; nothing if nobody wrote it (a test tells)."""
    parts = code.split("-")
    beginnings = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((SOURCES[beginning] for beginning in beginnings if beginning in SOURCES), "")
