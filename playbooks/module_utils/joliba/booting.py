"""How this host starts: by which loader, with which kernel arguments, and what protects them."""

from __future__ import annotations

import functools
import os
import re
import shlex
from typing import Any

from ansible.module_utils.joliba.hardware import refuse_virtual
from ansible.module_utils.joliba.observing import (
    NotApplicable,
    Observed,
    Unmeasured,
    at,
    drop_ins,
    lines_of,
    matching,
    text_of,
)

_EFI = "/sys/firmware/efi/efivars"
_GRUB = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_ASSIGNED = re.compile(r"(?:export\s+)?(GRUB_\w+)=(.*)")


def kernel_argument(name: str) -> Observed:
    """An argument's value, ``""`` for one without, None where it is not given.

    Persistent is what GRUB's menu and its settings say; more than one value if they differ.
    """
    _refuse_direct()
    given = [_words(line.split(None, 2)[2:]) for line in _menu() if re.match(r"linux\w*\s+\S*(vmlinu|kernel)", line)]
    values = {words.get(name) for words in (*given, _words([_settings().get("GRUB_CMDLINE_LINUX", "")]))}
    lasting = values.pop() if len(values) == 1 else ", ".join(sorted(value or "absent" for value in values))
    return Observed(_effective().get(name), lasting)


def kernel_arguments_given(names: list[str]) -> Observed:
    """Those of some arguments, like ``mitigations=off``, that the running kernel got or GRUB's entries give."""

    def given(texts: list[str]) -> list[str]:
        return sorted({word for text in texts for word in text.split()} & set(names))

    effective = given([text_of("/proc/cmdline") or ""])
    if "BOOT_IMAGE" not in _effective():
        return Observed(effective)
    return Observed(effective, given([*_menu(), _settings().get("GRUB_CMDLINE_LINUX", "")]))


def hardware_argument(name: str) -> Observed:
    """A kernel argument that only means something on a physical machine."""
    refuse_virtual()
    return kernel_argument(name)


def grub_password(_: Any) -> Observed:  # noqa: ANN401
    """The password that GRUB asks for before its menu is altered, and whether all entries start without it."""
    _refuse_direct()
    hashed = any(re.match(r"password_pbkdf2\s+\S+\s+grub\.pbkdf2\.", line) for line in _menu())
    guarded = hashed and any(re.match(r"set\s+superusers=.*\w", line) for line in _menu())
    entries = [line for line in _menu() if re.match(r"menuentry\s", line)]
    everywhere = any(re.match(r'(set\s+)?menuentry_id_option=".*--unrestricted', line) for line in _menu())
    unattended = not guarded or everywhere or all("--unrestricted" in line for line in entries)
    return Observed(
        persistent={"password": "set" if guarded else None, "starts": "unattended" if unattended else "with password"}
    )


def secure_boot(_: Any) -> Observed:  # noqa: ANN401
    """``on`` or ``off``: whether the firmware starts only what is signed."""
    if not os.path.isdir(at("/sys/firmware/efi")):
        _refuse_direct()
        return Observed(effective="off")
    found = matching(f"{_EFI}/SecureBoot-*")
    if not found:
        raise Unmeasured("the firmware's variables are not to be seen")
    with open(at(found[0]), "rb") as variable:
        return Observed(effective="on" if variable.read()[4:5] == b"\x01" else "off")


def unified_image(_: Any) -> Observed:  # noqa: ANN401
    """Whether kernel, initramfs and arguments are one signed file (``yes``): its EFI stub tells of itself."""
    if os.path.isdir(at("/sys/firmware/efi")):
        return Observed(effective="yes" if matching(f"{_EFI}/StubInfo-*") else "no")
    _refuse_direct()
    return Observed(effective="no")


def _refuse_direct() -> None:
    """GRUB says ``BOOT_IMAGE=`` to each kernel; other loaders tell the firmware of themselves."""
    if "BOOT_IMAGE" in _effective():
        return
    if matching(f"{_EFI}/LoaderInfo-*"):
        raise Unmeasured("started by another boot loader than GRUB")
    raise NotApplicable("no boot loader: whoever runs this machine gives it kernel, initramfs and arguments")


def _effective() -> dict[str, str]:
    return _words([text_of("/proc/cmdline") or ""])


def _words(texts: list[str]) -> dict[str, str]:
    """Kernel arguments by name; the last counts."""
    pairs = (word.partition("=") for text in texts for word in text.split())
    return {name: value for name, _, value in pairs}


@functools.cache
def _menu() -> list[str]:
    for path in _GRUB:
        if os.path.exists(at(path)):
            return lines_of(path)
    raise Unmeasured(f"there is no {_GRUB[0]}")


@functools.cache
def _settings() -> dict[str, str]:
    """GRUB's settings: plain assignments of the shell, as grub-mkconfig reads them one file after the other."""
    found: dict[str, str] = {}
    for path in ("/etc/default/grub", *drop_ins("/etc/default/grub.d", suffix=".cfg")):
        for match in filter(None, map(_ASSIGNED.match, lines_of(path))):
            try:
                value = "".join(shlex.split(match[2], comments=True))
            except ValueError:
                continue  # an open quote: grub-mkconfig refuses the file
            found[match[1]] = _VARIABLE.sub(lambda name: found.get(name[1] or name[2], ""), value)
    return found


PROBES = {
    "kernel_argument": kernel_argument,
    "kernel_arguments_given": kernel_arguments_given,
    "hardware_argument": hardware_argument,
    "grub_password": grub_password,
    "secure_boot": secure_boot,
    "unified_image": unified_image,
}
