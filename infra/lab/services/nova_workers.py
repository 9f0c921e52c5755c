"""Nova's conductor, scheduler and compute hosts, as threads of its API's process."""

import importlib
import sys

import os_vif
from nova import context, objects, service
from nova.compute import rpcapi
from nova.objects import host_mapping
from nova.virt import node
from oslo_config import cfg

from infra.lab.catalogue import COMPUTE_HOSTS
from infra.lab.deployment import Deployment
from infra.lab.machines.profile import Profile


def start(lab: Deployment) -> None:
    """Start them; the compute hosts use the database directly, as in nova's own functional tests."""
    if Profile.read(lab.data):
        importlib.import_module("infra.lab.services.hypervisor").prepare(lab)
        hosts: tuple[str, ...] = COMPUTE_HOSTS[:1]
    else:
        _fake_hypervisor()
        hosts = COMPUTE_HOSTS
    os_vif.initialize()
    objects.Service.enable_min_version_cache()
    service.Service.create(binary="nova-conductor", topic="conductor").start()
    service.Service.create(binary="nova-scheduler", topic="scheduler").start()
    for host in hosts:
        cfg.CONF.set_override("host", host)
        service.Service.create(
            host=host, binary="nova-compute", topic="compute", topic_alt=rpcapi.RPC_TOPIC_ALT
        ).start()
    host_mapping.discover_hosts(context.get_admin_context())


def _fake_hypervisor() -> None:
    from infra.lab.services import nova_driver

    # nova looks for its driver among its own modules only
    sys.modules["nova.virt.lab"] = nova_driver
    # nova refuses a host without its identity file; ours is computed (`nova_driver.identity`), it need only be
    node.get_local_node_uuid()
