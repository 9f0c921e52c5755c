"""Cases as data: what is found in a changed request, and that nothing is found in its nearest accepted neighbour."""

from pathlib import Path

import pytest
import yaml

from infra.intake.findings import Finding
from infra.intake.inventory import read_site

CASES = Path(__file__).parents[1] / "cases" / "requests"
NATURE = "data: {health: true, personal: true}"
ALL = [
    pytest.param(case, id=f"{file.stem}: {case['it']}")
    for file in sorted(CASES.glob("*.yaml"))
    for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def _prepare(case, change, key: str) -> None:
    """Change the request; ``national`` is a range that the country's list has beside its own.

    The cases begin at the sample without what it says of its data's nature: most are about any request, and those that
    are about a nature say which.
    """
    change("ml-bko/tenants/sante.yaml", (f"\n{NATURE}\n", "\n"))
    if "national" in case:
        change("countries/ml.yaml", ("    addresses:\n", f"    addresses:\n      - {case['national']}\n"))
    change("ml-bko/tenants/sante.yaml", *case[key])


def _found(project: Path) -> list[Finding]:
    return list(read_site(project, "ml-bko", only=["sante"]).findings)


def _line(finding: Finding) -> str:
    return f"{finding.code} {finding.place.line}:{finding.place.column} {finding.place.path}".strip()


@pytest.mark.parametrize("case", ALL)
def test_a_changed_request_has_exactly_these_findings(case, project, change):
    _prepare(case, change, "given")

    found = _found(project)

    if "codes" in case:
        assert {finding.code for finding in found} == set(case["codes"])
    else:
        assert [_line(finding) for finding in found] == case["finds"]
    said = "\n".join(finding.text(lang) + finding.fix(lang) for finding in found for lang in ("en", "fr"))
    assert not [word for word in case.get("says", []) if word not in said]
    related = {place.file for finding in found for place in finding.related}
    assert set(case.get("related", [])) <= related


@pytest.mark.parametrize("case", ALL)
def test_the_nearest_accepted_request_has_no_finding(case, project, change):
    _prepare(case, change, "accepted")

    assert [(_line(finding), finding.text("en")) for finding in _found(project)] == []
