"""What a user of the installed Pulumi sees when the guard refuses; no cloud. (With one: test_guard_lab.py.)"""

import json
import textwrap
from pathlib import Path

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


TENANT = """
    import pulumi
    import pulumi_openstack as openstack
    from dataclasses import replace
    from datacenter.test_components import ROOT, foundation_of
    from datacenter.test_guard import sample
    from infra.datacenter import guard
    from infra.datacenter.program import _judge
    from infra.intake.inventory import read_site

    inventory = read_site(ROOT, "ml-bko", only=["sante"])
    foundation = replace(foundation_of(inventory), auth_url="http://127.0.0.1:9/v3")
    guard.install(_judge(inventory, inventory.site, "sante", foundation, None))
    sample(inventory, foundation)
"""


FOUNDATION = """
    import pulumi
    import pulumi_openstack as openstack
    from pathlib import Path
    from datacenter.test_components import KEY, ROOT
    from infra.datacenter import guard
    from infra.datacenter.administration import Administration, AdministrationArgs
    from infra.datacenter.catalogue import Catalogue, CatalogueArgs
    from infra.datacenter.foundation import FoundationArgs
    from infra.datacenter.program import _judge_foundation
    from infra.intake.inventory import read_site

    inventory = read_site(ROOT, "ml-bko", only=[])
    site, register, placeholders = inventory.site, inventory.register, Path("placeholders").resolve()
    args = FoundationArgs(
        site=site, register=register, management_key=KEY, root=ROOT, placeholders=placeholders
    )
    guard.install(_judge_foundation(args, inventory.country))
    child = pulumi.ResourceOptions(providers=[openstack.Provider("administrator", cloud=site.cloud)])
    catalogue = Catalogue("catalogue", CatalogueArgs(site=site, root=ROOT, placeholders=placeholders), child)
    shared = AdministrationArgs(
        site=site, register=register, management_key=KEY,
        flavor_id=catalogue.flavors[site.administration.flavor],
        image_id=catalogue.images[site.administration.image],
    )
    Administration("administration", shared, child)
"""


@pytest.mark.parametrize(("program", "declared"), [(TENANT, 80), (FOUNDATION, 50)], ids=["tenant", "foundation"])
def test_the_real_provider_previews_what_is_new_and_whose_ids_nobody_knows_yet(
    tmp_path, monkeypatch, program, declared
):
    clouds = tmp_path / "clouds.yaml"
    auth = "auth: {auth_url: 'http://127.0.0.1:9/v3', username: x, password: x, project_name: x}"
    clouds.write_text(f"clouds: {{lab: {{{auth}, user_domain_name: x, project_domain_name: x}}}}")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    project = new_project(tmp_path / "project")

    project.program(program)
    shown = project.pulumi("preview", "--json", expect=None)

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert json.loads(shown.stdout)["changeSummary"]["create"] > declared
