"""What OpenStack makes by itself, and keeps after that for which it was made is gone.

Neutron makes each project a security group called ``default``; every service keeps rows of the quotas it was given.
Pulumi never made either, so a destroy leaves them; `remove_remainders` removes them. A Neutron that dies while it gives
a router its gateway keeps the gateway's port, which nobody owns, and with it a public address; `remove_lost_gateways`
gives it back.
"""

from collections.abc import Callable

from openstack import exceptions
from openstack.connection import Connection
from requests import Response

QUOTAS: dict[str, Callable[[Connection, str], Response]] = {
    "compute quota": lambda cloud, project: cloud.compute.delete(f"/os-quota-sets/{project}"),
    "volume quota": lambda cloud, project: cloud.block_storage.delete(f"/os-quota-sets/{project}"),
    "network quota": lambda cloud, project: cloud.network.delete(f"/quotas/{project}"),
    "balancer quota": lambda cloud, project: cloud.load_balancer.delete(f"/lbaas/quotas/{project}"),
    "DNS quota": lambda cloud, project: cloud.dns.delete(f"/quotas/{project}", headers={"X-Auth-All-Projects": "true"}),
}


def remove_remainders(cloud: Connection, project_id: str) -> list[str]:
    """Remove what is left of a destroyed project. Repeatable.

    Args:
        cloud: the administrator's connection.
        project_id: the id that the project had.

    Returns:
        What was removed.

    Raises:
        openstack.exceptions.HttpException: a service refused.
    """
    removed = []
    for group in cloud.network.security_groups(project_id=project_id):
        cloud.network.delete_security_group(group)
        removed.append(f"security group {group.name}")
    for what, delete in QUOTAS.items():
        answer = delete(cloud, project_id)
        try:
            exceptions.raise_from_response(answer)
        except exceptions.NotFoundException:
            continue
        removed.append(what)
    return removed


def remove_lost_gateways(cloud: Connection) -> list[str]:
    """Remove the ports of routers' gateways whose router does not exist. Repeatable.

    Neutron makes the router first, so such a port is nobody's: the router's making failed, or its removal was cut off.

    Args:
        cloud: the administrator's connection.

    Returns:
        What was removed.

    Raises:
        openstack.exceptions.SDKException: a service did not answer or refused.
    """
    ports = list(cloud.network.ports(device_owner="network:router_gateway"))  # before the routers: see above
    routers = {router.id for router in cloud.network.routers()}
    lost = [port for port in ports if port.device_id not in routers]
    for port in lost:
        cloud.network.delete_port(port)
    return [f"port of a lost gateway {port.id}" for port in lost]
