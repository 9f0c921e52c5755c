"""Reports as ARF 1.1 collections of XCCDF 1.2 results, validated by the standards' own schemas."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from run_records import TODAY

from infra.hosts.record import Verdict
from infra.hosts.report import arf
from infra.hosts.report.contents import contents

SCHEMAS = Path("/usr/share/openscap/schemas")


def validated(document: str, schema: Path, tmp_path: Path) -> None:
    if shutil.which("xmllint") is None or not schema.exists():
        pytest.skip("no schemas to validate with: apt-get install openscap-common libxml2-utils")
    (tmp_path / "report.xml").write_text(document, encoding="ascii")
    done = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", schema, tmp_path / "report.xml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def results_of(document: str) -> list[ET.Element]:
    return list(ET.fromstring(document).iter(f"{{{arf.XCCDF}}}TestResult"))  # noqa: S314  our own


def test_the_collection_and_each_of_its_results_fit_the_standards_schemas(fleet, tmp_path):
    document = arf.render(fleet, "fr")

    validated(document, SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)
    for result in results_of(document)[:3]:
        validated(ET.tostring(result, "us-ascii").decode(), SCHEMAS / "xccdf/1.2/xccdf_1.2.xsd", tmp_path)


def test_hostile_texts_fit_them_too(hostile, poisoned, tmp_path):
    document = arf.render(poisoned(hostile), "en")

    validated(document, SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)
    for result in results_of(document):
        validated(ET.tostring(result, "us-ascii").decode(), SCHEMAS / "xccdf/1.2/xccdf_1.2.xsd", tmp_path)


def test_no_importer_counts_a_deviation_or_what_was_not_measured_as_passed(small):
    record = small(Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED, Verdict.NOT_APPLICABLE, None)
    document = arf.render(contents(record, made=TODAY, known={}), "en")

    found = [result.find(f".//{{{arf.XCCDF}}}result").text for result in results_of(document)]
    assert found == ["pass", "fail", "fail", "unknown", "notapplicable"]
    assert document.count("<ai:hostname>") == 6
    assert document.count("<joliba:not-assessed") == 1


def test_a_collection_without_any_result_fits_the_schema_and_tells_of_each_host(small, unasked, tmp_path):
    document = arf.render(contents(small(None, None), made=TODAY, known={}), "fr")

    assert document.count("<arf:report ") == document.count("<joliba:not-assessed") == 2
    validated(document, SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)
    validated(arf.render(unasked, "fr"), SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)


def test_the_score_of_a_result_is_rounded_down_as_in_the_other_forms(small):
    record = small(Verdict.PASS)
    rules = [replace(record.hosts[0].verdicts[0], rule=f"r{number}") for number in range(3)]
    host = replace(record.hosts[0], verdicts=(*rules[:2], replace(rules[2], verdict=Verdict.FAIL)))
    made = contents(replace(record, hosts=(host,)), made=TODAY, known={})

    (result,) = results_of(arf.render(made, "en"))

    assert float(result.find(f"{{{arf.XCCDF}}}score").text) == made.scores.whole.percent == 66.6


def test_a_host_to_which_nothing_applies_has_a_score_of_none_of_none(small):
    record = small(Verdict.NOT_APPLICABLE, Verdict.FAIL, Verdict.PASS)
    written = arf.render(contents(record, made=TODAY, known={}), "en")

    scores = [each.find(f"{{{arf.XCCDF}}}score") for each in results_of(written)]
    assert [(each.text, each.get("maximum")) for each in scores] == [("0.0", "0"), ("0.0", "100"), ("100.0", "100")]
