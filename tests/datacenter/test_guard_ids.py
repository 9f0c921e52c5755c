"""Ids as the guard sees them in a real run of the engine: what is not made, what is being made, what there is."""

import pytest
from fleet.conftest import project as project  # noqa: PLC0414  a fixture: a project whose cloud is a folder

from infra.fleet.building import preview, up
from infra.fleet.events import Status

PROGRAM = """
import pulumi
from infra.datacenter import guard
from infra.intake.findings import Finding, Place
from infra.policy.bounds import UNKNOWN

class Thing(pulumi.CustomResource):
    def __init__(self, name, **properties):
        super().__init__("folder:index:Thing", name, {"name": name, **properties})

def judge(declared):
    other = declared.inputs.get("other")
    if other in (None, UNKNOWN, *declared.own.get(declared.type, ())):
        return []
    told = {"name": declared.name, "type": declared.type, "input": "other", "found": other}
    return [Finding("RESOURCE-FOREIGN", Place("x"), told)]

guard.install(judge)
first = Thing("first")
Thing("second", other=OTHER)
"""


@pytest.fixture
def job(project):
    """``job(other)``: of a program whose second resource refers to this."""

    def make(other: str):
        (project.root / "infra" / "__main__.py").write_text(PROGRAM.replace("OTHER", other))
        return project.job("ml-bko.sante")

    return make


def test_the_programs_own_ids_pass_before_they_are_known_when_they_are_and_ever_after(job):
    for other in ("first.id", "first.id.apply(str)"):
        for run in (preview, up, preview):
            outcome = run(job(other))
            assert (outcome.status, outcome.errors) == (Status.OK, ())


@pytest.mark.parametrize("other", ["'foreign'", "first.id.apply(lambda _: 'foreign')"], ids=["stated", "disguised"])
def test_a_foreign_id_is_never_built_however_it_is_written(project, job, other):
    previewed, built = preview(job(other)), up(job(other))

    assert built.status is Status.FAILED
    assert any("RESOURCE-FOREIGN" in error for error in built.errors)
    assert "second" not in project.made()
    disguised = "lambda" in other
    assert previewed.status is (Status.OK if disguised else Status.FAILED)  # what is made first is not known yet
    if disguised:
        assert preview(job(other)).status is Status.FAILED  # now it is
