"""Starts a lab's processes, notes which of them end, and ends them all with itself.

Run as ``python -m infra.lab.services.supervisor <lab's folder>`` with the lab's interpreter. It holds a lock on
``run/lock`` as long as it or any process of its own lives; ``run/processes.json`` says which these are.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

from infra.lab.catalogue import GROUPS, MACHINES, PROCESSES, listeners
from infra.lab.configuration import variables, write_configuration
from infra.lab.deployment import Deployment
from infra.lab.machines import room
from infra.lab.machines.profile import Profile
from infra.lab.problem import LabError
from infra.lab.processes import Table, acquire
from infra.lab.services import settlement
from infra.lab.services.listening import listen

PR_SET_PDEATHSIG = 1
ENTRY_POINTS = Path(__file__).parent / "entry_points"
"""A folder with the metadata of a distribution. neutron and octavia find their drivers by entry points, which Python
looks for beside the modules on its path; a committed folder needs no installation and no change to a library."""
SHARED_MODULES = (
    "sqlalchemy.orm", "oslo_messaging.rpc", "oslo_db.sqlalchemy.enginefacade", "oslo_policy.policy", "oslo_log.log",
    "keystonemiddleware.auth_token", "keystoneauth1.loading", "webob.dec", "paste.deploy", "routes", "waitress",
    "requests", "oslo_versionedobjects.base", "jsonschema", "stevedore",
)  # fmt: skip


def main(folder: str) -> None:
    """Run one lab until SIGTERM, or until its last process has ended.

    Raises:
        LabError: the lab runs already, or a port that was asked for is taken.
    """
    lab = Deployment(Path(folder), Path(sys.prefix))
    # whoever asks whether the lab runs holds the lock for an instant
    lock = acquire(lab.run, patience=2.0)
    if lock is None:
        message = f"the lab in {folder} is running already"
        raise LabError(message)
    os.set_inheritable(lock, True)  # by Swift, which is another program
    table = Table(lab.run)
    table.start(os.getpid())
    sockets = listen(lab)
    write_configuration(lab)
    settlement.settle(lab)
    os.environ.update(variables(lab))
    sys.path.insert(0, str(ENTRY_POINTS))
    preload()
    for library in ("sqlite", "message_bus"):  # after preload(): oslo.messaging would import eventlet
        importlib.import_module(f"infra.lab.services.{library}").tune()
    gc.collect()
    gc.freeze()
    _supervise(lab, table, sockets)


def _supervise(lab: Deployment, table: Table, sockets: dict[str, socket.socket]) -> None:
    children: dict[int, str] = {}
    ending = False

    def end(*_: object) -> None:
        nonlocal ending
        ending = True
        for pid in list(children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    for group in _groups(lab):
        own = {name: sockets.pop(name) for name in listeners(group)}
        pid = fork(lab, group, own, list(sockets.values()))
        children[pid] = group
        table.add(group, pid)
        for listening in own.values():
            listening.close()
        if ending:  # the signal came while this one was being made
            end()
    while children:
        pid, status = os.wait()
        table.end(children.pop(pid, ""), os.waitstatus_to_exitcode(status))


def _groups(lab: Deployment) -> tuple[str, ...]:
    """The processes in the order of starting; real machines' room first, since services wait for it."""
    if not Profile.read(lab.data):
        return GROUPS
    room.prepare(lab)
    return PROCESSES


def fork(lab: Deployment, group: str, own: dict[str, socket.socket], others: list[socket.socket]) -> int:
    """Start one process; it ends with this one, however that ends."""
    parent = os.getpid()
    if pid := os.fork():
        return pid
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for other in others:
            other.close()
        log = os.open(lab.logs / f"{group}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        if group == MACHINES and (profile := Profile.read(lab.data)):
            room.serve(lab, profile.uplink)
        importlib.import_module("infra.lab.services.serving").serve(lab, group, own)
    except BaseException:  # noqa: BLE001 - a child must never run on into its parent's code
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


def preload() -> None:
    """Import what the processes share, before they are forked: it is loaded once and its memory is held once."""
    nova = importlib.import_module("nova.monkey_patch")
    # with native threads; from here on an import of eventlet fails
    nova.patch(backend="threading")
    barrier = sys.meta_path[0]
    for name in SHARED_MODULES:
        importlib.import_module(name)
    # cinder imports eventlet, though it does not use it here
    sys.meta_path.remove(barrier)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except LabError as error:
        sys.exit(str(error))
