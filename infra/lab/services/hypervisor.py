"""What nova needs to drive the room's hypervisor from its own process."""

import importlib.machinery
import importlib.util
import sys

from infra.lab.deployment import Deployment
from infra.lab.machines import room
from infra.lab.machines.packages import BINDINGS
from infra.lab.problem import LabError
from infra.lab.services import privilege

MODULES = ("libvirtmod", "libvirt")


def prepare(lab: Deployment) -> None:
    """Wait for the room; import libvirt, and be as privileged as nova is here.

    Raises:
        LabError: the room does not become ready.
    """
    room.await_ready(lab)
    _import_bindings()
    privilege.keep("nova")


def _import_bindings() -> None:
    """The modules of libvirt, from the distribution: there are no wheels. Nothing else of its folder is seen."""
    for name in MODULES:
        spec = importlib.machinery.PathFinder.find_spec(name, [str(BINDINGS)])
        if spec is None or spec.loader is None:
            message = f"{name} is not in {BINDINGS}"
            raise LabError(message)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
