"""What is made before a lab with real machines starts for the first time."""

from collections.abc import Callable

from infra.lab.guests.accelerator import accelerator
from infra.lab.guests.image import COMMAND_LINE, guest_image
from infra.lab.guests.packages import HARDENED
from infra.lab.machines.profile import BootableImage, Profile
from infra.lab.machines.uplink import Uplink

DEBIAN = "debian-12"
"""The one image of a site's catalogue that boots; the others stay placeholders of a few bytes."""
VIRT_TYPES = {"kvm": "kvm", "tcg": "qemu"}
"""Nova's word for each accelerator of QEMU's."""


def prepare(uplink: Uplink, progress: Callable[[str], None]) -> Profile:
    """Make the guest image, if it is not in the cache, and see what guests run under here.

    Raises:
        LabError: the image could not be made.
    """
    image = guest_image(HARDENED, progress)
    virt_type = VIRT_TYPES[accelerator(image.kernel, image.initrd)]
    progress(f"guests run under {'KVM' if virt_type == 'kvm' else 'software emulation'}")
    booted = BootableImage(disk=image.disk, kernel=image.kernel, initrd=image.initrd, command_line=COMMAND_LINE)
    return Profile(uplink=uplink, virt_type=virt_type, images={DEBIAN: booted})
