"""Which stacks may be worked on now, by what their foundation's last build left; no cloud."""

import json
from dataclasses import asdict

import pytest
from datacenter.test_components import foundation_of

from infra.cli.selection import checked
from infra.fleet.stacks import StackName
from infra.intake.inventory import read_site

SANTE, JUSTICE = (StackName("ml-bko", name) for name in ("sante", "justice"))


@pytest.fixture
def built(root, tmp_path):
    """``built(zones, **others)``: the foundation as a build left it, which served these tenants."""

    def make(zones, **others):
        contract = asdict(foundation_of(read_site(root, "ml-bko", only=[])))
        contract |= {"zones": {name: f"{name}-zone" for name in zones}, **others}
        stack = {"urn": "urn", "type": "pulumi:pulumi:Stack", "outputs": {"contract": contract}}
        file = tmp_path / "home/labs/ml-bko/state/.pulumi/stacks/joliba/ml-bko.foundation.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [stack]}}}))

    return make


def waiting(*patterns):
    return checked(patterns, everything=False, as_json=False).waiting()


ALL = ("ml-bko.foundation", "ml-bko.sante", "ml-bko.justice")


def test_a_tenant_that_the_foundation_does_not_know_waits_for_it(built):
    built(["justice"])

    assert waiting(*ALL) == [SANTE]
    assert waiting("ml-bko.foundation", "ml-bko.justice") == []


def test_without_the_foundation_nobody_waits_for_it(built):
    built(["justice"])

    assert waiting("ml-bko.sante") == []  # its program says what to build first


def test_all_wait_for_what_the_sites_file_has_more_than_the_foundation(built):
    built(["sante", "justice"], qos={"limite-1g": "id"})

    assert waiting(*ALL) == [JUSTICE, SANTE]


@pytest.mark.parametrize("others", [None, {"unknown": "a field of another version"}])
def test_all_wait_for_a_foundation_that_was_never_built_or_by_another_version(root, built, others):
    if others:
        built(["sante", "justice"], **others)

    assert waiting(*ALL) == [JUSTICE, SANTE]
