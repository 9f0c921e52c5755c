"""Sample tenants of a site (``--full``: all), on the lab's real services: built, unchanged by a second run, gone."""

import json

import pytest
from cloud_listing import listing

from infra import environment
from infra.intake.inventory import tenants

SITE = "ml-bko"


@pytest.fixture(scope="module")
def names(sample):
    """Two tenants with a flow between them, and others."""
    pair = {"etat-civil", "finances"}
    return sorted({*pair, *sample(set(tenants(environment.CHECKOUT, SITE)) - pair, 2)})


@pytest.fixture(scope="module")
def before(site, cloud, lab):
    """The whole cloud before any tenant of this module."""
    return listing(cloud, lab)


@pytest.fixture(scope="module")
def built(names, workplace, before):
    workplace.joliba("up", *(f"{SITE}.{name}" for name in names), "--yes")
    output = ("stack", "output", "contract", "--json", "-s")
    return {name: json.loads(workplace.pulumi(*output, f"{SITE}.{name}").stdout) for name in names}


def test_a_second_up_changes_nothing(built, workplace):
    workplace.joliba("up", *(f"{SITE}.{name}" for name in built), "--yes", "--expect-no-changes")


def test_nothing_drifts_right_after_up(built, workplace):
    for name in built:
        workplace.pulumi("preview", "--refresh", "--expect-no-changes", "-s", f"{SITE}.{name}")


def test_what_is_built_runs(built, cloud, workplace):
    for name, contract in built.items():
        project = contract["project_id"]
        declared = [each["type"] for each in workplace.stack(f"{SITE}.{name}")["resources"]]
        servers = [cloud.compute.get_server(host["server_id"]) for host in contract["hosts"].values()]
        volumes = list(cloud.block_storage.volumes(all_projects=True, project_id=project))
        balancers = list(cloud.load_balancer.load_balancers(project_id=project))
        # a balancer's own port is never bound: Octavia's machines answer for its address
        ports = [port for port in cloud.network.ports(project_id=project) if port.device_owner != "Octavia"]

        assert {server.status for server in servers} == {"ACTIVE"}
        assert [volume.status for volume in volumes] == ["in-use"] * len(volumes)
        assert len(volumes) == declared.count("openstack:blockstorage/volume:Volume") + len(servers)  # system disks
        states = [(each.provisioning_status, each.operating_status) for each in balancers]
        assert states == [("ACTIVE", "ONLINE")] * declared.count("openstack:loadbalancer/loadBalancer:LoadBalancer")
        assert {port.status for port in ports} == {"ACTIVE"}


def test_no_server_boots_before_its_firewall_is_whole(built, workplace):
    for name, contract in built.items():
        resources = workplace.stack(f"{SITE}.{name}")["resources"]
        rules = [each for each in resources if each["type"].endswith(":SecGroupRule")]
        ports = {each["id"]: each["inputs"] for each in resources if each["type"].endswith(":Port")}
        servers = [each for each in resources if each["type"].endswith(":Instance")]

        assert len(servers) == len(contract["hosts"])
        for server in servers:
            (port,) = (each["port"] for each in server["inputs"]["networks"])
            groups = ports[port]["securityGroupIds"]
            own = {rule["urn"] for rule in rules if rule["inputs"]["securityGroupId"] in groups}
            assert own
            assert own <= set(server["dependencies"])


def test_the_projects_own_default_group_is_empty(built, cloud):
    for contract in built.values():
        groups = cloud.network.security_groups(project_id=contract["project_id"])

        assert all(group.security_group_rules == [] for group in groups if group.name == "default")


def test_every_server_says_whose_it_is_and_by_which_commit(built, cloud):
    for tenant, contract in built.items():
        for host in contract["hosts"].values():
            metadata = cloud.compute.get_server(host["server_id"]).metadata

            assert (metadata["tenant"], metadata["platform"], metadata["tier"]) == (
                tenant,
                host["platform"],
                host["tier"],
            )
            assert metadata["commit"]


def test_a_destroy_without_consent_lists_the_data_and_removes_nothing(built, workplace):
    refused = workplace.joliba("destroy", f"{SITE}.finances", "--yes", expect=1)

    assert "finances-solde-base-1-comptes" in refused.stdout + refused.stderr
    workplace.joliba("preview", f"{SITE}.finances", "--expect-no-changes")


def test_a_confirmed_destroy_leaves_nothing(built, workplace, cloud, lab, before):
    for tenant in built:
        workplace.joliba("destroy", f"{SITE}.{tenant}", "--yes", "--delete-data", "--confirm", tenant)

    after = listing(cloud, lab)
    left = {kind: sorted(set(after[kind]) ^ set(before[kind])) for kind in after if after[kind] != before[kind]}
    assert left == {}
