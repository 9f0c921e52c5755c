"""How the machine that runs a lab reaches the lab's servers: the external network of the site, and the operators'.

::

    host --- veth --- room's kernel --- br-ex --- OVN --- floating IPs
      operators' range   external subnet's gateway

The host sits in the range that the site's file calls operators', so the bastion's rules let it in as they would let an
operator in, and nothing else.
"""

import hashlib
import json
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path
from typing import Self

from infra.lab.deployment import Deployment
from infra.lab.problem import LabError

INSIDE = "uplink"
"""The name of the link's other end, in the room."""
ROOM_FOR_TWO = 30
"""The longest prefix of an operators' range that holds the host and the room."""


@dataclass(frozen=True, kw_only=True)
class Uplink:
    """``gateway``: the external subnet's, with its prefix. ``operator``: the host's address among the operators'."""

    gateway: IPv4Interface
    operator: IPv4Interface

    @classmethod
    def of(cls, *, gateway: str, subnet: str, operators: str) -> Self:
        """From a site's file: the gateway's address, the external subnet, one of the operators' ranges.

        Raises:
            LabError: the operators' range has no room for the host and the lab.
        """
        network = IPv4Network(operators)
        if network.prefixlen > ROOM_FOR_TWO:
            raise LabError(f"the operators' range {operators} is too small for real machines: /{ROOM_FOR_TWO} or wider")
        return cls(
            gateway=IPv4Interface(f"{gateway}/{IPv4Network(subnet).prefixlen}"),
            operator=IPv4Interface(f"{network[1]}/{network.prefixlen}"),
        )

    @property
    def inside(self) -> IPv4Interface:
        """The room's own address among the operators'."""
        return IPv4Interface(f"{self.operator.network[-2]}/{self.operator.network.prefixlen}")


def device(folder: Path) -> str:
    """The name of the link's end on the host, this lab's own."""
    return "joliba-" + hashlib.sha256(str(folder).encode()).hexdigest()[:8]


def connect(lab: Deployment, uplink: Uplink, room: int) -> None:
    """Make the link from the host to the namespace of a process; it goes when the namespace goes.

    Raises:
        LabError: the host's own networks are in the way.
    """
    name = device(lab.folder)
    for wanted in (uplink.gateway.network, uplink.operator.network):
        refuse_overlap(wanted, name)
    _ip("link", "add", name, "type", "veth", "peer", "name", INSIDE, "netns", str(room))
    _ip("address", "add", str(uplink.operator), "dev", name)
    _ip("link", "set", name, "up")
    _ip("route", "add", str(uplink.gateway.network), "via", str(uplink.inside.ip), "dev", name)


def refuse_overlap(wanted: IPv4Network, own: str) -> None:
    """Refuse a network that the host reaches another way already.

    Raises:
        LabError: with the device that it is behind.
    """
    for route in json.loads(_ip("-json", "-4", "route", "show")):
        if route["dst"] != "default" and route.get("dev") != own and IPv4Network(route["dst"]).overlaps(wanted):
            raise LabError(
                f"this machine reaches {route['dst']} by {route.get('dev', 'another way')}, so its lab cannot have "
                f"{wanted}: choose another range in a copy of the site's file, or stop what uses it"
            )


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
