"""SARIF as the standard and code scanning of forges want it."""

import json
import re
from urllib.parse import unquote

import jsonschema_rs
import pytest

from infra.cli.formats import sarif
from infra.cli.formats.report import Report
from infra.intake.findings import Finding, Place
from infra.intake.messages import MESSAGES

_TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {"properties": {"uri": {"type": "string", "format": "uri-reference"}}},
                "region": {
                    "required": ["startLine", "startColumn"],
                    "additionalProperties": {"type": "integer", "minimum": 1},
                },
            },
        },
        "logicalLocations": {"type": "array"},
    },
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SHAPE = {
    "$comment": "The part of SARIF 2.1.0's schema, and of what GitHub asks beyond it, that is written here.",
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "language": {"pattern": "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "fullDescription", "help"],
                                            "additionalProperties": False,
                                            "properties": {
                                                "id": {"type": "string"},
                                                "shortDescription": _TEXT,
                                                "fullDescription": _TEXT,
                                                "help": _TEXT,
                                                "defaultConfiguration": {"properties": {"level": LEVEL}},
                                                "properties": {"type": "object"},
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["ruleId", "message", "locations", "level", "partialFingerprints"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": LEVEL,
                                "message": _TEXT,
                                "locations": {"type": "array", "minItems": 1, "items": _LOCATION},
                                "relatedLocations": {"type": "array", "uniqueItems": True, "items": _LOCATION},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "properties": {"type": "object"},
                            },
                        },
                    },
                },
            },
        },
    },
}


def _run(report: Report) -> dict:
    told = json.loads(sarif.render(report))
    jsonschema_rs.validate(SHAPE, told, validate_formats=True)
    return told["runs"][0]


def test_what_is_hostile_is_no_link_and_no_other_file(hostile, report):
    run = _run(report(hostile))

    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        text = result["message"]["text"].replace(r"\\", "")
        assert not [at for at, each in enumerate(text) if each in "[]" and text[at - 1] != "\\"]
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(location, errors="surrogateescape") == f"inventories/ml-bko/tenants/{hostile}.yaml"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_code_makes_a_rule_with_short_full_and_help_text(lang):
    fields = re.compile(r"(?<!\{)\{(\w+)\}")
    findings = [
        Finding(code, Place("x"), dict.fromkeys(fields.findall(message.text + message.fix + message.source), "x"))
        for code, message in MESSAGES.items()
    ]

    rules = _run(Report(findings=findings, files=[], lang=lang))["tool"]["driver"]["rules"]

    assert {rule["id"] for rule in rules} == {finding.code for finding in findings}


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_rule_has_no_field_that_nobody_fills(lang, report):
    for rule in _run(report("x", lang))["tool"]["driver"]["rules"]:
        assert "{" not in rule["fullDescription"]["text"] + rule["help"]["text"]
        assert "…" in rule["shortDescription"]["text"]


def test_a_fingerprint_stays_when_lines_move_and_tells_two_findings_apart():
    def found(line: int, path: str = "a") -> Finding:
        return Finding("YAML-EMPTY", Place("x.yaml", line, 1, path))

    def prints(*findings: Finding) -> list[str]:
        run = _run(Report(findings=findings, files=[], lang="en"))
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]

    assert prints(found(2)) == prints(found(9))
    assert len(set(prints(found(2), found(3), found(3, "b")))) == 3
