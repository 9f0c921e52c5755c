"""The programs of this machine that guests need: installed on demand by root, asked for by everybody else."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from infra.environment import APT_GET
from infra.lab.problem import LabError

Say = Callable[[str], None]

PACKAGES = {
    "busybox": "busybox-static",
    "cpio": "cpio",
    "debugfs": "e2fsprogs",
    "genisoimage": "genisoimage",
    "ip": "iproute2",
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "nsenter": "util-linux",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "setpriv": "util-linux",
    "sfdisk": "fdisk",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "tar": "tar",
    "unshare": "util-linux",
}
"""The Debian package of every program that guests need."""

BUILD = ("mmdebstrap", "tar", "unshare")
BUILD_DISK = (*BUILD, "busybox", "cpio", "debugfs", "mke2fs", "qemu-img", "sfdisk")
RUN = ("qemu-system-x86_64", "qemu-img", "genisoimage", "ssh", "ssh-keygen", "setpriv")
FLEET = ("ip", "unshare", "setpriv", "ssh-keygen")

SEARCHED = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
"""An ordinary user's PATH lacks the folders of mke2fs and sfdisk."""


def program(name: str) -> str:
    """The path of a program that `require` has found.

    Raises:
        LabError: it is not there.
    """
    found = shutil.which(name, path=SEARCHED)
    if found is None:
        raise LabError(f"{name} is not there: {install_command([PACKAGES[name]])}")
    return found


def missing(names: Iterable[str]) -> list[str]:
    """The packages that lack, sorted."""
    return sorted({PACKAGES[name] for name in names if not _present(name)})


def install_command(packages: Iterable[str]) -> str:
    """What an administrator types."""
    return f"sudo apt-get install -y --no-install-recommends {' '.join(packages)}"


def require(names: Iterable[str], purpose: str, say: Say) -> None:
    """See to it that programs are there: installed by apt, and told, when this is root; refused otherwise.

    Raises:
        LabError: programs are missing, and this user may not install them, or apt failed.
    """
    packages = missing(names)
    if not packages:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise LabError(f"{purpose} needs packages that are not there: {install_command(packages)}")
    say(f"installing for {purpose}: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*APT_GET, "-qq", *command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        )  # fmt: skip
    if done.returncode:
        raise LabError(f"apt-get could not install {' '.join(packages)}:\n{done.stdout[-2000:]}")


def _present(name: str) -> bool:
    found = shutil.which(name, path=SEARCHED)
    # Debian has a busybox that needs libraries, too: useless in an initrd
    return found is not None and (name != "busybox" or b"/lib64/ld-linux" not in Path(found).read_bytes())
