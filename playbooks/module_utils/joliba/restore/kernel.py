"""What the running kernel was told: parameters, options of mounts, loaded modules."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING, Any

from .commands import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MODULES = "/proc/modules"
_PARAMETERS = "/proc/sys/"
_OPTIONS = {"nosuid": "suid", "nodev": "dev", "noexec": "exec", "ro": "rw"}
_ROUNDS = 3
_NETFILTER = ("nf_", "nft_", "nfnetlink")
"""Modules that a firewall's rules load, and that bring parameters of their own."""
_BROAD = ("/all/", "/default/", "ip_forward")


def capture(parameters: list[str], mounts: list[str], modules: list[str]) -> dict[str, Any]:
    """What they are now.

    Args:
        parameters: dotted names, with globs (``net.ipv4.conf.*.rp_filter``). Forwarding changes its neighbours, so
            these are saved along.
        mounts: mount points.
        modules: kernel modules that may be unloaded.
    """
    wanted = [*parameters]
    if any(name.startswith(("net.ipv4.ip_forward", "net.ipv4.conf")) for name in parameters):
        wanted.append("net.ipv4.conf.*.*")  # ip_forward resets them all; conf.all writes through to some
    if any(name.startswith("net.ipv6.conf") for name in parameters):
        wanted.append("net.ipv6.conf.*.*")
    options = _mount_options()
    return {
        "parameters": values(sorted(paths(wanted))),
        "mounts": {each: options[each] for each in mounts if each in options},
        "modules": [each for each in modules if each.replace("-", "_") in _modules()],
        "netfilter": sorted(_netfilter()),
    }


def paths(parameters: list[str]) -> set[str]:
    """Where parameters are by their dotted names, with globs."""
    return {path for name in parameters for path in glob.glob(_PARAMETERS + name.replace(".", "/"))}


def values(found: Iterable[str]) -> dict[str, str]:
    """The values of parameters, by path; of those that have one."""
    return {path: value for path in found if (value := _read(path)) is not None}


def _read(path: str) -> str | None:
    """A parameter's value; None where it is a folder, or only for writing."""
    try:
        if not os.stat(path).st_mode & 0o200:
            return None
        with open(path, encoding="utf-8", errors="surrogateescape") as source:
            return source.read().strip()
    except OSError:
        return None


def _mount_options() -> dict[str, list[str]]:
    """Restricting options of each mount point; the last mount of a point counts."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as source:
        rows = [line.split() for line in source]
    decoded = ((row[4].encode("latin-1", "replace").decode("unicode_escape"), row[5].split(",")) for row in rows)
    return {point: [option for option in _OPTIONS if option in options] for point, options in decoded}


def _modules() -> dict[str, bool]:
    """The loaded modules, and whether each is in use (or cannot be unloaded, of which the kernel says ``-``)."""
    if not os.path.exists(MODULES):  # a kernel without loadable ones
        return {}
    with open(MODULES, encoding="ascii", errors="replace") as source:
        return {line.split()[0]: line.split()[2] != "0" for line in source}


def _netfilter() -> dict[str, bool]:
    return {name: used for name, used in _modules().items() if name.startswith(_NETFILTER)}


def read_only() -> bool:
    """Whether the kernel is not this host's to tell: a container's is its host's."""
    return bool(os.statvfs(_PARAMETERS).f_flag & os.ST_RDONLY)


def unload_netfilter(saved: dict[str, Any]) -> list[str]:
    """Unload what only the rules that are gone again had loaded; those modules.

    What other rules use stays. So does all in a container.
    """
    if "netfilter" not in saved or read_only():
        return []
    unloaded: list[str] = []
    while idle := [name for name, used in _netfilter().items() if not used and name not in saved["netfilter"]]:
        gone = [name for name in idle if run("rmmod", "--", name).returncode == 0]
        if not gone:
            break
        unloaded += gone
    return unloaded


def put_back(saved: dict[str, Any], problem: Callable[..., None]) -> list[str]:
    """Set what differs; what the kernel takes back only at a boot is told as a problem."""
    changed = put_mounts_back(saved["mounts"], problem)
    for name in saved["modules"]:
        if name.replace("-", "_") not in _modules():
            changed.append(name)
            if run("modprobe", "--", name).returncode:
                problem(name, "this kernel module cannot be loaded again: reboot", until_boot=True)
    differing: list[str] = []
    for _ in range(_ROUNDS):  # some parameters change others: until none differs
        differing = [
            path for path in _by_breadth(saved["parameters"]) if _read(path) not in (saved["parameters"][path], None)
        ]
        if not differing:
            break
        for path in differing:
            changed.append(dotted(path))
            _set(path, saved["parameters"][path])
    for path in differing:
        if _read(path) not in (saved["parameters"][path], None):
            why = f"the kernel does not take back {saved['parameters'][path]!r}: reboot"
            problem(dotted(path), why, until_boot=True)
    return sorted(set(changed))


def _by_breadth(paths: dict[str, str]) -> list[str]:
    """What writes through to others before these."""
    return sorted(paths, key=lambda path: (not any(part in path for part in _BROAD), path))


def _set(path: str, value: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as out:
            out.write(value)
    except OSError:
        return  # told by the comparison


def dotted(path: str) -> str:
    """A parameter's dotted name, by its path."""
    return path[len(_PARAMETERS) :].replace(".", "~").replace("/", ".").replace("~", "/")


def put_mounts_back(mounts: dict[str, list[str]], problem: Callable[[str, object], None]) -> list[str]:
    """Give mount points their options of before, by remounting; those that changed."""
    now, changed = _mount_options(), []
    for point, options in mounts.items():
        if point not in now or now[point] == options:
            continue
        changed.append(point)
        flags = [restricting if restricting in options else allowing for restricting, allowing in _OPTIONS.items()]
        done = run("mount", "-o", ",".join(["remount", "bind", *flags]), "--", point)
        if done.returncode:
            done = run("mount", "-o", ",".join(["remount", *flags]), "--", point)
        if done.returncode:
            problem(point, " ".join(done.stderr.split())[-200:])
    return changed


def differences(saved: dict[str, Any]) -> list[str]:
    """Parameters, mounts and modules that are not as they were."""
    now, loaded = _mount_options(), _modules()
    return [
        *(dotted(path) for path, value in saved["parameters"].items() if _read(path) not in (value, None)),
        *(point for point, options in saved["mounts"].items() if now.get(point, options) != options),
        *(name for name in saved["modules"] if name.replace("-", "_") not in loaded),
    ]
