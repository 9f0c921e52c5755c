"""The machine: its processor, and whether it is a physical one."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.joliba.observing import NotApplicable, Observed, lines_of, output


def machine(_: Any) -> Observed:  # noqa: ANN401
    """What the kernel was built for: ``x86_64``, ``aarch64``, ``i686``."""
    return Observed(effective=os.uname().machine)


def processor_flags(asked: list[str]) -> Observed:
    """Which of these things an x86 processor can do, as the kernel found it."""
    flags = [line.partition(":")[2].split() for line in lines_of("/proc/cpuinfo") if line.startswith("flags")]
    if not flags:
        raise NotApplicable(f"only for x86: this is {os.uname().machine}")
    return Observed(effective=[flag for flag in asked if flag in flags[0]])


def refuse_virtual() -> None:
    """End a probe that only means something on a physical machine."""
    found = output("systemd-detect-virt", "--vm", codes=(0, 1)).strip()
    if found != "none":
        raise NotApplicable(f"a virtual machine ({found})")


PROBES = {"machine": machine, "processor_flags": processor_flags}
