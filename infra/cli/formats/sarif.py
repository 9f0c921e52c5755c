"""SARIF 2.1.0 (OASIS), as code scanning of GitHub and GitLab reads it."""

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from infra.cli.formats.report import Report
from infra.intake.explanation import explained
from infra.intake.findings import Finding, Place, as_json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LINK = re.compile(r"([\\\[\]])")


def render(report: Report) -> str:
    """One run, whose rules are the codes that were found; columns count characters, not UTF-16 units."""
    codes = sorted({finding.code for finding in report.findings})
    driver = {
        "name": "joliba",
        "semanticVersion": version("joliba"),
        "language": report.lang,
        "rules": [_rule(code, report.lang) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": _results(report.findings, codes, report.lang),
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, lang: str) -> dict[str, Any]:
    about = explained(code, lang, gap="…")
    source = {"source": about.source} if about.source else {}
    return {
        "id": code,
        "shortDescription": {"text": _plain(about.text)},
        "fullDescription": {"text": _plain(f"{about.text} {about.source}".strip())},
        "help": {"text": _plain(f"{about.fix} {about.source}".strip() or about.text)},
        "defaultConfiguration": {"level": about.severity.value},
        "properties": {"tags": ["joliba", code.partition("-")[0].lower()], **source},
    }


def _results(findings: Sequence[Finding], codes: Sequence[str], lang: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    for finding in findings:
        told = finding.as_dict(lang)
        key = f"{finding.code}\n{finding.place.file}\n{finding.place.path}"
        seen[key] += 1
        known = {
            name: told[name] for name in ("path", "fix", "found", "accepted", "nearest", "source") if told.get(name)
        }
        made.append(
            {
                "ruleId": finding.code,
                "ruleIndex": codes.index(finding.code),
                "level": finding.severity.value,
                "message": {"text": _plain(f"{told['text']} {told['fix']}".strip())},
                "locations": [_location(finding.place)],
                **_related(finding.related),
                "partialFingerprints": {"primaryLocationLineHash": _fingerprint(key, seen[key])},
                "properties": known,
            }
        )
    return made


def _related(places: Sequence[Place]) -> dict[str, Any]:
    return (
        {"relatedLocations": [{"id": number, **_location(place)} for number, place in enumerate(places, 1)]}
        if places
        else {}
    )


def _location(place: Place) -> dict[str, Any]:
    physical = {
        "artifactLocation": {"uri": quote(place.file, errors="surrogateescape")},
        "region": {"startLine": place.line, "startColumn": place.column},
    }
    logical = {"logicalLocations": [{"fullyQualifiedName": place.path, "kind": "member"}]} if place.path else {}
    return {"physicalLocation": physical, **logical}


def _fingerprint(key: str, number: int) -> str:
    """The same as long as the code, the file and the path in it are, whatever the line."""
    return f"{sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}:{number}"


def _plain(text: str) -> str:
    """A text in which no brackets make a link (SARIF 2.1.0, 3.11.6)."""
    return _LINK.sub(r"\\\1", text)
