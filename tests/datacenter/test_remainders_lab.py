"""What the cloud keeps by itself: gateways of routers that were never made, accounts of the object store."""

import uuid

import openstack
import pytest
from cloud_listing import listing

from infra.datacenter.remainders import REMAINDERS, remove_lost_gateways, remove_remainders


@pytest.fixture
def router(cloud, site):
    (external,) = cloud.network.networks(name="external")
    router = cloud.network.create_router(name="remainders", external_gateway_info={"network_id": external.id})
    yield router
    cloud.network.delete_router(router)


def test_the_port_of_a_gateway_without_its_router_is_removed_and_a_routers_own_stays(cloud, router):
    external = router.external_gateway_info["network_id"]
    owner = {"network_id": external, "device_owner": "network:router_gateway"}
    lost = cloud.network.create_port(**owner, device_id=str(uuid.uuid4()))

    assert remove_lost_gateways(cloud) == [f"port of a lost gateway {lost.id}"]
    assert remove_lost_gateways(cloud) == []
    assert cloud.network.find_port(lost.id) is None
    assert [port.device_owner for port in cloud.network.ports(device_id=router.id)] == ["network:router_gateway"]


@pytest.fixture
def owner(cloud, lab):
    """A member of a new project, who has a bucket in its account; the bucket's name is ``it``."""
    project, password = cloud.identity.create_project(name="remainders"), uuid.uuid4().hex
    user = cloud.identity.create_user(name="remainders", password=password, default_project_id=project.id)
    cloud.identity.assign_project_role_to_user(project, user, cloud.identity.find_role("member", ignore_missing=False))
    auth = {**lab.cloud()["auth"], "username": "remainders", "password": password, "project_name": "remainders"}
    member = openstack.connect(load_yaml_config=False, load_envvars=False, auth=auth, region_name="RegionOne")
    member.object_store.create_container("it")
    yield member
    cloud.identity.delete_user(user)
    cloud.identity.delete_project(project)


def test_an_account_goes_once_it_is_empty_and_by_whom_may_manage_it(cloud, lab, owner):
    project = owner.current_project_id

    def known():
        return [each for each in listing(cloud, lab)["accounts with buckets"] if project in each]

    assert "object store account" not in remove_remainders(cloud, project)
    assert known() == [f"AUTH_{project} 1"]
    owner.object_store.delete_container("it")
    with pytest.raises(openstack.exceptions.NotFoundException, match="the account stays"):
        REMAINDERS["object store account"](owner, cloud.current_project_id)
    assert "object store account" in remove_remainders(cloud, project)
    assert known() == []
