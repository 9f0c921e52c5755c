"""A guest that has booted once, kept frozen in the user's cache: tests go on from there in seconds, not a minute.

It is made from the image like every guest; what is kept has a login key and host keys in it, for this machine's tests
alone.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from infra.environment import cache
from infra.lab.guests.accelerator import accelerator
from infra.lab.guests.guest import Guest, Saved
from infra.lab.guests.image import Image, guest_image
from infra.lab.guests.parts import machine
from infra.lab.guests.prerequisites import RUN, Say, program, require
from infra.lab.guests.qemu import EMULATOR
from infra.lab.processes import exclusive

CALM = "sudo -n cloud-init status --wait > /dev/null; sudo -n systemctl is-system-running --wait > /dev/null; sync"


def booted(image: Image | None = None, *, memory: int = 768, say: Say = print, patience: float = 1800.0) -> Saved:
    """The frozen guest of an image, for ``Guest(saved=booted())``; made on first use, by one boot.

    `memory` in MiB; `patience` in seconds.

    Raises:
        LabError: the image cannot be made, does not boot, or does not come to rest.
    """
    require(RUN, "running guests", say)
    image = image or guest_image(say=say)
    target = cache() / f"booted-{_digest(image, memory)}"
    if not target.is_dir():
        _make(image, target, memory, say, patience)
    return Saved(folder=target, machine=machine(image, target, memory=memory))


def _make(image: Image, target: Path, memory: int, say: Say, patience: float) -> None:
    with exclusive(target.parent / "booted.lock"):
        if not target.is_dir():
            for path in target.parent.glob(".booted-*"):  # the lock is held: a killed run has left it
                shutil.rmtree(path, ignore_errors=True)
            say(f"booting a guest once, to be kept in {target}")
            began = time.monotonic()
            made = Path(tempfile.mkdtemp(dir=target.parent, prefix=".booted-"))
            try:
                with Guest(image, memory=memory, patience=patience) as guest:
                    guest.ssh(CALM, timeout=patience)
                    guest.save(made)
                os.sync()  # a power cut must not leave a part that is taken for the whole
                made.rename(target)
            finally:
                shutil.rmtree(made, ignore_errors=True)
            say(f"booted in {time.monotonic() - began:.0f} s")


def _digest(image: Image, memory: int) -> str:
    """Changes with all that a saved memory depends on: image, virtual machine, QEMU."""
    version = subprocess.run([program(EMULATOR), "--version"], capture_output=True, check=True).stdout
    made_of = hashlib.sha256(
        f"{image.folder} {memory} {accelerator(image.kernel, image.initrd)} {CALM}".encode() + version
    )
    for name in ("qemu.py", "seed.py"):
        made_of.update((Path(__file__).parent / name).read_bytes())
    return made_of.hexdigest()[:16]
