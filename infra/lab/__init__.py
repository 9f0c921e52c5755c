"""The lab: a real OpenStack on this machine's loopback, one for each site, without root or virtual machines.

Unmodified services from the package index run on SQLite, with an in-process message bus, a fake hypervisor and drivers
that bind, switch and store nothing. Their APIs, policies, quotas and schedulers are the real ones.

Two halves meet in this room. The controller (`Lab`, `infra.lab.shared`) runs in Joliba's own environment and needs the
standard library alone. `infra.lab.services` runs in the lab's environment, beside the services.

>>> lab = Lab("ml-bko")                 # doctest: +SKIP
>>> lab.start(print)                    # doctest: +SKIP
>>> openstack.connect(**lab.cloud())    # doctest: +SKIP
"""

from infra.lab.controller import Lab, ServiceStatus, State
from infra.lab.problem import LabError

__all__ = ["Lab", "LabError", "ServiceStatus", "State"]
