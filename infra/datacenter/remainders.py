"""What OpenStack makes by itself, and keeps after that for which it was made is gone.

Neutron makes each project a security group called ``default``, Swift an account at its first bucket; every service
keeps rows of the quotas it was given. Pulumi never made any of them, so a destroy leaves them; `remove_remainders`
removes them. A Neutron that dies while it gives a router its gateway keeps the gateway's port, which nobody owns, and
with it a public address; `remove_lost_gateways` gives it back.
"""

from collections.abc import Callable
from http import HTTPStatus

from openstack import exceptions
from openstack.connection import Connection
from requests import Response


def _delete_account(cloud: Connection, project_id: str) -> Response:
    """Delete a project's account of the object store.

    It stays where buckets are left in it, which nobody declared; where the store keeps no accounts of Swift's form; and
    where the cloud's administrator may not manage those of others (``reseller_admin_role``).

    Raises:
        openstack.exceptions.NotFoundException: it stays.
    """
    own, ours = cloud.object_store.get_endpoint() or "", f"AUTH_{cloud.current_project_id}"
    stays = exceptions.NotFoundException("the account stays", http_status=HTTPStatus.NOT_FOUND)
    if not own.endswith(ours):
        raise stays
    account = f"{own.removesuffix(ours)}AUTH_{project_id}"
    answer: Response = cloud.session.head(account, raise_exc=False)
    if answer.ok and answer.headers.get("X-Account-Container-Count") != "0":
        raise stays
    if answer.ok:
        answer = cloud.session.delete(account, raise_exc=False)
    if answer.status_code == HTTPStatus.FORBIDDEN:
        raise stays
    return answer


REMAINDERS: dict[str, Callable[[Connection, str], Response]] = {
    "compute quota": lambda cloud, project: cloud.compute.delete(f"/os-quota-sets/{project}"),
    "volume quota": lambda cloud, project: cloud.block_storage.delete(f"/os-quota-sets/{project}"),
    "network quota": lambda cloud, project: cloud.network.delete(f"/quotas/{project}"),
    "balancer quota": lambda cloud, project: cloud.load_balancer.delete(f"/lbaas/quotas/{project}"),
    "DNS quota": lambda cloud, project: cloud.dns.delete(f"/quotas/{project}", headers={"X-Auth-All-Projects": "true"}),
    "object store account": _delete_account,
}
NOT_THERE = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE)
"""A Swift that does not let its administrator manage accounts answers 405: the empty account stays then."""


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
    removed += [what for what in REMAINDERS if _is_removed(what, cloud, project_id)]
    return removed


def remove_zone_quota(cloud: Connection) -> list[str]:
    """Remove what the foundation granted the administrator's own project: more zones than ten. Repeatable.

    Returns:
        What was removed.

    Raises:
        openstack.exceptions.HttpException: the DNS service refused.
    """
    removed = _is_removed("DNS quota", cloud, str(cloud.current_project_id))
    return ["DNS quota of the administrator"] if removed else []


def _is_removed(what: str, cloud: Connection, project_id: str) -> bool:
    try:
        exceptions.raise_from_response(REMAINDERS[what](cloud, project_id))
    except exceptions.HttpException as refused:
        if refused.status_code not in NOT_THERE:
            raise
        return False
    return True


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
