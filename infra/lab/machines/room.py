"""The room: one process in namespaces of its own, and in it the daemons and guests of a lab with real machines.

Two processes. The *door* stays on the host: it makes the link to the room and passes signals on. The *keeper* is the
first process of the room's process namespace: with it the kernel ends everything in the room.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import sys
import time
import traceback
import uuid
from pathlib import Path
from socket import sethostname
from typing import TYPE_CHECKING, NoReturn

from infra.lab.catalogue import COMPUTE_HOSTS, MACHINES
from infra.lab.deployment import Deployment
from infra.lab.machines import daemons, uplink
from infra.lab.machines.packages import MOUNT_POINTS, SEARCH
from infra.lab.machines.uplink import Uplink
from infra.lab.problem import LabError

if TYPE_CHECKING:
    import subprocess

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1
SHUTDOWN_PATIENCE = 100.0
"""Seconds that guests have to shut down in when the lab stops."""
READY = "ready"
_CRASHES = (-signal.SIGABRT, -signal.SIGSEGV)
_SHORT = 10.0
"""Seconds after whose start a crash is no chance, and would come again at once."""
LIBVIRT_USER = "libvirt-qemu:x:64055:64055:Libvirt Qemu:/nonexistent:/usr/sbin/nologin\n"
LIBVIRT_GROUP = "libvirt-qemu:x:64055:\n"
_libc = ctypes.CDLL(None, use_errno=True)


def folder(lab: Deployment) -> Path:
    """What the room has as ``/run``: the host reaches its sockets here."""
    return lab.run / "room"


def folders(lab: Deployment) -> tuple[Path, Path]:
    """What the room has on the disk beside the lab's data: its ``/run``, and its files of users and groups."""
    return folder(lab), lab.run / "room.etc"


def socket(lab: Deployment, inside: Path) -> Path:
    """The host's path to a socket of the room."""
    return folder(lab) / inside.relative_to("/run")


def ready(lab: Deployment) -> bool:
    """Do all daemons listen?"""
    return (folder(lab) / READY).exists()


def await_ready(lab: Deployment, patience: float = 120.0) -> None:
    """Return when the daemons listen.

    Raises:
        LabError: they do not after ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    while not ready(lab):
        if time.monotonic() > deadline:
            raise LabError(f"switch and hypervisor do not answer; see {lab.logs / MACHINES}.log")
        time.sleep(0.05)


def prepare(lab: Deployment) -> None:
    """Empty the room's folder. Called before any process waits for it."""
    shutil.rmtree(folder(lab), ignore_errors=True)
    folder(lab).mkdir(parents=True)


def serve(lab: Deployment, link: Uplink) -> NoReturn:
    """Make the room and keep it until SIGTERM. Run in a process of its own; never returns.

    Raises:
        LabError: a namespace, a mount, the link or a daemon could not be made.
    """
    os.environ["PATH"] = SEARCH
    made_read, made_write = os.pipe()
    linked_read, linked_write = os.pipe()
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    _unshare(CLONE_NEWPID)
    keeper = os.fork()
    if keeper == 0:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(made_read)
        os.close(linked_write)
        _keep(lab, link, made=made_write, linked=linked_read)
    os.close(made_write)
    os.close(linked_read)
    _libc.setns(own, CLONE_NEWPID)  # what the door runs from now on belongs to the host again
    signal.signal(signal.SIGTERM, lambda *_: os.kill(keeper, signal.SIGTERM))
    try:
        if os.read(made_read, 1):
            uplink.connect(lab, link, keeper)
            os.write(linked_write, b"1")
    except LabError as error:
        _say(error)
        os.kill(keeper, signal.SIGKILL)
    _, status = os.waitpid(keeper, 0)
    os._exit(abs(os.waitstatus_to_exitcode(status)))


def _unshare(flags: int) -> None:
    if _libc.unshare(flags):
        raise LabError(f"a namespace could not be made: {os.strerror(ctypes.get_errno())}")


def _keep(lab: Deployment, link: Uplink, *, made: int, linked: int) -> NoReturn:
    code = 1
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # the first process of a namespace has no default action
    try:
        _unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
        sethostname(COMPUTE_HOSTS[0])  # nova remembers its hypervisor by this name
        os.write(made, b"1")
        _await_link(linked)
        _furnish(lab)
        _join(link)
        code = _run(lab, link)
    except LabError as error:
        _say(error)
    except BaseException:  # noqa: BLE001 - nothing above this process would tell of it
        _say(traceback.format_exc())
    finally:
        os._exit(code)


def _await_link(linked: int) -> None:
    """Wait for the door. An end of file says that it died, perhaps before this process could be told of it."""
    if not select.select([linked], [], [], daemons.PATIENCE)[0] or not os.read(linked, 1):
        raise LabError("the link to the room was not made")


def _say(what: object) -> None:
    sys.stderr.write(f"{what}\n")  # the log
    sys.stderr.flush()


def _furnish(lab: Deployment) -> None:
    """Mount the lab's folders where the daemons look for theirs. Nothing of it is seen outside."""
    if lab.folder.is_relative_to("/run"):
        raise LabError("a lab with real machines cannot lie under /run: set JOLIBA_HOME to another place")
    _, etc = folders(lab)
    shutil.rmtree(etc, ignore_errors=True)
    etc.mkdir()
    for name, line in (("passwd", LIBVIRT_USER), ("group", LIBVIRT_GROUP)):
        (etc / name).write_text(Path("/etc", name).read_text(encoding="utf-8") + line, encoding="utf-8")
        (etc / name).chmod(0o644)
    daemons.call("mount", "--make-rprivate", "/")
    for kind in ("proc", "sysfs"):
        daemons.call("mount", "-t", kind, kind, "/proc" if kind == "proc" else "/sys")
    for name in ("passwd", "group"):
        daemons.call("mount", "--bind", str(etc / name), f"/etc/{name}")
    for point in MOUNT_POINTS:
        own = _libvirt_folder(lab, point)
        own.mkdir(parents=True, exist_ok=True)
        daemons.call("mount", "--bind", str(own), str(point))
    daemons.call("mount", "--bind", str(folder(lab)), "/run")


def _libvirt_folder(lab: Deployment, point: Path) -> Path:
    """``/etc/libvirt`` is ``data/machines/libvirt/etc``."""
    return lab.data / "machines" / "libvirt" / point.parent.name


def _join(link: Uplink) -> None:
    daemons.call("ip", "link", "set", "lo", "up")
    daemons.call("ip", "address", "add", str(link.inside), "dev", uplink.INSIDE)
    daemons.call("ip", "link", "set", uplink.INSIDE, "up")


def _run(lab: Deployment, link: Uplink) -> int:
    """Start the daemons, then wait until one of them ends or the lab does.

    A switch that crashed is started again, as Debian's own service does: its userspace datapath fails an assertion now
    and then (openvswitch/ovs-issues#330). Guests keep their links; OVN's controller fills the flows in anew.
    """
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(0))
    # the processes are kept: one that is forgotten is reaped by the module that started it, and its end is not seen
    running: dict[int, tuple[subprocess.Popen[bytes], daemons.Daemon, float]] = {}

    def begin(found: list[daemons.Daemon]) -> None:
        for daemon in found:
            process = daemons.start(daemon)
            running[process.pid] = process, daemon, time.monotonic()

    begin(daemons.databases(lab.data / "machines" / "network"))
    daemons.prepare_switch()
    begin(daemons.switch())
    daemons.prepare_external(link)
    host = str(uuid.uuid5(uuid.NAMESPACE_URL, str(lab.folder)))
    begin([daemons.hypervisor(_libvirt_folder(lab, Path("/etc/libvirt")), host)])
    Path("/run", READY).touch()
    while not ended:
        with contextlib.suppress(InterruptedError):
            pid, status = _reap()
            if pid in running:
                process, daemon, since = running.pop(pid)
                process.returncode = os.waitstatus_to_exitcode(status)
                _say(f"{daemon.command[0]} ended")
                crashed = process.returncode in _CRASHES and time.monotonic() - since > _SHORT
                if not (crashed and daemon.outlives_crashes):
                    return 1
                begin([daemon])
                daemons.prepare_external(link)
    daemons.end_guests(SHUTDOWN_PATIENCE)
    return 0


def _reap() -> tuple[int, int]:
    """Wait a moment for a process of the room to end: guests are adopted by the room's first process."""
    pid, status = os.waitpid(-1, os.WNOHANG)
    if not pid:
        select.select([], [], [], 0.5)
    return pid, status
