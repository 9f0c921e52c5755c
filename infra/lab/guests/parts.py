"""What a guest is put together from: its virtual machine, a disk of its own, a login key, a port."""

import contextlib
import json
import socket
import subprocess
from pathlib import Path

from infra.lab.guests.accelerator import accelerator
from infra.lab.guests.image import COMMAND_LINE, Image
from infra.lab.guests.prerequisites import program
from infra.lab.guests.qemu import Machine
from infra.lab.problem import LabError

HOST = "127.0.0.1"


def machine(image: Image, folder: Path, *, memory: int = 768, processors: int = 1, arguments: str = "") -> Machine:
    """The virtual machine of a guest that is kept in a folder; its SSH port is chosen when it starts."""
    return Machine(
        folder=folder, disk=folder / "disk.qcow2", seed=folder / "seed.iso", kernel=image.kernel, initrd=image.initrd,
        port=0, memory=memory, processors=processors, accelerator=accelerator(image.kernel, image.initrd),
        arguments=f"{COMMAND_LINE} {arguments}".rstrip(),
    )  # fmt: skip


def overlay(backing: Path, target: Path) -> None:
    """Make a disk that begins as another and keeps only what is changed."""
    subprocess.run(
        [program("qemu-img"), "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing.resolve(), target], check=True
    )


def layers(disk: Path) -> list[Path]:
    """A disk, then what it began as, and so on to the first.

    Raises:
        LabError: one of them is gone.
    """
    done = subprocess.run(
        [program("qemu-img"), "info", "--force-share", "--backing-chain", "--output=json", disk],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise LabError(done.stderr.strip())
    return [Path(layer["filename"]) for layer in json.loads(done.stdout)]


def make_key(path: Path) -> None:
    """Make a key pair that logs in, without a passphrase."""
    subprocess.run([program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "guest", "-f", path], check=True)


def free_port(former: int) -> int:
    """The former port if it is free, else another.

    Raises:
        LabError: there is none.
    """
    for port in (former, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise LabError("no free port on 127.0.0.1")
