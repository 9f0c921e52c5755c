"""The sockets of a lab, bound once by the supervisor and handed to the processes it forks.

A port that was free when it was looked at cannot be taken by another program before the service listens on it, and a
client that is early waits instead of being refused.
"""

import json
import os
import random
import socket

from infra.lab.catalogue import HOST, LISTENERS
from infra.lab.deployment import Deployment, write_file
from infra.lab.problem import LabError

PORT_BASE_VARIABLE = "JOLIBA_LAB_PORT_BASE"
RANGE = range(20000, 32000)
"""Below the ports that Linux gives to outgoing connections, so that a stopped lab finds its ports again."""
BACKLOG = 1024


def listen(lab: Deployment) -> dict[str, socket.socket]:
    """Bind every listener of a lab and note its port.

    The lab's former ports if they are free, else others; with a configured base exactly those that follow it.

    Raises:
        LabError: a port that was asked for is taken.
    """
    base = os.environ.get(PORT_BASE_VARIABLE)
    former = lab.ports()
    sockets: dict[str, socket.socket] = {}
    for offset, name in enumerate(LISTENERS):
        sockets[name] = _fixed(name, base, offset) if base else _kept(former.get(name)) or _free()
    ports = {name: int(bound.getsockname()[1]) for name, bound in sockets.items()}
    if ports != former:
        write_file(lab.ports_file, json.dumps(ports, indent=1))
    return sockets


def _bind(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        bound.listen(BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound


def _fixed(name: str, base: str, offset: int) -> socket.socket:
    try:
        port = int(base) + offset
        return _bind(port)
    except (ValueError, OverflowError):
        message = f"{PORT_BASE_VARIABLE}={base!r}: a number from 1024 to {65535 - len(LISTENERS)} is accepted"
        raise LabError(message) from None
    except OSError as error:
        message = (
            f"port {port} of {name} ({PORT_BASE_VARIABLE}={base}) cannot be used: {error.strerror}. "
            "Set another base, or none: then free ports are taken"
        )
        raise LabError(message) from error


def _kept(port: int | None) -> socket.socket | None:
    if port is None:
        return None
    try:
        return _bind(port)
    except OSError:
        return None  # another program's by now: endpoints are written anew with a free one


def _free() -> socket.socket:
    for port in random.sample(RANGE, len(RANGE)):
        try:
            return _bind(port)
        except OSError:
            continue
    message = f"no free port from {RANGE.start} to {RANGE.stop - 1}"
    raise LabError(message)
