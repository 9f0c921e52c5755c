"""A request as the YAML text that a ministry would have written: the schema's order, short maps on one line.

A writer of its own: PyYAML and ruamel.yaml choose one style for a whole file, and quote days.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.intake.findings import Path, invisible
from infra.intake.reading import Tree
from infra.intake.shape import schema_of

SCHEMA_LINE = "# yaml-language-server: $schema=../../../schemas/tenant.schema.json"
"""What gives an editor completion and checks: the schema, as seen from ``inventories/<site>/tenants/``."""
WIDEST = 120
"""Columns of a line that holds a whole map."""
ONE_LINE = frozenset({
    "contacts/owner", "contacts/technical", "contacts/security", "tier", "networks/*", "platforms/*/tiers/*",
    "platforms/*/tiers/*/volumes", "platforms/*/tiers/*/volumes/*", "platforms/*/flows/*",
    "platforms/*/publish", "platforms/*/publish/*", "buckets", "buckets/*", "access",
    "access/groups", "hardening", "data", "egress/*", "backups", "deviations/*",
})  # fmt: skip
"""The places whose map stands on one line where it fits; ``*`` is any name or position."""
BARE = r"[A-Za-zÀ-ÖØ-öø-ÿŒœ](?:[A-Za-z0-9À-ÖØ-öø-ÿŒœ '\u2019.@/()_-]*[A-Za-z0-9À-ÖØ-öø-ÿŒœ.)])?"
"""Texts that need no quotes anywhere in a file; outside of maps on one line they may have commas, too."""
BARE_FIGURES = r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?|[0-9]+(?:-[0-9]+)?/(?:tcp|udp)|[0-9]+(?:\.[0-9]+){3}/[0-9]+"
"""Days, ports and ranges of addresses, which are texts as they stand."""
AMBIGUOUS = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")
"""Words that some reader of YAML takes for something else than a text."""
_BARE = re.compile(f"{BARE}|{BARE_FIGURES}")
_BARE_ALONE = re.compile(BARE.replace(" '", ", '"))


def request_text(values: Mapping[str, Any]) -> str:
    """A request's file: the schema line, then ``values`` with their keys in the order of the schema.

    Read again by `infra.intake.reading` it gives the same values. A text with an invisible character is written with
    that character escaped, and refused when it is read.
    """
    return "\n".join([SCHEMA_LINE, *_map_lines(in_order(values), (), "")]) + "\n"


def in_order(values: Mapping[str, Any]) -> Tree:
    """The same values, keys in the order of the schema of a tenant; names that a ministry chose stay as they are."""
    found: Tree = _in_order(values, schema_of("tenant"))
    return found


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of the tenant's schema, its reference followed; of an ``if``, the part for maps."""
    node = node.get("else", node)
    if "$ref" not in node:
        return node
    found: Any = schema_of("tenant")
    for step in node["$ref"].partition("#/")[2].split("/"):
        found = found[step]
    return {**found}


def _in_order(value: Any, node: Mapping[str, Any]) -> Any:  # noqa: ANN401  plain values
    node = resolved(node)
    if isinstance(value, Mapping):
        known: Mapping[str, Any] = node.get("properties", {})
        names = [key for key in known if key in value] + [key for key in value if key not in known]
        more = node.get("additionalProperties") or {}
        return {key: _in_order(value[key], known.get(key, more)) for key in names}
    if isinstance(value, list):
        return [_in_order(inner, node.get("items", {})) for inner in value]
    return value


def _map_lines(values: Mapping[str, Any], path: Path, indent: str) -> Iterator[str]:
    for key, value in values.items():
        yield from _entry_lines(f"{indent}{scalar(key)}:", value, (*path, key), indent)


def _entry_lines(head: str, value: Any, path: Path, indent: str) -> Iterator[str]:  # noqa: ANN401  plain values
    """A key or a dash with its value: behind it where that is on one line, else below it, further in."""
    line = _on_one_line(head, value, path)
    if line is not None:
        yield line
    elif isinstance(value, Mapping):
        below = _map_lines(value, path, f"{indent}  ")
        yield f"{head} {next(below).lstrip()}" if head.endswith("-") else head
        yield from below
    else:
        yield head
        for position, inner in enumerate(value):
            yield from _entry_lines(f"{indent}  -", inner, (*path, position), f"{indent}  ")


def _on_one_line(head: str, value: Any, path: Path) -> str | None:  # noqa: ANN401  plain values
    if not isinstance(value, Mapping | list):
        return f"{head} {scalar(value, alone=True)}"
    line = f"{head} {_flow(value)}"
    return line if _stands_on_a_line(value, path) and (not value or len(line) <= WIDEST) else None


def _stands_on_a_line(value: Mapping[str, Any] | list[Any], path: Path) -> bool:
    if isinstance(value, list):
        return not any(isinstance(inner, Mapping | list) for inner in value)
    form = "/".join(
        "*" if isinstance(part, int) or _is_chosen(path, place) else part for place, part in enumerate(path)
    )
    return not value or form in ONE_LINE


def _is_chosen(path: Path, place: int) -> bool:
    """Whether a ministry chose the name at that place, and not the schema."""
    node: Mapping[str, Any] = schema_of("tenant")
    for part in path[:place]:
        node = resolved(node)
        node = node.get("properties", {}).get(part) or node.get("additionalProperties") or node.get("items") or {}
    return str(path[place]) not in resolved(node).get("properties", {})


def _flow(value: Any) -> str:  # noqa: ANN401  plain values
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return scalar(value)


def scalar(value: Any, *, alone: bool = False) -> str:  # noqa: ANN401  a text, a number, true, false, nothing
    """A value as YAML writes it: bare where that is safe, else as JSON, which YAML reads too.

    ``alone``: it has a line for itself, and is inside no map or list that stands on one.
    """
    if not isinstance(value, str):
        return json.dumps(value)
    bare = _BARE.fullmatch(value) or (alone and _BARE_ALONE.fullmatch(value))
    if bare and value.lower() not in AMBIGUOUS:
        return value
    return json.dumps(value, ensure_ascii=any(invisible(character) for character in value))
