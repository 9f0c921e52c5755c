"""What a guest is made of: packages, file systems, and the files that make Debian a cloud image. No effects."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.lab.guests.packages import BASE, MACHINE

SUITE = "bookworm"
"""Debian 12."""


@dataclass(frozen=True, kw_only=True)
class FileSystem:
    """One ext4 file system of the disk; `size` in MiB. Sizes are small: the image is sparse, and tests fill little."""

    mount: str
    size: int
    label: str


LAYOUT = (
    FileSystem(label="root", mount="/", size=512),
    FileSystem(label="usr", mount="/usr", size=2560),
    FileSystem(label="boot", mount="/boot", size=192),
    FileSystem(label="home", mount="/home", size=256),
    FileSystem(label="opt", mount="/opt", size=64),
    FileSystem(label="srv", mount="/srv", size=64),
    FileSystem(label="tmp", mount="/tmp", size=256),  # noqa: S108  a mount point of the guest
    FileSystem(label="var", mount="/var", size=1536),
    FileSystem(label="var-log", mount="/var/log", size=512),
    FileSystem(label="var-log-audit", mount="/var/log/audit", size=256),
    FileSystem(label="var-tmp", mount="/var/tmp", size=256),  # noqa: S108
)
"""The separate file systems of ANSSI-BP-028 R28, in the order of their partitions. The mount options that R28 asks for
are left to the hardening."""

CLOUD_INIT = """\
# Sources: the config drive (OpenStack) or a NoCloud disk; never the network.
datasource_list: [ConfigDrive, NoCloud]
# Users come from user data alone.
users: []
disable_root: true
ssh_pwauth: false
# Host keys are made at the first boot, and printed on the console before sshd listens.
ssh_deletekeys: true
ssh_genkeytypes: [ed25519, ecdsa]
preserve_hostname: false
apt: {preserve_sources_list: true}
# The file systems have the sizes of the image.
growpart: {mode: "off"}
resize_rootfs: false
system_info: {network: {renderers: [networkd]}}
cloud_init_modules: [seed_random, bootcmd, write-files, disk_setup, mounts, set_hostname, update_hostname,
  update_etc_hosts, ca-certs, users-groups, ssh, keys-to-console]
cloud_config_modules: [set-passwords, apt-configure, ntp, timezone, runcmd]
cloud_final_modules: [package-update-upgrade-install, write-files-deferred, scripts-vendor, scripts-per-once,
  scripts-per-boot, scripts-per-instance, scripts-user, phone-home, final-message, power-state-change]
"""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to build. `packages` are those beyond the base; a light tree has no kernel, no cloud-init, no disk."""

    light: bool = False
    packages: tuple[str, ...] = ()
    suite: str = SUITE

    def all_packages(self) -> tuple[str, ...]:
        """Every package that is asked for by name, sorted; apt adds what they depend on."""
        return tuple(sorted({*BASE, *(() if self.light else MACHINE), *self.packages}))

    def digest(self, sources: bytes) -> str:
        """16 hexadecimal digits that change with this recipe, the code that follows it, or apt's `sources`."""
        made_of = hashlib.sha256(json.dumps([asdict(self), self.all_packages()]).encode() + sources)
        for name in ("recipe.py", "packages.py", "tree.py", "disk.py", "initrd.py"):
            made_of.update((Path(__file__).parent / name).read_bytes())
        return made_of.hexdigest()[:16]


def fstab(layout: tuple[FileSystem, ...] = LAYOUT) -> str:
    """``/etc/fstab`` with Debian's own options, by label; hardening adds the others.

    >>> fstab((FileSystem(label="root", mount="/", size=1),)).splitlines()[-1]
    'LABEL=root / ext4 errors=remount-ro 0 1'
    """
    lines = ["# <file system> <mount point> <type> <options> <dump> <pass>"]
    for part in layout:
        options = "errors=remount-ro 0 1" if part.mount == "/" else "defaults 0 2"
        lines.append(f"LABEL={part.label} {part.mount} ext4 {options}")
    return "\n".join(lines) + "\n"
