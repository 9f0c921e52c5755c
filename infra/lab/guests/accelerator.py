"""Which accelerator runs guests here: KVM where a guest really runs under it, else software emulation (TCG).

That ``/dev/kvm`` can be opened says little: within other virtual machines it may be there and fail.
"""

import os
import subprocess
from pathlib import Path

from infra.environment import cache
from infra.lab.deployment import write_file
from infra.lab.guests.prerequisites import program
from infra.lab.guests.qemu import EMULATOR

DEVICE = Path("/dev/kvm")
BOOT = Path("/proc/sys/kernel/random/boot_id")
SIGN = b"Run /init as init process"
"""What Linux says when it has come to its initrd."""


def accelerator(kernel: Path, initrd: Path, seconds: float = 20.0) -> str:
    """``kvm`` or ``tcg``: found by booting this kernel under KVM as far as its initrd, once after each boot."""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return "tcg"
    note = cache() / f"accelerator-{BOOT.read_text(encoding='utf-8').strip()}"
    if not note.exists():
        found = "kvm" if _runs(kernel, initrd, seconds) else "tcg"
        for former in note.parent.glob("accelerator-*"):
            former.unlink(missing_ok=True)
        write_file(note, found)
        return found
    return note.read_text(encoding="utf-8")


def _runs(kernel: Path, initrd: Path, seconds: float) -> bool:
    command = [
        program("setpriv"), "--pdeathsig", "KILL", program(EMULATOR), "-nodefaults", "-no-user-config",
        "-display", "none", "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "256",
        "-kernel", str(kernel), "-initrd", str(initrd), "-append", "console=ttyS0", "-serial", "stdio",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as probe:
        try:
            said, _ = probe.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            probe.kill()
            said, _ = probe.communicate()
    return SIGN in said
