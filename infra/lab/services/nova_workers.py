"""Nova's conductor, scheduler and compute hosts, as threads of its API's process."""

import sys

import os_vif
from nova import context, objects, service
from nova.compute import rpcapi
from nova.objects import host_mapping
from nova.virt import node
from oslo_config import cfg

from infra.lab.catalogue import COMPUTE_HOSTS


def start() -> None:
    """Start them; the compute hosts use the database directly, as in nova's own functional tests."""
    from infra.lab.services import nova_driver

    # nova looks for its driver among its own modules only
    sys.modules["nova.virt.lab"] = nova_driver
    os_vif.initialize()
    # nova refuses a host without its identity file; ours is computed (`nova_driver.identity`), it need only be
    node.get_local_node_uuid()
    objects.Service.enable_min_version_cache()
    service.Service.create(binary="nova-conductor", topic="conductor").start()
    service.Service.create(binary="nova-scheduler", topic="scheduler").start()
    for host in COMPUTE_HOSTS:
        cfg.CONF.set_override("host", host)
        service.Service.create(
            host=host, binary="nova-compute", topic="compute", topic_alt=rpcapi.RPC_TOPIC_ALT
        ).start()
    host_mapping.discover_hosts(context.get_admin_context())
