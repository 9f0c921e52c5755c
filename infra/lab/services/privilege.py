"""Lets services that run as root do what they would ask a privileged helper for."""

import importlib
from typing import Any

CONTEXTS = {
    "nova": (
        ("nova.privsep", "sys_admin_pctxt"),
        ("os_brick.privileged", "default"),
        ("vif_plug_ovs.privsep", "vif_plug"),
    ),
    "cinder": (("cinder.privsep", "sys_admin_pctxt"), ("os_brick.privileged", "default")),
}
"""The contexts of oslo.privsep that each service's functions are marked with."""


def keep(service: str) -> None:
    """No helper, no sudo: a function of these contexts runs in the process that calls it.

    What os-brick makes for NVMe, wherever it may, would be this machine's: ``/etc/nvme``.
    """
    for module, name in CONTEXTS[service]:
        getattr(importlib.import_module(module), name).set_client_mode(False)
    brick: Any = importlib.import_module("os_brick.utils")
    brick.get_host_nqn = brick.get_nvme_host_id = lambda *_, **__: None
