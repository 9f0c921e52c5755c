"""An ML2 mechanism driver that binds every port at once: there is no agent, and no packet.

Router ports and floating IPs, which an L3 agent would report as active, are switched here.
"""

from typing import Any, ClassVar

from neutron.services.trunk.drivers import base as trunk
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events, registry, resources
from neutron_lib.db import constants as database
from neutron_lib.plugins import constants as plugins
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api
from neutron_lib.services.qos import base as qos
from neutron_lib.services.qos import constants as rules

ANY = {"type:range": [0, database.DB_INTEGER_MAX_VALUE]}
DIRECTIONS = {"type:values": constants.VALID_DIRECTIONS}
QOS_RULES = {
    rules.RULE_TYPE_BANDWIDTH_LIMIT: {rules.MAX_KBPS: ANY, rules.MAX_BURST: ANY, rules.DIRECTION: DIRECTIONS},
    rules.RULE_TYPE_DSCP_MARKING: {rules.DSCP_MARK: {"type:values": constants.VALID_DSCP_MARKS}},
    rules.RULE_TYPE_MINIMUM_BANDWIDTH: {rules.MIN_KBPS: ANY, rules.DIRECTION: DIRECTIONS},
}


class LabTrunkDriver(trunk.DriverBase):
    """Lets trunks be made; they stay down."""

    is_loaded = True


class LabMechanismDriver(api.MechanismDriver):
    """Binds each port to the first segment of its network."""

    _registered: ClassVar[list[Any]] = []

    def initialize(self) -> None:
        """Register what stands beside the driver, once a process."""
        if not self._registered:
            kinds = (portbindings.VIF_TYPE_OVS,)
            self._registered.append(qos.DriverBase(
                name="lab", vif_types=list(kinds), vnic_types=[portbindings.VNIC_NORMAL],
                requires_rpc_notifications=False, supported_rules=QOS_RULES))  # fmt: skip
            self._registered.append(LabTrunkDriver("lab", kinds, ("vlan",), can_trunk_bound_port=True))
        for event in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(self._floating_ip, resources.FLOATING_IP, event)

    @property
    def connectivity(self) -> str:
        """What the ports of this driver are part of."""
        return str(portbindings.CONNECTIVITY_L2)

    def bind_port(self, context: Any) -> None:
        """Bind, and report the port active as an agent would."""
        for segment in context.segments_to_bind[:1]:
            context.set_binding(
                segment[api.ID], portbindings.VIF_TYPE_OVS, {portbindings.CAP_PORT_FILTER: True},
                status=constants.PORT_STATUS_ACTIVE,
            )  # fmt: skip

    def create_port_postcommit(self, context: Any) -> None:
        """Report a router's or other service's port active: nothing binds these."""
        port = context.current
        if port["device_owner"].startswith("network:") and port["status"] != constants.PORT_STATUS_ACTIVE:
            context._plugin.update_port_status(
                context._plugin_context.elevated(),
                port["id"],
                constants.PORT_STATUS_ACTIVE,
            )

    update_port_postcommit = create_port_postcommit  # a port that existed becomes a router's

    def filter_hosts_with_segment_access(
        self, context: Any, segments: Any, candidate_hosts: Any, agent_getter: Any
    ) -> set[str]:
        """Every host reaches every segment."""
        del context, segments, agent_getter
        return set(candidate_hosts)

    def _floating_ip(self, _resource: str, _event: str, _trigger: Any, payload: Any = None) -> None:
        address = payload.latest_state or {}
        bound = address.get("fixed_port_id") or address.get("port_id")
        status = constants.FLOATINGIP_STATUS_ACTIVE if bound else constants.FLOATINGIP_STATUS_DOWN
        directory.get_plugin(plugins.L3).update_floatingip_status(
            payload.context.elevated(), address.get("id") or payload.resource_id, status
        )
