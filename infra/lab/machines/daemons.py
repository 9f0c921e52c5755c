"""The daemons of a room, as command lines: Open vSwitch and OVN on a userspace datapath, and libvirt.

They run in the room's own mount and network namespaces, so each has the places that its packager fixed.
"""

import contextlib
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from infra.lab.catalogue import COMPUTE_HOSTS, PHYSICAL_NETWORK
from infra.lab.machines.uplink import Uplink
from infra.lab.problem import LabError

SWITCH = Path("/run/openvswitch")
NETWORK = Path("/run/ovn")
HYPERVISOR = Path("/run/libvirt")
SWITCH_SOCKET, NORTH_SOCKET, SOUTH_SOCKET = SWITCH / "db.sock", NETWORK / "ovnnb_db.sock", NETWORK / "ovnsb_db.sock"
HYPERVISOR_SOCKET = HYPERVISOR / "libvirt-sock"
INTEGRATION, EXTERNAL = "br-int", "br-ex"
LOOPBACK = "127.0.0.1"
PATIENCE = 30.0
"""Seconds until a daemon that is not ready is given up."""
SWITCH_SETTINGS = (
    f"external-ids:system-id={COMPUTE_HOSTS[0]}",
    f"external-ids:hostname={COMPUTE_HOSTS[0]}",
    f"external-ids:ovn-remote=unix:{SOUTH_SOCKET}",
    "external-ids:ovn-encap-type=geneve",
    f"external-ids:ovn-encap-ip={LOOPBACK}",
    "external-ids:ovn-bridge-datapath-type=netdev",
    f"external-ids:ovn-bridge={INTEGRATION}",
    f"external-ids:ovn-bridge-mappings={PHYSICAL_NETWORK}:{EXTERNAL}",
    "external-ids:ovn-cms-options=enable-chassis-as-gw",
    # taps hand over TCP segments without checksums; without this they would be passed on as they are, and dropped
    "other_config:userspace-tso-enable=true",
)
QEMU = """\
# what a room does not have: security modules, control groups, a log daemon; and it is a namespace already
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
# the lab's folder is root's alone
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
"""


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """A program in the foreground, and the file that it makes when it is ready: its socket, mostly.

    One that ``outlives_crashes`` is started again after one; the end of any other ends the room.
    """

    command: tuple[str, ...]
    sign: Path
    outlives_crashes: bool = False


def _database(name: str, file: Path, socket: Path, *remotes: str) -> Daemon:
    return Daemon(
        command=(
            "ovsdb-server", str(file), f"--remote=punix:{socket}", *remotes, "--no-chdir", "-vfile:off",
            "-vsyslog:off", "-vconsole:warn", f"--unixctl={socket.parent}/{name}.ctl",
        ),
        sign=socket,
    )  # fmt: skip


def databases(folder: Path) -> list[Daemon]:
    """The databases of the switch, of OVN's wishes and of its flows. Only the wishes are kept over a stop."""
    files = {
        "switch": ("/usr/share/openvswitch/vswitch.ovsschema", SWITCH_SOCKET),
        "north": ("/usr/share/ovn/ovn-nb.ovsschema", NORTH_SOCKET),
        "south": ("/usr/share/ovn/ovn-sb.ovsschema", SOUTH_SOCKET),
    }
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, (schema, socket) in files.items():
        file = folder / f"{name}.db"
        if name != "north":
            file.unlink(missing_ok=True)
        if not file.exists():
            call("ovsdb-tool", "create", str(file), schema)
        socket.parent.mkdir(parents=True, exist_ok=True)
        found.append(_database(name, file, socket))
    return found


def prepare_switch() -> None:
    """Say what the switch is, before it runs."""
    call("ovs-vsctl", "--no-wait", "init", "--", "set", "Open_vSwitch", ".", *SWITCH_SETTINGS)
    for command, socket in (("ovn-nbctl", NORTH_SOCKET), ("ovn-sbctl", SOUTH_SOCKET)):
        call(command, f"--db=unix:{socket}", "init")


def switch() -> list[Daemon]:
    """Open vSwitch, and OVN's two daemons."""
    quiet = ("--no-chdir", "-vfile:off", "-vsyslog:off", "-vconsole:warn")
    north, south = f"unix:{NORTH_SOCKET}", f"unix:{SOUTH_SOCKET}"
    control = SWITCH / "vswitchd.ctl", NETWORK / "northd.ctl"
    controller = NETWORK / "controller.pid"  # it takes no other place for its socket
    return [
        Daemon(
            command=("ovs-vswitchd", f"unix:{SWITCH_SOCKET}", f"--unixctl={control[0]}", *quiet),
            sign=control[0],
            outlives_crashes=True,
        ),
        Daemon(
            command=("ovn-northd", f"--ovnnb-db={north}", f"--ovnsb-db={south}", f"--unixctl={control[1]}", *quiet),
            sign=control[1],
        ),
        Daemon(
            command=("ovn-controller", f"unix:{SWITCH_SOCKET}", f"--pidfile={controller}", *quiet),
            sign=controller,
        ),
    ]


def prepare_external(uplink: Uplink) -> None:
    """The bridge of the external network, with the site's gateway on it, and forwarding to the host's link."""
    call("ovs-vsctl", "--may-exist", "add-br", EXTERNAL, "--", "set", "Bridge", EXTERNAL, "datapath_type=netdev",
         "fail_mode=standalone")  # fmt: skip
    call("ip", "address", "replace", str(uplink.gateway), "dev", EXTERNAL)
    call("ip", "link", "set", EXTERNAL, "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")


def hypervisor(configuration: Path, host_uuid: str) -> Daemon:
    """Libvirt. ``configuration`` is what the room mounts over ``/etc/libvirt``; guests' definitions stay there too."""
    configuration.mkdir(parents=True, exist_ok=True)
    (configuration / "qemu.conf").write_text(QEMU, encoding="ascii")
    (configuration / "libvirtd.conf").write_text(
        f'host_uuid = "{host_uuid}"\nunix_sock_group = "root"\nunix_sock_ro_perms = "0700"\n'
        'unix_sock_rw_perms = "0700"\nauth_unix_ro = "none"\nauth_unix_rw = "none"\nlog_outputs = "3:stderr"\n',
        encoding="ascii",
    )
    return Daemon(command=("libvirtd",), sign=HYPERVISOR_SOCKET)


def start(daemon: Daemon) -> subprocess.Popen[bytes]:
    """Start it and wait until it is ready.

    Raises:
        LabError: it ended, or is not ready after `PATIENCE` seconds.
    """
    daemon.sign.unlink(missing_ok=True)
    process = subprocess.Popen(daemon.command, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while not daemon.sign.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"{daemon.command[0]} is not ready ({daemon.sign}) after its start")
        time.sleep(0.02)
    return process


def call(*command: str, patience: float = PATIENCE) -> str:
    """Run a command to its end.

    Raises:
        LabError: it failed, or took longer than ``patience`` seconds.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{' '.join(command)} did not end within {patience:.0f} s") from None
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def end_guests(patience: float) -> None:
    """Ask every guest to shut down, wait, then switch off those that have not; no data of theirs is in flight then.

    One that cannot be told, since it ends just then, takes nothing from the others.
    """

    def tell(guest: str, *what: str) -> None:
        with contextlib.suppress(LabError):
            call("virsh", "--quiet", *what, guest)

    deadline = time.monotonic() + patience
    with contextlib.suppress(LabError):
        for guest in _guests():
            tell(guest, "shutdown")
        while _guests() and time.monotonic() < deadline:
            time.sleep(0.2)
        for guest in _guests():
            tell(guest, "destroy", "--graceful")


def _guests() -> list[str]:
    return call("virsh", "--quiet", "list", "--name").split()
