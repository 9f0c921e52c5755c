"""The schemas are valid, explain themselves in two languages, and say what the model says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from infra.intake import shape
from infra.intake.reading import parse
from infra.intake.shape import SCHEMAS, schema_of
from infra.model.classification import Classification, HardeningLevel, Lifecycle, Role, Spread, TierRole
from infra.model.flow import ENDPOINT_PATTERN, PORTS_PATTERN

KINDS = sorted(file.name.removesuffix(".schema.json") for file in SCHEMAS.glob("*.schema.json"))


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(node, dict):
        return
    yield path, node
    for keyword in ("properties", "$defs"):
        for name, inner in node.get(keyword, {}).items():
            yield from _nodes(inner, f"{path}/{name}")
    for keyword in ("additionalProperties", "items"):
        yield from _nodes(node.get(keyword), f"{path}/*")


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_valid_and_of_2020_12(kind):
    jsonschema_rs.meta.validate(schema_of(kind))

    assert schema_of(kind)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_described_in_both_languages_with_an_example(kind):
    for path, node in _nodes(schema_of(kind)):
        if "$ref" in node:
            continue
        assert {"description", "x-description-fr"} <= node.keys(), path
        assert path == "" or "examples" in node, path
        assert node["description"].endswith("."), path
        assert node["x-description-fr"].endswith("."), path


@pytest.mark.parametrize("kind", KINDS)
def test_no_map_takes_unknown_keys(kind):
    for path, node in _nodes(schema_of(kind)):
        if node.get("type") == "object":
            assert node.get("additionalProperties") is False or "propertyNames" in node, path


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_of_a_scalar_is_accepted_by_its_own_schema(kind):
    for path, node in _nodes(schema_of(kind)):
        if node.get("type") in ("string", "integer", "boolean"):
            for example in node["examples"]:
                assert jsonschema_rs.is_valid(node, example), (path, example)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/classification", Classification),
        ("/lifecycle", Lifecycle),
        ("/$defs/role", Role),
        ("/$defs/hardening/level", HardeningLevel),
        ("/$defs/tier/spread", Spread),
        ("/$defs/tier_defaults/spread", Spread),
        ("/$defs/tier/role", TierRole),
    ],
)
def test_closed_vocabularies_are_the_models(path, words):
    node: Any = schema_of("tenant")
    for step in path.strip("/").split("/"):
        node = node[step] if step in node else node["properties"][step]

    assert node["enum"] == [word.value for word in words]


def test_sites_and_countries_know_every_classification():
    assert schema_of("site")["properties"]["defaults"]["properties"]["classification"]["propertyNames"]["enum"] == [
        *Classification
    ]
    assert [*schema_of("country")["properties"]["approvers"]["properties"]] == [*Classification]


def test_the_forms_of_flows_are_the_models():
    flow = schema_of("tenant")["$defs"]["flow"]["properties"]

    assert (flow["to"]["pattern"], flow["ports"]["items"]["pattern"]) == (ENDPOINT_PATTERN, PORTS_PATTERN)


def test_the_longest_names_still_make_a_host_name():
    properties, defs = schema_of("tenant")["properties"], schema_of("tenant")["$defs"]
    longest = [
        properties["tenant"]["maxLength"],
        defs["platforms"]["propertyNames"]["maxLength"],
        defs["platforms"]["additionalProperties"]["properties"]["tiers"]["propertyNames"]["maxLength"],
        len(str(defs["tier"]["properties"]["count"]["maximum"])),
    ]

    assert sum(longest) + len(longest) - 1 <= 63


def test_every_inventory_names_its_schema_for_editors():
    for file in (Path(__file__).parents[2] / "inventories").rglob("*.yaml"):
        reference = next(line for line in file.read_text(encoding="utf-8").splitlines() if "$schema=" in line)
        assert (file.parent / reference.partition("$schema=")[2]).is_file(), file


@pytest.mark.parametrize(("number", "codes"), [(3, ["SHAPE-OTHER"]), (4, [])])
def test_what_no_schema_asks_yet_is_told_too(monkeypatch, tmp_path, number, codes):
    node = {"multipleOf": 2, "description": "An even number.", "x-description-fr": "Un nombre pair.", "examples": [2]}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"number": node}}
    (tmp_path / "strange.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    monkeypatch.setattr(shape, "SCHEMAS", tmp_path)
    document = parse(f"number: {number}\n".encode(), "x.yaml")

    shape.check_shape(document, "strange")

    assert [finding.code for finding in document.findings] == codes
    assert [finding.fix("fr") for finding in document.findings] == ["Un nombre pair. Par exemple : 2"] * len(codes)
