"""QEMU's command line for a guest, and the little of its machine protocol (QMP) that a guest needs."""

import json
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from infra.lab.guests.prerequisites import program
from infra.lab.problem import LabError

EMULATOR = "qemu-system-x86_64"
TRANSLATION_CACHE = 256
"""MiB that software emulation keeps translated code in; without a bound it takes more than the guest's own memory."""
CPU = {"kvm": "host", "tcg": "max,avx=off,avx2=off,f16c=off,fma=off"}
"""What the guest's processor can do. In software all of it but AVX, which libraries choose and emulation is slow at."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A virtual machine: its parts, and where it keeps what it writes. `memory` in MiB.

    `port` is the one of 127.0.0.1 that leads to the guest's port 22; the guest reaches out through the host's network.
    """

    folder: Path
    disk: Path
    seed: Path
    kernel: Path
    initrd: Path
    port: int
    accelerator: str
    memory: int = 768
    processors: int = 1
    arguments: str = ""
    volumes: tuple[Path, ...] = field(default=())

    @property
    def console_log(self) -> Path:
        """All that the serial console has shown, over all boots."""
        return self.folder / "console.log"

    @property
    def console_socket(self) -> Path:
        """Where a person's terminal may be joined to the serial console."""
        return self.folder / "console.socket"

    @property
    def qmp_socket(self) -> Path:
        """Where QEMU takes commands."""
        return self.folder / "qmp.socket"

    def command_line(self, incoming: int | None = None) -> list[str]:
        """What starts it; `incoming` is an open file with a saved state to go on from."""
        accelerator = f"tcg,tb-size={TRANSLATION_CACHE}" if self.accelerator == "tcg" else self.accelerator
        console = f"socket,id=console,path={_value(self.console_socket)},server=on,wait=off"
        console += f",logfile={_value(self.console_log)},logappend=on"
        command = [
            program(EMULATOR), "-nodefaults", "-no-user-config", "-display", "none",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            "-machine", "q35", "-accel", accelerator, "-cpu", CPU[self.accelerator],
            "-m", str(self.memory), "-smp", str(self.processors),
            "-kernel", str(self.kernel), "-initrd", str(self.initrd), "-append", self.arguments,
            "-device", "virtio-rng-pci",
            "-netdev", f"user,id=network,hostfwd=tcp:127.0.0.1:{self.port}-:22",
            "-device", "virtio-net-pci,netdev=network,id=card,romfile=",
            "-chardev", console,
            "-serial", "chardev:console",
            "-qmp", f"unix:{_value(self.qmp_socket)},server=on,wait=off",
        ]  # fmt: skip
        for name, path, more in (
            ("disk", self.disk, "format=qcow2,discard=unmap"),
            ("seed", self.seed, "format=raw,readonly=on"),
            *((f"volume{number}", path, "format=qcow2,discard=unmap") for number, path in enumerate(self.volumes)),
        ):
            command += ["-drive", f"file={_value(path)},if=none,id={name},{more}"]
            command += ["-device", f"virtio-blk-pci,drive={name},id={name}-device"]
        return command if incoming is None else [*command, "-incoming", f"fd:{incoming}"]


class Monitor:
    """A connection to a running QEMU; closed by ``with``."""

    def __init__(self, path: Path, patience: float = 10.0) -> None:
        """Connect, waiting `patience` seconds for QEMU to listen.

        Raises:
            LabError: it does not.
        """
        deadline = time.monotonic() + patience
        while True:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(60)
            try:
                self._socket.connect(str(path))
                break
            except OSError as error:
                self._socket.close()
                if time.monotonic() > deadline:
                    raise LabError(f"QEMU does not answer at {path}: {error}") from error
                time.sleep(0.02)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._lines.readline()  # the greeting
        self.do("qmp_capabilities")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def do(self, command: str, *, descriptor: int | None = None, **arguments: Any) -> Any:  # noqa: ANN401  JSON
        """Run a command, with an open file if it takes one, and return what it answers.

        Raises:
            LabError: QEMU refused, or has ended.
        """
        text = json.dumps({"execute": command, "arguments": {k.replace("_", "-"): v for k, v in arguments.items()}})
        try:
            socket.send_fds(self._socket, [text.encode() + b"\n"], [] if descriptor is None else [descriptor])
            for line in self._lines:
                answer = json.loads(line)
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise LabError(f"QEMU refused {command}: {answer['error']['desc']}")
        except OSError as error:
            raise LabError(f"QEMU ended at {command}: {error}") from error
        raise LabError(f"QEMU ended at {command}")


def _value(path: Path) -> str:
    """A path within an option: QEMU takes a double comma for one."""
    return str(path).replace(",", ",,")
