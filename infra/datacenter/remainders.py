"""What OpenStack makes by itself for a project, and keeps after the project is gone.

Neutron makes each project a security group called ``default``; every service keeps rows of the quotas it was given.
Pulumi never made either, so a destroy leaves them; `remove_remainders` removes them.
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
