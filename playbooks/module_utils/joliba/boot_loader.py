"""Arguments that the kernel starts with: now, and as GRUB will give them."""

from __future__ import annotations

from ansible.module_utils.joliba.observing import NotApplicable, Observed, lines_of, text_of

_MENUS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")


def lacking(arguments: list[str]) -> Observed:
    """Which of these arguments the kernel does not have, and any entry of the menu would not give it."""
    lines = [line for path in _MENUS for line in lines_of(path) if line.split()[0] in ("linux", "linuxefi")]
    if not lines:
        raise NotApplicable("no GRUB: the hypervisor starts the kernel")
    now = (text_of("/proc/cmdline") or "").split()
    given = set.intersection(*(set(line.split()) for line in lines))
    return Observed([each for each in arguments if each not in now], [each for each in arguments if each not in given])


PROBES = {"boot_loader": lacking}
