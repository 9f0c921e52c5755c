"""Guest images and light trees, made once for each recipe kept in the user's cache like the golden copies."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.environment import CHECKOUT, cache
from infra.lab.guests import tree
from infra.lab.guests.prerequisites import BUILD, BUILD_DISK, Say, require
from infra.lab.guests.recipe import SUITE, Recipe
from infra.lab.problem import LabError
from infra.lab.processes import exclusive


@dataclass(frozen=True, kw_only=True)
class Image:
    """A Debian machine ready to boot: read only, shared, without any host key, user or machine id.

    `disk` is a qcow2 with a GPT and one labelled ext4 a file system of ANSSI-BP-028 R28; `kernel` and `initrd` are for
    direct kernel boot by QEMU or Nova, with `COMMAND_LINE`.
    """

    folder: Path
    disk: Path
    kernel: Path
    initrd: Path

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The image that is kept in a folder."""
        return cls(folder=folder, disk=folder / "disk.qcow2", kernel=folder / "kernel", initrd=folder / "initrd")


COMMAND_LINE = "console=ttyS0 net.ifnames=0 quiet systemd.default_timeout_start_sec=900"
"""Kernel arguments of every guest; the initrd finds ``/`` and ``/usr`` by their labels. In software on a busy
machine a disk takes longer to appear than the 90 s that systemd gives it, and units to start."""


def guest_image(packages: tuple[str, ...] = (), say: Say = print, *, suite: str = SUITE) -> Image:
    """The image with these packages beyond the base; some 100 s the first time, then at once.

    ``suite`` is Debian's name of the version: ``bookworm`` (12), ``trixie`` (13).

    Raises:
        LabError: packages of this machine are missing (the message has the command), or the image cannot be made.
    """
    return Image.of(_cached(Recipe(packages=packages, suite=suite), "guest", say))


def light_tree(packages: tuple[str, ...] = (), say: Say = print) -> Path:
    """The folder that light hosts share read only, without any host key, user or machine id; root only.

    Raises:
        LabError: as for `guest_image`, or this is not root: the owners of files could not be kept.
    """
    if os.geteuid() != 0:
        raise LabError("light hosts need root: they are made of namespaces and overlays")
    return _cached(Recipe(packages=packages, light=True), "light", say) / "tree"


def light_tree_folder(packages: tuple[str, ...] = ()) -> Path:
    """Where `light_tree` keeps its tree, whether or not it is made."""
    return _place(Recipe(packages=packages, light=True), "light") / "tree"


def _place(recipe: Recipe, kind: str) -> Path:
    sources = "".join(tree.apt_sources(recipe.suite).values())
    return cache() / f"{kind}-{recipe.digest(sources.encode())}"


def _cached(recipe: Recipe, kind: str, say: Say) -> Path:
    target = _place(recipe, kind)
    if target.is_dir():
        return target
    require(BUILD if recipe.light else BUILD_DISK, "making Debian guests", say)
    target.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(target.parent / f"{kind}.lock"):
        if not target.is_dir():
            for path in target.parent.glob(f".{kind}-*"):  # the lock is held: a killed run has left it
                _remove(path)
            say(f"making a Debian {kind} of {len(recipe.all_packages())} packages in {target}")
            began = time.monotonic()
            made = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{kind}-"))
            try:
                _make(recipe, made)
                os.sync()  # a power cut must not leave a part that is taken for the whole
                made.rename(target)
            finally:
                _remove(made)
            say(f"made in {time.monotonic() - began:.0f} s")
    return target


def _make(recipe: Recipe, folder: Path) -> None:
    archive = folder / "tree.tar"
    tree.make(recipe, archive)
    if recipe.light:
        tree.extract(archive, folder / "tree")
        folder.chmod(0o755)
    else:
        done = subprocess.run(
            [*_as_root(), sys.executable, "-P", "-m", "infra.lab.guests.disk", archive, folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, check=False,
        )  # fmt: skip
        if done.returncode:
            raise LabError(f"the disk could not be made:\n{done.stdout[-3000:]}")
    archive.unlink()


def _as_root() -> list[str]:
    """Before a command that gives files their owners: root needs nothing, others a namespace with their sub-ids."""
    return [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--map-auto"]


def _remove(folder: Path) -> None:
    if folder.is_dir() and os.geteuid() != 0:
        subprocess.run([*_as_root(), "rm", "-rf", folder], check=False)
    shutil.rmtree(folder, ignore_errors=True)
