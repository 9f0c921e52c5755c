"""Which services a lab runs, how each is found in Keystone's catalogue, and which share a process."""

from dataclasses import dataclass

HOST = "127.0.0.1"
REGION = "RegionOne"
COMPUTE_HOSTS = ("lab-1", "lab-2", "lab-3")
"""The fake compute nodes: three, so that a group of three servers can be kept strictly apart."""
PHYSICAL_NETWORK = "public"
"""The name of the physical network that an external network is made on (type ``flat``)."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One API of the lab."""

    name: str
    type: str
    """The service type in Keystone's catalogue."""
    path: str = ""
    """What follows host and port in the catalogue's endpoint."""
    application: str = ""
    """The module whose ``application`` is the WSGI application; empty for Swift, which runs under eventlet."""
    process: str = ""
    """The process that serves it; empty: its own, of its own name."""

    @property
    def group(self) -> str:
        """The name of the process that serves it."""
        return self.process or self.name


SERVICES = (
    Service(name="keystone", type="identity", path="/v3", application="keystone.wsgi.api"),
    Service(name="placement", type="placement", application="placement.wsgi.api", process="keystone"),
    Service(name="glance", type="image", application="glance.wsgi.api"),
    Service(name="neutron", type="network", application="neutron.wsgi.api"),
    Service(name="nova", type="compute", path="/v2.1", application="nova.wsgi.osapi_compute"),
    Service(name="cinder", type="block-storage", path="/v3/%(project_id)s", application="cinder.wsgi.api"),
    Service(name="octavia", type="load-balancer", application="octavia.wsgi.api"),
    Service(name="designate", type="dns", path="/", application="designate.wsgi.api"),
    Service(name="barbican", type="key-manager", application="barbican.wsgi.api"),
    Service(name="swift", type="object-store", path="/v1/AUTH_%(project_id)s"),
)
BY_NAME = {service.name: service for service in SERVICES}
GROUPS = tuple(dict.fromkeys(service.group for service in SERVICES))
"""The processes, in the order in which they are started."""
SWIFT_BACKENDS = ("swift-account", "swift-container", "swift-object")
"""Swift's storage servers listen too, for its proxy alone."""
MACHINES = "machines"
"""The process of a lab with real machines that holds switch, network and hypervisor (`infra.lab.machines.room`)."""
PROCESSES = (MACHINES, *GROUPS)
"""Every process that a lab may have beside its supervisor."""
LISTENERS = (*BY_NAME, *SWIFT_BACKENDS)
"""Everything that has a port, in the order in which ports are numbered."""


def members(group: str) -> tuple[Service, ...]:
    """The services that one process serves."""
    return tuple(service for service in SERVICES if service.group == group)


def listeners(group: str) -> tuple[str, ...]:
    """The names of the ports that one process listens on."""
    names = tuple(service.name for service in members(group))
    return (*names, *SWIFT_BACKENDS) if group == "swift" else names
