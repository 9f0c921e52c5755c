"""What is made before a lab with real machines starts for the first time."""

from collections.abc import Callable
from pathlib import Path

from infra.lab.machines import acceleration
from infra.lab.machines.profile import BootableImage, Profile
from infra.lab.machines.uplink import Uplink

DEBIAN = "debian-12"
"""The one image of a site's catalogue that boots; the others stay placeholders of a few bytes."""


def prepare(uplink: Uplink, progress: Callable[[str], None]) -> Profile:
    """Make the guest image, if it is not in the cache, and see what guests run under here. Packages are there already.

    Raises:
        LabError: the image could not be made.
    """
    image = _debian(progress)
    virt_type = acceleration.virt_type(image.kernel)
    progress("guests run under KVM" if virt_type == acceleration.KVM else "guests run under QEMU's software emulation")
    return Profile(uplink=uplink, virt_type=virt_type, images={DEBIAN: image})


def _debian(progress: Callable[[str], None]) -> BootableImage:
    w = Path("/tmp/vmsw")
    return BootableImage(
        disk=w / "disk.qcow2",
        kernel=w / "vmlinuz",
        initrd=w / "initrd",
        command_line="console=ttyS0 net.ifnames=0 quiet",
    )
