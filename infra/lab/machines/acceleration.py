"""Does a guest really run under KVM on this machine?

``/dev/kvm`` may be there and of no use. Seen on a nested virtual machine: a boot sector ran, and a kernel hung with all
of a core's time for itself, where software emulation booted it in two seconds. So a guest has to boot the very kernel
that the lab's servers boot, up to the point where it says that it has no disk.
"""

import subprocess
import tempfile
from pathlib import Path

WITHOUT_DISK = b"Kernel panic - not syncing: VFS"
SECONDS = 20.0
"""What the kernel may take to say it: ten times what software emulation takes on an idle core."""
KVM, EMULATION = "kvm", "qemu"
"""Nova's words."""
DEVICE = Path("/dev/kvm")


def virt_type(kernel: Path, *, device: Path = DEVICE) -> str:
    """What nova is told: ``kvm`` if a guest runs under it here, else ``qemu``, which is software emulation."""
    return KVM if device.exists() and runs(kernel, "kvm") else EMULATION


def runs(kernel: Path, accelerator: str, *, program: str = "qemu-system-x86_64") -> bool:
    """Does a kernel get as far as looking for its disk under this accelerator of QEMU's within `SECONDS`?"""
    with tempfile.TemporaryDirectory(prefix="joliba-probe-") as folder:
        said = Path(folder) / "said"
        try:
            process = subprocess.Popen(
                [
                    program, "-accel", accelerator, "-machine", "pc", "-m", "192", "-display", "none", "-nodefaults",
                    "-no-user-config", "-no-reboot", "-serial", f"file:{said}", "-kernel", kernel,
                    "-append", "console=ttyS0 panic=-1 quiet",
                ],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError:
            return False
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return said.exists() and WITHOUT_DISK in said.read_bytes()
