"""``joliba capacity --live``: what the lab's real services say that they have, and that what is made is counted."""

import json
import time

import pytest

SITE = "ml-bko"
FLAVOR, DISK = "SCS-2V-4", 20
PATIENCE = 180
"""Seconds: the volume service reports what it holds once a minute."""


@pytest.fixture
def live(workplace, site):
    """What the command tells of the cloud, by resource (and pool)."""

    def asked():
        (told,) = json.loads(workplace.joliba("capacity", SITE, "--live", "--json").stdout)
        return {(each["resource"], each["pool"]): each["cloud"] for each in told["resources"]}

    return asked


@pytest.fixture
def server(cloud):
    """``server()`` makes a server that boots from a volume, and takes a public address; both go afterwards."""
    made = []

    def make():
        network = cloud.network.create_network(name="occupation")
        made.append(lambda: cloud.network.delete_network(network))
        cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="192.0.2.0/28")
        address = cloud.network.create_ip(floating_network_id=cloud.network.find_network("external").id)
        made.append(lambda: cloud.network.delete_ip(address))
        image = next(each for each in cloud.image.images() if each.name.startswith("debian-12-"))
        disk = {
            "uuid": image.id, "source_type": "image", "destination_type": "volume",
            "volume_size": DISK, "boot_index": 0, "delete_on_termination": True,
        }  # fmt: skip
        found = cloud.compute.create_server(
            name="occupation",
            flavor_id=cloud.compute.find_flavor(FLAVOR).id,
            networks=[{"uuid": network.id}],
            block_device_mapping=[disk],
        )
        made.append(lambda: (cloud.compute.delete_server(found), cloud.compute.wait_for_delete(found, wait=PATIENCE)))
        cloud.compute.wait_for_server(found, wait=PATIENCE)

    yield make
    for remove in reversed(made):
        remove()


def used(told):
    return {name: cloud["used"] for (name, _), cloud in told.items() if cloud}


def test_the_live_cloud_counts_what_is_made(live, server, cloud):
    before = live()

    server()
    expected = {name: used(before)[name] + more for name, more in (("vcpus", 2), ("ram", 4), ("public_addresses", 1))}
    # what was there before may itself not have been reported yet
    expected["storage"] = sum(volume.size for volume in cloud.block_storage.volumes(all_projects=True))
    until = time.monotonic() + PATIENCE
    while used(after := live()) != expected and time.monotonic() < until:
        time.sleep(5)

    assert used(after) == expected
    assert [name for (name, _), cloud in before.items() if cloud is None] == ["objects", "private_addresses", "routes"]
    assert all(cloud["total"] is None or cloud["total"] >= cloud["used"] for cloud in after.values() if cloud)


def test_the_foundation_is_counted_and_shown_beside_what_is_granted(live, workplace):
    told = live()

    assert used(told)["vcpus"] >= 1  # the bastion
    assert used(told)["public_addresses"] >= 2  # the bastion's and the router's
    shown = workplace.joliba("capacity", SITE, "--live").stdout
    assert "cloud: total" in shown
    assert "cloud: used" in shown
