"""``pulumi up`` by hand: what it refuses, and how it says so."""

import pytest

from infra.datacenter import complement
from infra.intake.inventory import read_site

TENANT = "ml-bko.justice"


@pytest.fixture
def prepared(site, workplace):
    workplace.joliba("stacks", "ml-bko", "--prepare")
    return workplace


def up(workplace, *, expect):
    done = workplace.pulumi("up", "-s", TENANT, "--yes", "--skip-preview", "--non-interactive", expect=None)
    assert (done.returncode == 0) is expect, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def servers(cloud):
    return list(cloud.compute.servers(all_projects=True))


def test_what_check_refuses_up_by_hand_refuses_too_and_makes_nothing(prepared, cloud):
    request = prepared.root / "inventories/ml-bko/tenants/justice.yaml"
    good = request.read_text(encoding="utf-8")
    before = servers(cloud)
    request.write_text(good + "tier: {image: debian-99}\n", encoding="utf-8")
    try:
        said = up(prepared, expect=False)
    finally:
        request.write_text(good, encoding="utf-8")

    assert "debian-99" in said
    assert "inventories/ml-bko/tenants/justice.yaml" in said
    assert servers(cloud) == before


def test_a_credential_in_the_environment_is_refused(prepared, monkeypatch):
    monkeypatch.setenv("OS_CLOUD", "lab")

    assert "OS_CLOUD: unset, please" in up(prepared, expect=False)


def test_a_foundation_without_its_complement_is_refused_until_it_has_run(prepared, cloud):
    site = read_site(prepared.root, "ml-bko", only=[]).site
    complement.remove(site, cloud)
    try:
        said = up(prepared, expect=False)
    finally:
        complement.apply(site, cloud)

    assert "joliba up ml-bko.foundation" in said


@pytest.mark.parametrize("command", [("preview",), ("up", "--yes")], ids=["preview", "up"])
def test_a_first_build_looks_at_the_cloud_itself_and_not_at_the_mark_alone(prepared, cloud, command):
    site = read_site(prepared.root, "ml-bko", only=[]).site
    rule = cloud.network.create_default_security_group_rule(
        direction="egress", ethertype="IPv4", used_in_default_sg=True, used_in_non_default_sg=False
    )
    projects = sorted(project.id for project in cloud.identity.projects())
    try:
        refused = prepared.joliba(*command, TENANT, expect=3)
    finally:
        changes = complement.apply(site, cloud)

    assert "run `joliba up ml-bko.foundation` first" in " ".join((refused.stdout + refused.stderr).split())
    assert [change.identity for change in changes] == [rule.id]
    assert sorted(project.id for project in cloud.identity.projects()) == projects
    prepared.joliba("preview", TENANT)


def test_the_complement_is_repeatable_and_can_be_taken_back(prepared, cloud):
    site = read_site(prepared.root, "ml-bko", only=[]).site

    assert complement.plan(site, cloud) == []
    taken_back = complement.remove(site, cloud)
    planned = complement.plan(site, cloud)
    applied = complement.apply(site, cloud)

    assert {change.kind for change in taken_back} == {"encryption", "default security-group rule"}
    assert applied == planned
    assert complement.plan(site, cloud) == []


def test_a_stack_that_was_never_prepared_is_refused_with_the_command_that_prepares_it(prepared, workplace):
    file = workplace.root / ".joliba/stacks/Pulumi.ml-bko.justice.yaml"
    kept = file.read_text(encoding="utf-8")
    file.unlink()
    try:
        said = up(prepared, expect=False)
    finally:
        file.write_text(kept, encoding="utf-8")

    assert "joliba stacks ml-bko --prepare" in said


def test_a_sound_request_is_built_by_hand(prepared, cloud):
    said = up(prepared, expect=True)

    assert "contract" in said
    prepared.joliba("destroy", TENANT, "--yes", "--delete-data", "--confirm", "justice")
