"""A new image version: servers keep theirs until their tier's ``rebuild`` word changes, and data outlives them."""

import json
import re

import pytest

TENANT = "ml-bko.justice"
NEW_VERSION = """      "20261201":
        source: placeholder
        properties: {architecture: x86_64, hypervisor_type: qemu, os_distro: debian, os_version: "12"}
"""


@pytest.fixture
def files(workplace):
    """The site's and the tenant's file, put back afterwards."""
    site = workplace.root / "inventories/ml-bko/site.yaml"
    request = workplace.root / "inventories/ml-bko/tenants/justice.yaml"
    kept = {file: file.read_text(encoding="utf-8") for file in (site, request)}
    yield site, request
    for file, text in kept.items():
        file.write_text(text, encoding="utf-8")


def hosts(workplace):
    return json.loads(workplace.pulumi("stack", "output", "contract", "--json", "-s", TENANT).stdout)["hosts"]


def image_of(cloud, host):
    (volume,) = [
        each
        for each in cloud.block_storage.volumes(all_projects=True)
        if each.is_bootable and any(at["server_id"] == host["server_id"] for at in each.attachments)
    ]
    return cloud.block_storage.get_volume(volume.id).volume_image_metadata["image_id"]


def test_a_server_keeps_its_image_until_a_rebuild_is_declared(site, workplace, cloud, files):
    site_file, request = files
    workplace.joliba("up", TENANT, "--yes")
    before = hosts(workplace)
    old_image = image_of(cloud, before["courriers-app-1"])
    text = site_file.read_text(encoding="utf-8")
    site_file.write_text(re.sub(r"(?=  debian-13:\n    user)", NEW_VERSION, text, count=1), encoding="utf-8")

    workplace.joliba("up", "ml-bko.foundation", "--yes")
    told = workplace.joliba("up", TENANT, "--yes", "--expect-no-changes").stdout
    assert re.sub(r"\s+", " ", told).count("a new word in `rebuild` of justice/courriers.") == 2
    assert hosts(workplace)["courriers-app-1"]["server_id"] == before["courriers-app-1"]["server_id"]

    asked = request.read_text(encoding="utf-8").replace(
        "base: {network: interne,", "base: {network: interne, rebuild: 2026-12,"
    )
    request.write_text(asked, encoding="utf-8")
    workplace.joliba("up", TENANT, "--yes")
    after = hosts(workplace)

    rebuilt, kept = "courriers-base-1", "courriers-app-1"
    assert after[kept]["server_id"] == before[kept]["server_id"]
    assert image_of(cloud, after[kept]) == old_image
    assert after[rebuilt]["server_id"] != before[rebuilt]["server_id"]
    assert image_of(cloud, after[rebuilt]) != old_image
    assert (after[rebuilt]["address"], after[rebuilt]["volumes"]) == (
        before[rebuilt]["address"],
        before[rebuilt]["volumes"],
    )
    volume = cloud.block_storage.get_volume(next(iter(after[rebuilt]["volumes"].values())))
    assert volume.status == "in-use"
    workplace.joliba("up", TENANT, "--yes")  # the quota had room for both; now it has just what is needed
    workplace.joliba("up", TENANT, "--yes", "--expect-no-changes")

    request.write_text(asked.replace("rebuild: 2026-12", "rebuild: compromis"), encoding="utf-8")
    workplace.joliba("up", TENANT, "--yes")
    again = hosts(workplace)
    assert again[rebuilt]["server_id"] != after[rebuilt]["server_id"]
    assert again[kept]["server_id"] == before[kept]["server_id"]

    workplace.joliba("destroy", TENANT, "--yes", "--delete-data", "--confirm", "justice")
