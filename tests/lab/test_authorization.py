"""Policies are the services' own: what a member, a reader and a stranger may do."""

import pytest
from openstack.exceptions import ForbiddenException, NotFoundException, raise_from_response

REFUSED = (ForbiddenException, NotFoundException)

READER_WRITES = {
    "server group": lambda cloud: cloud.compute.create_server_group(name="g", policy="anti-affinity"),
    "network": lambda cloud: cloud.network.create_network(name="n"),
    "group": lambda cloud: cloud.network.create_security_group(name="g"),
    "volume": lambda cloud: cloud.block_storage.create_volume(name="v", size=1),
    "image": lambda cloud: cloud.image.create_image(name="i", disk_format="raw", container_format="bare"),
    "secret": lambda cloud: cloud.key_manager.create_secret(name="s"),
    "container": lambda cloud: cloud.object_store.create_container("c"),
    "zone": lambda cloud: cloud.dns.create_zone(name="reader.example.", email="a@lab.example"),
}
MEMBER_OVERREACHES = {
    "flavor": lambda cloud: cloud.compute.create_flavor(name="f", ram=1, vcpus=1, disk=1),
    "hypervisors": lambda cloud: list(cloud.compute.hypervisors()),
    "all servers": lambda cloud: list(cloud.compute.servers(all_projects=True)),
    "volume type": lambda cloud: cloud.block_storage.create_type(name="t"),
    "external network": lambda cloud: cloud.network.create_network(name="n", is_router_external=True),
    "users": lambda cloud: list(cloud.identity.users()),
    "project": lambda cloud: cloud.identity.create_project(name="p", domain_id="default"),
    "own quota": lambda cloud: cloud.compute.update_quota_set(cloud.current_project_id, instances=100),
    "public image": lambda cloud: cloud.image.create_image(
        name="i", disk_format="raw", container_format="bare", visibility="public"
    ),
}


@pytest.mark.parametrize("act", READER_WRITES.values(), ids=READER_WRITES.keys())
def test_a_reader_changes_nothing(act, tenant):
    with pytest.raises(ForbiddenException):
        act(tenant.reader)


@pytest.mark.parametrize("act", MEMBER_OVERREACHES.values(), ids=MEMBER_OVERREACHES.keys())
def test_a_member_has_no_power_over_the_cloud(act, tenant):
    with pytest.raises(ForbiddenException):
        act(tenant.member)


def test_a_member_uses_every_service_and_a_reader_sees_it(tenant):
    member, reader = tenant.member, tenant.reader
    network = member.network.create_network(name="n")
    volume = member.block_storage.create_volume(name="v", size=1)
    secret = member.key_manager.create_secret(name="s", payload="geheim", payload_content_type="text/plain")
    image = member.image.create_image(name="i", data=b"x", disk_format="raw", container_format="bare")
    member.object_store.create_container("c")
    member.compute.create_keypair(name="k")

    assert member.key_manager.get_secret(secret.secret_id).payload == "geheim"
    assert reader.network.get_network(network).name == "n"
    assert reader.block_storage.get_volume(volume).name == "v"
    assert reader.image.get_image(image).name == "i"
    assert [container.name for container in reader.object_store.containers()] == ["c"]
    assert list(reader.compute.servers()) == list(reader.load_balancer.load_balancers()) == []


def test_another_tenants_things_are_neither_seen_nor_changed(make_tenant):
    owner, stranger = make_tenant().member, make_tenant().member
    network = owner.network.create_network(name="n")
    volume = owner.block_storage.create_volume(name="v", size=1)
    secret = owner.key_manager.create_secret(name="s", payload="geheim", payload_content_type="text/plain")
    image = owner.image.create_image(name="i", data=b"x", disk_format="raw", container_format="bare")

    for attempt in (
        lambda: stranger.network.get_network(network.id),
        lambda: stranger.network.delete_network(network.id, ignore_missing=False),
        lambda: stranger.block_storage.get_volume(volume.id),
        lambda: stranger.block_storage.delete_volume(volume.id, ignore_missing=False),
        # the SDK's get_secret() takes a refusal for an empty secret
        lambda: raise_from_response(stranger.key_manager.get(f"/secrets/{secret.secret_id}")),
        lambda: raise_from_response(stranger.key_manager.get(f"/secrets/{secret.secret_id}/payload")),
        lambda: stranger.image.get_image(image.id),
    ):
        with pytest.raises(REFUSED):
            attempt()
    assert network.id not in {seen.id for seen in stranger.network.networks()}
