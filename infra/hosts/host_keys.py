"""The SSH host keys of a server, read from its console log over the authenticated compute API.

So the first connection is to a host that is known already (docs/decisions/0003). The log is what the server printed,
and anything may stand in it: nothing of it is passed on but well-formed keys. The compute service keeps the end of a
log only, so keys are read soon after the build, and kept.
"""

from openstack.connection import Connection

from infra.lab.guests import console


def host_keys(cloud: Connection, server: str) -> tuple[str, ...]:
    """The public host keys that a server's first boot has announced; none if it has not come that far.

    Args:
        cloud: a connection that may read the server: its tenant's, or the administrator's.
        server: the server's id.

    Returns:
        Keys in OpenSSH's one-line form without comment, ``ssh-ed25519 AAAA...``, sorted.

    Raises:
        LabError: the log announces different keys of one algorithm; none of them is to be trusted.
        openstack.exceptions.HttpException: the compute service refused.
    """
    log = cloud.compute.get_server_console_output(server)["output"] or ""
    return tuple(f"{key.algorithm} {key.body}" for key in console.host_keys(log))
