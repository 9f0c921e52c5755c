"""Adopting what exists, with the OpenStack plugin and a real OpenStack."""

import pytest

from infra import environment

SITE = "ml-bko"


@pytest.fixture
def role(cloud, monkeypatch):
    """A role that somebody has made by hand."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(environment.lab_folder(SITE) / "clouds.yaml"))
    monkeypatch.setenv("OS_CLOUD", environment.LAB_CLOUD)
    made = cloud.identity.create_role(name="made-by-hand")
    yield made
    cloud.identity.delete_role(made.id, ignore_missing=True)


def test_import_takes_over_what_exists_and_the_program_then_changes_nothing(project, role):
    imported = project.pulumi("import", "openstack:identity/role:Role", "mine", role.id, "--yes", "--protect=false")
    project.program("""
        import pulumi_openstack
        pulumi_openstack.identity.Role("mine", name="made-by-hand", region="RegionOne")
    """)

    assert "= 1 imported" in imported.stdout
    assert "unhandled" not in imported.stdout + imported.stderr
    project.pulumi("preview", "--refresh", "--expect-no-changes")
