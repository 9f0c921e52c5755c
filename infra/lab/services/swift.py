"""The object store: Swift's proxy and its three storage servers in one process, on a folder as its one device.

Swift runs under eventlet, which must patch Python before anything else is imported, so this is a new program rather
than a fork of the supervisor. There are no replicators, auditors or expirers: one copy, nothing to repair.
"""

import json
import logging
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from infra.lab.catalogue import HOST, SWIFT_BACKENDS
from infra.lab.deployment import Deployment
from infra.lab.services import swift_configuration as configuration

DEVICE = "disk"
PARTITION_POWER = 4
ONE_REPLICA = 1


def start(lab: Deployment, sockets: dict[str, socket.socket]) -> NoReturn:
    """Become that program, with the sockets that the supervisor has bound."""
    for listening in sockets.values():
        listening.set_inheritable(True)
    numbers = json.dumps({name: listening.fileno() for name, listening in sockets.items()})
    os.execv(sys.executable, [sys.executable, "-m", __name__, str(lab.folder), numbers])


def main(lab: Deployment, descriptors: dict[str, int]) -> None:
    """Serve until SIGTERM, on sockets that are bound already, by the names of the servers."""
    configuration.write(lab)
    _check_attributes(configuration.devices(lab) / DEVICE)

    from swift.common import utils

    utils.monkey_patch()
    utils.set_swift_dir(str(configuration.folder(lab)))
    _make_rings(lab)

    import eventlet.wsgi
    from swift.common import storage_policy, wsgi

    storage_policy.reload_storage_policies()
    servers = []
    for name, descriptor in descriptors.items():
        listening = socket.socket(fileno=descriptor)  # made after the patch: it must not block
        kind = name.removeprefix("swift-") if name != "swift" else "proxy"
        application = wsgi.loadapp(str(configuration.file(lab, kind)), global_conf={"log_name": kind})
        # not wsgi.run_server, which begins with an event loop of its own; the headers' case matters to S3 clients
        servers.append(eventlet.spawn(
            eventlet.wsgi.server, listening, application, utils.NullLogger(), protocol=wsgi.SwiftHttpProtocol,
            capitalize_response_headers=False,
        ))  # fmt: skip
    for server in servers:
        server.wait()


def log_to_standard_error(*arguments: Any) -> None:
    """Swift's hook for loggers of one's own: takes the machine's syslog out of it."""
    logger = arguments[5]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.handlers[:] = [handler]


def _check_attributes(device: Path) -> None:
    """Swift keeps what it knows of an object in the file's extended attributes."""
    device.mkdir(parents=True, exist_ok=True)
    try:
        os.setxattr(device, "user.swift.check", b"1")
    except OSError as error:
        sys.exit(
            f"the file system of {device} has no extended attributes ({error.strerror}), which the object store needs: "
            "put JOLIBA_HOME on ext4, xfs, btrfs or another that has them"
        )


def _make_rings(lab: Deployment) -> None:
    """Say where accounts, containers and objects are; the ports may be others than at the last start."""
    from swift.common.ring import RingBuilder

    ports = lab.ports()
    for name in SWIFT_BACKENDS:
        builder = RingBuilder(PARTITION_POWER, ONE_REPLICA, 1)
        place = {"region": 1, "zone": 1, "ip": HOST, "port": ports[name], "device": DEVICE, "weight": 1.0}
        builder.add_dev(place)
        builder.rebalance(seed=1)
        path = configuration.folder(lab) / f"{name.removeprefix('swift-')}.ring.gz"
        builder.get_ring().save(str(path))


if __name__ == "__main__":
    try:
        main(Deployment(Path(sys.argv[1]), Path(sys.prefix)), json.loads(sys.argv[2]))
    except Exception:  # noqa: BLE001 - the other servers' threads would go on, with nobody who notices
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
