"""Makes neutron's OVN driver fit for one process on SQLite, and for a datapath in user space."""

from typing import Any


def tune() -> None:
    """Change what would lock or stall. Called before neutron's application is made."""
    from neutron.plugins.ml2.drivers.ovn.mech_driver.ovsdb import ovn_client, ovsdb_monitor
    from oslo_utils import timeutils

    # The thread of OVN's database must never wait for neutron's: an API thread may hold SQLite's one write lock while
    # it waits for the thread. A ring of nodes has nothing to divide where there is one.
    begin = ovsdb_monitor.OvnIdlDistributedLock.__init__

    def alone(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self._hash_ring.get_node = lambda _key: (self._node_uuid, timeutils.utcnow())

    ovsdb_monitor.OvnIdlDistributedLock.__init__ = alone
    # Segments that a guest leaves to its network card reach OVN whole: above the MTU they are no error here.
    options = ovn_client.OVNClient._gen_router_port_options

    def without_mtu(self: Any, *arguments: Any, **named: Any) -> Any:
        found = options(self, *arguments, **named)
        found.pop("gateway_mtu", None)
        return found

    ovn_client.OVNClient._gen_router_port_options = without_mtu
    ovn_client.OVNClient.set_gateway_mtu = lambda *_, **__: None
