"""The small initrd of a guest: busybox, the modules of virtio's disk, and a script that mounts ``/`` and ``/usr``."""

import lzma
import shutil
import subprocess
import tempfile
from pathlib import Path

from infra.lab.guests.prerequisites import program

MODULES = ("virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod", "ata_piix", "sr_mod", "isofs", "ext4")
"""Of both buses that an image's disk may be on (``hw_disk_bus``), and of the config drive: a CD-ROM, which cloud-init
must find before systemd has loaded any module. What the kernel has built in needs none."""

INIT = """\
#!/bin/busybox sh
# / and /usr by label, read-only: systemd checks them and mounts them as /etc/fstab says
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs devices /dev
while read -r module; do $b insmod "/modules/$module"; done < /modules/order
label() {
    tries=0
    until found=$($b findfs "LABEL=$1" 2> /dev/null); do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || { echo "initrd: no file system has the label $1"; $b poweroff -f; }
        $b usleep 20000
    done
    echo "$found"
}
$b mount -t ext4 -o ro "$(label root)" /root
$b mount -t ext4 -o ro "$(label usr)" /root/usr
# systemd would give up a disk or a service after 90 s, in the emergency shell: emulated guests on a busy machine take
# longer.
# /run as systemd mounts it, so that no setting of the disk's is another than on a real machine
$b mount -t tmpfs -o nosuid,nodev,strictatime,mode=755,size=20%,nr_inodes=800k tmpfs /root/run
$b mkdir -p /root/run/systemd/system.conf.d
echo "[Manager]
DefaultDeviceTimeoutSec=900
DefaultTimeoutStartSec=900" > /root/run/systemd/system.conf.d/emulation.conf
$b umount /proc
$b mount --move /dev /root/dev
exec $b switch_root /root /sbin/init
"""


def modules(folder: Path, wanted: tuple[str, ...] = MODULES) -> list[Path]:
    """The files of kernel modules in the order they must be loaded; what the kernel has built in needs none.

    `folder` is ``/lib/modules/<release>`` of a tree.
    """
    dependencies: dict[str, list[str]] = {}
    for line in (folder / "modules.dep").read_text(encoding="utf-8").splitlines():
        name, _, needed = line.partition(":")
        dependencies[name] = needed.split()
    paths = {_name(path): path for path in dependencies}
    order: list[Path] = []
    for name in wanted:
        if path := paths.get(name):
            # modules.dep names the nearest dependency first
            for each in (*reversed(dependencies[path]), path):
                if folder / each not in order:
                    order.append(folder / each)
    return order


def write(tree: Path, release: str, target: Path) -> None:
    """Write the initrd for a kernel `release` of a tree."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".initrd-") as made:
        root = Path(made)
        for name in ("bin", "dev", "proc", "root", "modules"):
            (root / name).mkdir()
        shutil.copy(program("busybox"), root / "bin" / "busybox")
        order = modules(tree / "usr" / "lib" / "modules" / release)
        for path in order:
            content = path.read_bytes()
            # Debian 13 compresses them, and busybox cannot read that
            content = lzma.decompress(content) if path.suffix == ".xz" else content
            (root / "modules" / path.name).write_bytes(content)
        (root / "modules" / "order").write_text("".join(f"{path.name}\n" for path in order), encoding="utf-8")
        (root / "init").write_text(INIT, encoding="utf-8")
        (root / "init").chmod(0o755)
        names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
        with target.open("wb") as out:
            subprocess.run(
                [program("cpio"), "--create", "--format=newc", "--owner=0:0", "--quiet"],
                cwd=root, input=names.encode(), stdout=out, check=True,
            )  # fmt: skip


def _name(path: str) -> str:
    return Path(path).name.partition(".")[0].replace("-", "_")
