"""What Neutron keeps after a cut-off making of a router."""

import uuid

import pytest

from infra.datacenter.remainders import remove_lost_gateways


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
