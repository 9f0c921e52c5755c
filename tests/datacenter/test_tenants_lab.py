"""Every sample tenant of a site, on the lab's real services: built, unchanged by a second run, gone without a trace."""

import json

import pytest
from cloud_listing import listing

from infra import environment
from infra.intake.inventory import tenants

SITE = "ml-bko"
SAMPLES = tenants(environment.CHECKOUT, SITE)


@pytest.fixture(scope="module")
def before(site, cloud, lab):
    """The whole cloud before any tenant of this module."""
    return listing(cloud, lab)


@pytest.fixture(scope="module")
def built(site, workplace, before):
    workplace.joliba("up", site, "--yes")
    return {
        name: json.loads(workplace.pulumi("stack", "output", "contract", "--json", "-s", f"{site}.{name}").stdout)
        for name in SAMPLES
    }


@pytest.mark.parametrize("tenant", SAMPLES)
def test_a_second_up_changes_nothing(built, workplace, tenant):
    workplace.joliba("up", f"{SITE}.{tenant}", "--yes", "--expect-no-changes")


@pytest.mark.parametrize("tenant", SAMPLES)
def test_nothing_drifts_right_after_up(built, workplace, tenant):
    workplace.pulumi("preview", "--refresh", "--expect-no-changes", "-s", f"{SITE}.{tenant}")


@pytest.mark.parametrize("tenant", SAMPLES)
def test_what_is_built_runs(built, cloud, tenant):
    project = built[tenant]["project_id"]

    servers = [cloud.compute.get_server(host["server_id"]) for host in built[tenant]["hosts"].values()]
    volumes = list(cloud.block_storage.volumes(all_projects=True, project_id=project))
    balancers = list(cloud.load_balancer.load_balancers(project_id=project))
    # a balancer's own port is never bound: Octavia's machines answer for its address
    ports = [port for port in cloud.network.ports(project_id=project) if port.device_owner != "Octavia"]

    assert {server.status for server in servers} <= {"ACTIVE"}
    assert {volume.status for volume in volumes} <= {"in-use"}
    assert {(each.provisioning_status, each.operating_status) for each in balancers} <= {("ACTIVE", "ONLINE")}
    assert {port.status for port in ports} <= {"ACTIVE"}


@pytest.mark.parametrize("tenant", SAMPLES)
def test_the_projects_own_default_group_is_empty(built, cloud, tenant):
    groups = [
        group
        for group in cloud.network.security_groups(project_id=built[tenant]["project_id"])
        if group.name == "default"
    ]

    assert all(group.security_group_rules == [] for group in groups)


@pytest.mark.parametrize("tenant", SAMPLES)
def test_every_server_says_whose_it_is_and_by_which_commit(built, cloud, tenant):
    for host in built[tenant]["hosts"].values():
        metadata = cloud.compute.get_server(host["server_id"]).metadata

        assert metadata["tenant"] == tenant
        assert metadata["platform"] == host["platform"]
        assert metadata["tier"] == host["tier"]
        assert metadata["commit"]


def test_a_destroy_without_consent_lists_the_data_and_removes_nothing(built, workplace):
    refused = workplace.joliba("destroy", f"{SITE}.sante", "--yes", expect=1)

    assert "sante-dossier-patient-base-1-donnees" in refused.stdout + refused.stderr
    workplace.joliba("preview", f"{SITE}.sante", "--expect-no-changes")


def test_a_confirmed_destroy_leaves_nothing(built, workplace, cloud, lab, before):
    for tenant in SAMPLES:
        workplace.joliba("destroy", f"{SITE}.{tenant}", "--yes", "--delete-data", "--confirm", tenant)

    after = listing(cloud, lab)
    left = {kind: sorted(set(after[kind]) ^ set(before[kind])) for kind in after if after[kind] != before[kind]}
    assert left == {}
