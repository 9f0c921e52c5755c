"""Lets services that run as root do what they would ask a privileged helper for."""

import importlib

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
    """No helper, no sudo: a function of these contexts runs in the process that calls it."""
    for module, name in CONTEXTS[service]:
        getattr(importlib.import_module(module), name).set_client_mode(False)
