"""Cases as data: what is found in a site whose own files were changed."""

from pathlib import Path

import pytest
import yaml

from infra.intake.inventory import INVENTORIES, read_site

CASES = Path(__file__).parents[1] / "cases" / "registers.yaml"
ALL = [pytest.param(case, id=case["it"]) for case in yaml.safe_load(CASES.read_text(encoding="utf-8"))]


def _found(project: Path) -> list[str]:
    short = f"{INVENTORIES}/"
    return [
        " ".join(
            [
                finding.code,
                f"{finding.place.file.removeprefix(short)}:{finding.place.line}",
                *(place.file.removeprefix(short) for place in finding.related),
            ]
        )
        for finding in read_site(project, "ml-bko").findings
        if "tenants/" not in finding.place.file or finding.code.startswith("ADDRESS")
    ]


@pytest.mark.parametrize("case", ALL)
def test_a_changed_site_has_exactly_these_findings(case, project, change):
    for file, old, new in case["given"]:
        change(file, (old, new))

    assert _found(project) == case["finds"]


@pytest.mark.parametrize("case", ALL)
def test_the_nearest_accepted_site_has_no_finding(case, project, change):
    for file, old, new in case["accepted"]:
        change(file, (old, new))

    assert _found(project) == []
