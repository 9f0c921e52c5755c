"""What real machines need from the distribution, and how it gets there."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.environment import APT_GET
from infra.lab.problem import LabError
from infra.lab.processes import exclusive

PROGRAMS = {
    "libvirtd": "libvirt-daemon",
    "virsh": "libvirt-clients",
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "genisoimage": "genisoimage",
    "ovs-vswitchd": "openvswitch-switch",
    "ovn-northd": "ovn-central",
    "ovn-controller": "ovn-host",
    "cryptsetup": "cryptsetup-bin",
    "mmdebstrap": "mmdebstrap",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "ip": "iproute2",
}
"""The programs that are run, with the Debian package of each."""
BINDINGS = Path("/usr/lib/python3/dist-packages")
"""Where python3-libvirt puts its modules; built for the distribution's Python."""
FILES = {
    Path("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"): "libvirt-daemon-driver-qemu",
    BINDINGS / "libvirt.py": "python3-libvirt",
}
MOUNT_POINTS = tuple(Path(place) / "libvirt" for place in ("/etc", "/var/lib", "/var/log", "/var/cache"))
"""Folders that libvirt has fixed; a room mounts the lab's own over them."""
SEARCH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
NO_SERVICES = Path("/usr/sbin/policy-rc.d")
"""Debian asks it before a package's service is started; 101 forbids it."""
OURS = "#!/bin/sh\n# Joliba is installing packages, whose services it does not want\nexit 101\n"
LOCK = Path("/run/joliba-packages.lock")
"""Held while any lab of this machine installs, by apt-get too: it goes on when whoever runs it is killed."""


def missing() -> list[str]:
    """The packages that are not there."""
    programs = {package for program, package in PROGRAMS.items() if not shutil.which(program, path=SEARCH)}
    return sorted(programs | {package for path, package in FILES.items() if not path.exists()})


def ensure(progress: Callable[[str], None]) -> None:
    """Install what is missing, after saying what; none of the packages' services is started.

    Raises:
        LabError: not root, no Debian, another Python than the distribution's, or apt-get failed.
    """
    if os.geteuid():
        raise LabError("real machines need root: for the packages, the network and the hypervisor")
    with exclusive(LOCK) as lock:
        if packages := missing():
            progress(f"installing with apt-get, without starting their services: {' '.join(packages)}")
            if units := _install(packages, lock):
                progress(f"disabled, or they would start at the next boot: {' '.join(units)}")
            if left := missing():
                raise LabError(f"still missing after their installation: {' '.join(left)}")
        elif _is_ours():
            NO_SERVICES.unlink()  # a killed run has left it
    _check_bindings()
    for folder in MOUNT_POINTS:
        folder.mkdir(exist_ok=True)


def _install(packages: list[str], lock: int) -> list[str]:
    """Install them, and return the units that would have started at the next boot: they are disabled."""
    if not shutil.which("apt-get"):
        raise LabError(f"real machines need these programs, and there is no apt-get to install them: {packages}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    before = _enabled_units()
    with tempfile.TemporaryFile("w+") as output:
        with _no_services():
            for command in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *packages]):
                done = subprocess.run(
                    [*APT_GET, *command], env=environment, stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.STDOUT, pass_fds=(lock,), check=False,
                )  # fmt: skip
        if units := _enabled_units() - before:
            subprocess.run(
                ["systemctl", "disable", *sorted(units)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
        if done.returncode:
            output.seek(0)
            raise LabError(f"apt-get install {' '.join(packages)} failed:\n{output.read()[-3000:]}")
    return sorted(units - _enabled_units())


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """Forbid the start of packages' services, unless that is ruled by others already."""
    ours = not NO_SERVICES.exists() or _is_ours()
    try:
        if ours:
            NO_SERVICES.write_text(OURS, encoding="ascii")
            NO_SERVICES.chmod(0o755)
        yield
    finally:
        if ours:
            NO_SERVICES.unlink(missing_ok=True)


def _is_ours() -> bool:
    with contextlib.suppress(OSError):
        return NO_SERVICES.read_text(encoding="ascii", errors="replace") == OURS
    return False


def _enabled_units() -> set[str]:
    """The units that start at the next boot; none where there is no systemd."""
    if not shutil.which("systemctl", path=SEARCH):
        return set()
    listed = subprocess.run(
        ["systemctl", "list-unit-files", "--state=enabled", "--plain", "--no-legend"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {line.split()[0] for line in listed.stdout.splitlines() if line.strip()}


def _check_bindings() -> None:
    """The Python module of libvirt is a binary of the distribution's Python version."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    if not (BINDINGS / f"libvirtmod{suffix}").exists():
        raise LabError(
            f"python3-libvirt is built for another Python than {sys.version_info.major}.{sys.version_info.minor}: "
            "real machines need a JOLIBA_PYTHON of the distribution's own version (Debian 12: 3.11)"
        )
