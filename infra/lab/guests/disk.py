"""``python -m infra.lab.guests.disk ARCHIVE FOLDER``: a tree becomes a disk with its file systems, kernel and initrd.

A process of its own: an ordinary user runs it as root of a user namespace, so that owners are kept.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from infra.lab.guests import initrd, tree
from infra.lab.guests.prerequisites import program
from infra.lab.guests.recipe import CLOUD_INIT, LAYOUT, FileSystem, fstab

MIB = 1 << 20


def partition_table(layout: tuple[FileSystem, ...]) -> str:
    """A GPT for sfdisk, every partition named after its label.

    >>> print(partition_table((FileSystem(label="root", mount="/", size=512),)))
    label: gpt
    start=1MiB, size=512MiB, type=linux, name="root"
    """
    lines, start = ["label: gpt"], 1
    for part in layout:
        lines.append(f'start={start}MiB, size={part.size}MiB, type=linux, name="{part.label}"')
        start += part.size
    return "\n".join(lines)


def configure(root: Path) -> None:
    """Make a Debian tree a cloud image's: file systems by label, cloud-init, a name until cloud-init gives one."""
    for name, text in {
        "etc/fstab": fstab(),
        "etc/hostname": "localhost\n",
        "etc/cloud/cloud.cfg.d/90_datacenter.cfg": CLOUD_INIT,
    }.items():
        (root / name).write_text(text, encoding="utf-8")


def write(root: Path, raw: Path, layout: tuple[FileSystem, ...] = LAYOUT) -> None:
    """Write a tree to a disk image, one file system a partition; the tree is taken apart."""
    with raw.open("wb") as out:
        out.truncate((sum(part.size for part in layout) + 2) * MIB)  # one MiB for each copy of the partition table
    subprocess.run([program("sfdisk"), "--quiet", raw], input=partition_table(layout).encode(), check=True)
    parts = {part: root.parent / f"part-{part.label}" for part in layout if part.mount != "/"}
    for part in sorted(parts, key=lambda part: len(part.mount), reverse=True):  # what lies deeper goes first
        inside = root / part.mount.lstrip("/")
        inside.mkdir(exist_ok=True)
        inside.rename(parts[part])
        inside.mkdir()
        shutil.copystat(parts[part], inside)
    start = 1
    for part in layout:
        tree = parts.get(part, root)
        subprocess.run(
            [program("mke2fs"), "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "1", "-L", part.label,
             "-E", f"offset={start * MIB},lazy_itable_init=1,lazy_journal_init=1", "-d", tree, raw,
             f"{part.size}M"],
            check=True,
        )  # fmt: skip
        # mke2fs gives the root of a file system its own mode
        mode = f"set_inode_field / mode 0{tree.stat().st_mode:o}"
        subprocess.run([program("debugfs"), "-w", "-R", mode, f"{raw}?offset={start * MIB}"], check=True)
        start += part.size


def main(archive: Path, folder: Path) -> None:
    """Write ``disk.qcow2``, ``kernel``, ``initrd`` and ``packages`` (what dpkg has) into a folder."""
    root, raw = folder / "tree", folder / "disk.raw"
    tree.extract(archive, root)
    configure(root)
    kernel = max((root / "boot").glob("vmlinuz-*"))
    shutil.copyfile(kernel, folder / "kernel")
    initrd.write(root, kernel.name.removeprefix("vmlinuz-"), folder / "initrd")
    shutil.copyfile(root / "var" / "lib" / "dpkg" / "status", folder / "packages")
    write(root, raw)
    subprocess.run([program("qemu-img"), "convert", "-O", "qcow2", raw, folder / "disk.qcow2"], check=True)
    raw.unlink()
    for path in (root, *folder.glob("part-*")):
        shutil.rmtree(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
