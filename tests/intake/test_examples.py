"""Every example of a finding is true: what it says is refused is, by that code alone, and its neighbour is not."""

import pytest

from infra.intake.examples import example, example_requests, exemplified
from infra.intake.inventory import read_site
from infra.intake.messages import MESSAGES


def _found(project, request):
    (project / "inventories/ml-bko/tenants/sante.yaml").write_text(request, encoding="utf-8")
    return [finding.code for finding in read_site(project, "ml-bko", only=["sante"]).findings]


@pytest.mark.parametrize("code", exemplified())
def test_what_an_example_refuses_is_refused_and_its_neighbour_accepted(project, code):
    shown, whole = example(code), example_requests(code)

    assert set(_found(project, whole.refused)) == {code}
    assert _found(project, whole.accepted) == []
    assert shown.refused != shown.accepted
    for way in ("refused", "accepted"):
        lines = {line.strip() for line in getattr(whole, way).splitlines()}
        assert [line for line in getattr(shown, way).splitlines() if line.strip() not in lines] == []


def test_examples_are_of_codes_that_there_are():
    assert set(exemplified()) <= MESSAGES.keys()
    assert len(exemplified()) >= 70
    assert example("FILE-MISSING") is None
