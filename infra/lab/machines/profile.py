"""What a lab with real machines was made with. Its data say so; an ordinary lab's say nothing."""

import json
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Self

from infra.lab.deployment import read_json, write_file
from infra.lab.machines.uplink import Uplink

FILE = "machines.json"


@dataclass(frozen=True, kw_only=True)
class BootableImage:
    """A disk in QEMU's format, with the kernel and initrd that boot it directly, and the kernel's command line."""

    disk: Path
    kernel: Path
    initrd: Path
    command_line: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How the lab is reached, what its guests run under (nova's ``virt_type``), and which images of its site boot."""

    uplink: Uplink
    virt_type: str
    images: dict[str, BootableImage]
    """By the names that requests use: ``debian-12``."""

    @property
    def accelerator(self) -> str:
        """QEMU's word for it: ``kvm``, or ``tcg`` for software emulation."""
        return {"qemu": "tcg"}.get(self.virt_type, self.virt_type)

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """The profile of a lab's data; None for an ordinary lab."""
        found = read_json(data / FILE)
        if not found:
            return None
        return cls(
            uplink=Uplink(gateway=IPv4Interface(found["gateway"]), operator=IPv4Interface(found["operator"])),
            virt_type=found["virt_type"],
            images={
                name: BootableImage(
                    disk=Path(row["disk"]),
                    kernel=Path(row["kernel"]),
                    initrd=Path(row["initrd"]),
                    command_line=row["command_line"],
                )
                for name, row in found["images"].items()
            },
        )

    def write(self, data: Path) -> None:
        """Make data those of a lab with real machines, until they are dropped."""
        content = {
            "gateway": str(self.uplink.gateway),
            "operator": str(self.uplink.operator),
            "virt_type": self.virt_type,
            "images": {
                name: {key: str(value) for key, value in vars(image).items()} for name, image in self.images.items()
            },
        }
        write_file(data / FILE, json.dumps(content, indent=1))
