import base64

import pytest
from openstack.exceptions import ForbiddenException

FAST = {"interval": 0.1, "wait": 60}


@pytest.fixture
def network(tenant):
    network = tenant.member.network.create_network(name="interne")
    tenant.member.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.1.0.0/24")
    return network


@pytest.fixture
def make_servers(tenant, foundation, network):
    def make(count=1, **options):
        compute = tenant.member.compute
        image = {} if "block_device_mapping" in options else {"image_id": foundation.image}
        wanted = {"flavor_id": foundation.flavor, "networks": [{"uuid": network.id}], **image, **options}
        servers = [compute.create_server(name=f"web-{number}", **wanted) for number in range(count)]
        return [compute.wait_for_server(server, **FAST) for server in servers]

    return make


def hosts(administrator, servers):
    return sorted(administrator.compute.get_server(server).compute_host for server in servers)


def test_strict_anti_affinity_puts_three_servers_on_three_hosts(tenant, administrator, make_servers):
    group = tenant.member.compute.create_server_group(name="web", policy="anti-affinity")
    servers = make_servers(3, scheduler_hints={"group": group.id}, tags=["tier-web"], metadata={"tenant": "sante"})

    assert hosts(administrator, servers) == ["lab-1", "lab-2", "lab-3"]
    assert servers[0].metadata == {"tenant": "sante"}
    assert list(tenant.member.compute.get_server(servers[0]).tags or []) == ["tier-web"]


def test_soft_anti_affinity_lets_a_fourth_server_in(tenant, administrator, make_servers):
    group = tenant.member.compute.create_server_group(name="web", policy="soft-anti-affinity")
    servers = make_servers(4, scheduler_hints={"group": group.id})

    assert set(hosts(administrator, servers)) == {"lab-1", "lab-2", "lab-3"}


def test_the_console_tells_a_well_formed_host_key_that_stays(tenant, make_servers):
    first, second = make_servers(2)

    def key(server):
        output = tenant.member.compute.get_server_console_output(server)["output"]
        block = output.partition("-----BEGIN SSH HOST KEY KEYS-----\n")[2].partition("\n-----END")[0]
        kind, blob, _comment = block.split(" ", 2)
        assert kind == "ssh-ed25519"
        return base64.b64decode(blob, validate=True)

    assert len(key(first)) == 51
    assert key(first) == key(first)
    assert key(first) != key(second)


def test_a_server_boots_from_an_encrypted_volume_made_of_an_image(tenant, foundation, make_servers):
    disk = {
        "boot_index": 0, "uuid": foundation.image, "source_type": "image", "destination_type": "volume",
        "volume_size": 20, "volume_type": foundation.encrypted_type, "delete_on_termination": True,
    }  # fmt: skip
    (server,) = make_servers(block_device_mapping=[disk])

    (volume,) = tenant.member.block_storage.volumes()
    assert (volume.size, volume.volume_type, volume.status) == (20, foundation.encrypted_type, "in-use")
    assert tenant.member.block_storage.get_volume(volume).is_encrypted
    assert server.status == "ACTIVE"


def test_a_volume_is_attached_extended_and_outlives_its_server(tenant, foundation, make_servers, until):
    storage, compute = tenant.member.block_storage, tenant.member.compute
    (server,) = make_servers()
    volume = storage.create_volume(name="donnees", size=10, volume_type=foundation.encrypted_type)
    until(lambda: storage.get_volume(volume).status == "available")
    compute.create_volume_attachment(server, volume_id=volume.id)
    until(lambda: storage.get_volume(volume).status == "in-use")
    compute.delete_server(server)
    compute.wait_for_delete(server, **FAST)
    storage.extend_volume(volume, 20)

    until(lambda: (storage.get_volume(volume).size, storage.get_volume(volume).status) == (20, "available"))


def test_a_server_is_resized_and_rebuilt(tenant, administrator, foundation, make_servers):
    compute = tenant.member.compute
    larger = administrator.compute.create_flavor(name="SCS-2V-4", ram=4096, vcpus=2, disk=10)
    (server,) = make_servers()
    compute.resize_server(server, larger.id)
    compute.wait_for_server(server, "VERIFY_RESIZE", **FAST)
    compute.confirm_server_resize(server)
    compute.wait_for_server(server, **FAST)
    compute.rebuild_server(server, image=foundation.image)

    assert compute.wait_for_server(server, **FAST).flavor.vcpus == 2


def test_a_quota_is_enforced(tenant, administrator, network, foundation):
    administrator.compute.update_quota_set(tenant.project, instances=0)

    with pytest.raises(ForbiddenException, match="Quota exceeded"):
        tenant.member.compute.create_server(
            name="web", flavor_id=foundation.flavor, image_id=foundation.image, networks=[{"uuid": network.id}]
        )
