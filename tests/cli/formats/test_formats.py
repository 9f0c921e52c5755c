"""What no format may let through, whatever a request says."""

import json
from xml.etree import ElementTree as ET

import pytest

from infra.cli.formats import json_report, junit, markdown, sarif
from infra.cli.formats.report import Report
from infra.intake.findings import invisible

FORMATS = pytest.mark.parametrize("form", [json_report, junit, markdown, sarif], ids=lambda form: form.__name__)


@FORMATS
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_nothing_reaches_a_terminal_or_a_runner_unescaped(form, lang, hostile, report):
    written = form.render(report(hostile, lang))

    assert not [each for each in written if each != "\n" and invisible(each)]
    assert not [line for line in written.splitlines() if line.strip().startswith(("::", "/"))]
    assert "##[" not in written


@FORMATS
def test_both_findings_are_told_with_code_place_fix_and_source(form, report):
    written = form.render(report("plain"))

    for told in ("CLASS-UNENCRYPTED", "NAME-UNKNOWN-IMAGE", "plain.yaml", "encrypts", "SecNumCloud 3.2, 10.1"):
        assert told in written


@FORMATS
def test_the_answer_is_in_the_language_asked_for(form, report):
    english, french = form.render(report("plain", "en")), form.render(report("plain", "fr"))

    assert "does not encrypt" in english
    assert "ne chiffre pas" in french
    assert "does not encrypt" not in french


@FORMATS
def test_no_finding_is_an_answer_too(form):
    assert form.render(Report(findings=[], files=["inventories/ml-bko/site.yaml"], lang="fr"))


def test_json_has_every_value_as_it_is_and_what_was_found(report):
    told = json.loads(json_report.render(report("a ##[x] b")))

    assert (told["ok"], told["mended"]) == (False, ["a ##[x] b"])
    first, second = told["findings"]
    assert first["file"] == "inventories/ml-bko/tenants/a ##[x] b.yaml"
    assert {"severity", "line", "column", "path", "text", "fix", "related", "source"} <= first.keys()
    assert (first["source"], second["source"], second["severity"]) == (
        "SecNumCloud 3.2, 10.1", "Joliba, `schemas/tenant.schema.json`", "warning",
    )  # fmt: skip
    assert second["nearest"] == second["accepted"] == r"a #\x23[x] b"


def _suite(report: Report) -> ET.Element:
    return ET.fromstring(junit.render(report)).find("testsuite")  # noqa: S314  our own


def test_junit_is_xml_with_a_case_a_file_and_a_failure_for_errors(hostile, report):
    suite = _suite(report(hostile))

    cases = {case.get("name"): case for case in suite}
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1") == (str(len(cases)), "1")
    assert not list(cases.pop("inventories/ml-bko/site.yaml"))
    (failing,) = cases.values()
    assert [child.tag for child in failing] == ["failure"]
    assert "CLASS-UNENCRYPTED" in failing.find("failure").text


def test_a_file_with_warnings_alone_passes_and_tells_them(report):
    warned = report("plain")

    suite = _suite(Report(findings=warned.findings[1:], files=warned.files, lang="en"))

    assert suite.get("failures") == "0"
    assert [child.tag for case in suite for child in case] == ["system-out"]
