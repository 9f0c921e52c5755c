"""Whatever a request says, the answer is findings with a line, in both languages, in less than a second."""

import time

import pytest
from hypothesis import given
from malformed_requests import by_chance, malformed_requests

from infra.intake.findings import invisible
from infra.intake.inventory import read_site
from infra.intake.mending import mended

LONGEST = 1.0
"""Seconds of one request's reading, its site's included."""


@pytest.mark.timeout(3600)
def test_a_malformed_request_makes_findings_with_a_line_and_nothing_worse(project, pytestconfig):
    file = project / "inventories/ml-bko/tenants/sante.yaml"
    codes, lasted = set(), []

    @by_chance(10_000 if pytestconfig.option.full else 120, pytestconfig.option.seed)
    @given(malformed_requests())
    def holds(content):
        file.write_bytes(content)
        started = time.process_time()
        inventory = read_site(project, "ml-bko", only=["sante"])
        lasted.append(time.process_time() - started)
        findings = inventory.findings

        assert lasted[-1] < LONGEST
        assert inventory.refused or "sante" in inventory.requests
        lines = content.count(b"\n") + content.count(b"\r") + 1
        for finding in findings:
            codes.add(finding.code)
            if finding.place.file.endswith("sante.yaml"):
                assert 1 <= finding.place.line <= lines
                assert finding.place.column >= 1
            said = "".join(getattr(finding, part)(lang) for part in ("text", "fix", "source") for lang in ("en", "fr"))
            assert not [character for character in f"{said}{finding.place.path}" if invisible(character)]

    holds()
    assert len(codes) > 12, "the requests are not malformed in many ways"


def test_what_a_mend_makes_of_a_malformed_request_says_the_same(pytestconfig):
    @by_chance(10_000 if pytestconfig.option.full else 100, pytestconfig.option.seed)
    @given(malformed_requests())
    def holds(content):
        made, mends = mended(content, "x.yaml", key="tenant", name="sante")

        assert (made == content) is (not mends)
        again, more = mended(made, "x.yaml", key="tenant", name="sante")
        assert (again, more) == (made, [])

    holds()
