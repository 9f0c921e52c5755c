"""What a user of the installed Pulumi sees when the guard refuses; no cloud. (With one: test_guard_lab.py.)"""

import textwrap

import pytest
from toolchain.conftest import new_project

PROGRAM = """
    import pulumi
    from infra.datacenter import guard
    from infra.intake.findings import Finding, Place

    class Thing(pulumi.ComponentResource):
        def __init__(self, name, props):
            super().__init__("trial:index:Thing", name, props)
            self.register_outputs({})

    def judge(declared):
        told = {"name": declared.name, "type": declared.type, "found": "0.0.0.0/0"}
        return [Finding("RESOURCE-EGRESS", Place("x"), told)] if declared.inputs["range"] == "0.0.0.0/0" else []

    pulumi.runtime.register_stack_transformation(guard.guard(judge))
"""
STATED = 'Thing("rule", {"range": "RANGE"})'
LATE = 'Thing("rule", {"range": Thing("first", {"range": "none"}).urn.apply(lambda _: "RANGE")})'


@pytest.mark.parametrize("declaration", [STATED, LATE], ids=["stated", "late"])
def test_a_refused_resource_fails_the_run_in_plain_words_and_is_not_in_the_state(tmp_path, monkeypatch, declaration):
    monkeypatch.setenv("JOLIBA_LANG", "fr")
    project = new_project(tmp_path)

    project.program(textwrap.dedent(PROGRAM) + declaration.replace("RANGE", "0.0.0.0/0"))
    shown = project.up(expect=None)
    state = project.pulumi("stack", "export").stdout

    assert "laisse sortir des connexions vers 0.0.0.0/0" in shown
    assert "RESOURCE-EGRESS" in shown
    assert "Traceback" not in shown
    assert "::rule" not in state
    project.program(textwrap.dedent(PROGRAM) + declaration.replace("RANGE", "10.64.0.0/12"))
    project.up()
    assert "::rule" in project.pulumi("stack", "export").stdout


def test_what_a_preview_knows_is_refused_by_the_preview(tmp_path):
    project = new_project(tmp_path)

    project.program(textwrap.dedent(PROGRAM) + STATED.replace("RANGE", "0.0.0.0/0"))
    refused = project.pulumi("preview", expect=None)

    assert refused.returncode != 0
    assert "RESOURCE-EGRESS" in refused.stdout + refused.stderr
