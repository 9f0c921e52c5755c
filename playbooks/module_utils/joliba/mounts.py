"""File systems: what is mounted with which options, and what the next start will mount."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from ansible.module_utils.joliba.observing import NotApplicable, Observed, drop_ins, lines_of, output, text_of

_OPPOSITES = {"suid": "nosuid", "dev": "nodev", "exec": "noexec"}
_HIDING = {"0": "off", "1": "noaccess", "2": "invisible", "4": "ptraceable"}
_SYSTEM = "/usr/lib/systemd/system"


class Mount(NamedTuple):
    """One mounted file system."""

    source: str
    kind: str
    options: list[str]


@functools.cache
def mounts() -> dict[str, Mount]:
    """What is mounted, by mount point; the last one of a point hides the others."""
    found = {}
    for line in (text_of("/proc/self/mountinfo") or "").splitlines():
        here, _, there = line.partition(" - ")
        (point, options), (kind, source, *more) = here.split()[4:6], there.split()
        all_options = dict.fromkeys([*options.split(","), *(more[0].split(",") if more else ())])
        found[_unescaped(point)] = Mount(_unescaped(source), kind, list(all_options))
    return found


@functools.cache
def fstab() -> dict[str, Mount]:
    """What /etc/fstab asks for, by mount point; the first line of a point counts."""
    found: dict[str, Mount] = {}
    for fields in map(str.split, lines_of("/etc/fstab")):
        if len(fields) > 2:  # noqa: PLR2004  source, point, kind
            options = fields[3].split(",") if len(fields) > 3 else []  # noqa: PLR2004
            found.setdefault(_unescaped(fields[1]), Mount(fields[0], fields[2], in_force(options)))
    return found


def in_force(options: list[str]) -> list[str]:
    """Options without those that a later one takes back (``nosuid,suid``)."""
    kept: list[str] = []
    for option in options:
        opposite = _OPPOSITES.get(option) or next((key for key, no in _OPPOSITES.items() if no == option), None)
        kept = [each for each in kept if each not in (option, opposite)]
        kept.append(option)
    return kept


def mount_point(path: str) -> Observed:
    """Whether a folder is a file system of its own: ``separate``, ``part of`` another, now and at the next start."""
    lasting = path in fstab() or _unit_options(path) is not None
    return Observed(*("separate" if found else f"part of {_holder(path)}" for found in (path in mounts(), lasting)))


def mount_options(path: str) -> Observed:
    """The options of a file system's mount."""
    if path not in mounts():
        raise NotApplicable(f"{path} is part of {_holder(path)}")
    return Observed(mounts()[path].options, _lasting_options(path))


def device_files(_: str) -> Observed:
    """Mount points of local disks, other than the root's and the loader's, where device files work."""

    def allowing(found: dict[str, Mount]) -> list[str]:
        local = {point: each for point, each in found.items() if re.match(r"/dev/|UUID=|LABEL=|PART", each.source)}
        ours = (point for point, each in local.items() if "nodev" not in each.options and each.kind != "swap")
        return sorted(point for point in ours if re.match(r"/(?!boot\b|efi\b)\w", point))

    return Observed(allowing(mounts()), allowing(fstab()))


def hidden_processes(_: str) -> Observed:
    """Whether /proc hides the processes of others: ``off``, ``noaccess``, ``invisible``, ``ptraceable``."""

    def hiding(options: list[str]) -> str:
        said = [option.partition("=")[2] for option in options if option.startswith("hidepid=")]
        return _HIDING.get(said[-1], said[-1]) if said else "off"

    return Observed(hiding(mounts()["/proc"].options), hiding(_lasting_options("/proc") or []))


def apt_where_programs_are_refused(path: str) -> Observed:
    """``yes`` if apt may start its packages' scripts from a file system that lets no program start."""
    if "noexec" not in mounts().get(path, Mount("", "", [])).options:
        raise NotApplicable(f"programs may start from {path}")
    said = output("apt-config", "dump", "DPkg::Pre-Invoke")
    return Observed(persistent="yes" if re.search(rf"remount,exec {re.escape(path)}\b", said) else "no")


def _lasting_options(path: str) -> list[str] | None:
    """What systemd will mount it with: a unit in /etc goes before fstab, that before the vendor's, drop-ins over all.

    None where nothing says: such a mount is the kernel's, the initramfs' or somebody's by hand.
    """
    return _unit_options(path, with_fstab=True)


def _unit_options(path: str, *, with_fstab: bool = False) -> list[str] | None:
    name = re.sub(r"[^\w.:/]", lambda found: "".join(f"\\x{byte:02x}" for byte in found[0].encode()), path.strip("/"))
    unit = f"{name.replace('/', '-') or '-'}.mount"
    found = _options_in(f"/etc/systemd/system/{unit}")
    if found is None and with_fstab and path in fstab():
        found = fstab()[path].options
    if found is None:
        found = _options_in(f"{_SYSTEM}/{unit}")
    folders = (f"/etc/systemd/system/{unit}.d", f"/run/systemd/system/{unit}.d", f"{_SYSTEM}/{unit}.d")
    for drop_in in drop_ins(*folders, suffix=".conf"):
        given = _options_in(drop_in)
        found = given or found
    return found


def _options_in(path: str) -> list[str] | None:
    """What a unit's file says; an empty list if it says nothing, None if there is no file."""
    if text_of(path) is None:
        return None
    said = [line.partition("=")[2].strip() for line in lines_of(path) if re.match(r"Options\s*=", line)]
    return in_force(said[-1].split(",")) if said else []


def _holder(path: str) -> str:
    """The mount point that a path lies in, or would."""
    inside = [point for point in mounts() if path != point and path.startswith(f"{point.rstrip('/')}/")]
    return max(inside, key=len, default="/")


def _unescaped(text: str) -> str:
    """Spaces and such, which mountinfo and fstab write in octal."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


PROBES = {
    "mount_point": mount_point,
    "mount_options": mount_options,
    "device_files": device_files,
    "hidden_processes": hidden_processes,
    "apt_where_programs_are_refused": apt_where_programs_are_refused,
}
