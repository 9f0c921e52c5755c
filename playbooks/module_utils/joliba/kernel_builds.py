"""How kernels were built: the running one, and those that the next start may choose."""

from __future__ import annotations

import functools
import glob
import gzip
import os
import re
from typing import Any

from ansible.module_utils.joliba.observing import UNSEEN, NotApplicable, Observed, Unmeasured, at, text_of

_SET = re.compile(r'CONFIG_(\w+)="?(.*?)"?')
_X86 = ("x86_64", "i686", "i586", "i486", "i386")


def kernel_option(asked: str | dict[str, Any]) -> Observed:
    """A build option without ``CONFIG_``: ``y``, ``m``, its value, or ``n`` where it is not set.

    Args:
        asked: the option's name, or a map: ``name``, ``until`` (first Linux without it), ``on`` (machines that have
            it: ``x86``, ``arm64``, ``arm``, ``32-bit``).
    """
    asked = {"name": asked} if isinstance(asked, str) else asked
    name, until, machine = asked["name"], asked.get("until"), asked.get("on")
    if machine and machine not in _machines():
        raise NotApplicable(f"only for {machine}: this is {os.uname().machine}")
    release = os.uname().release
    if until and _version(release) >= _version(until):
        raise NotApplicable(f"Linux has no such option since {until}")
    return Observed(_running(release).get(name, "n"), _installed(name))


def _installed(name: str) -> Any:  # noqa: ANN401  UNSEEN or a text
    """The option in all kernels of /boot; each different value once."""
    values = {_options(path[len(at("")) :]).get(name, "n") for path in glob.glob(at("/boot/config-*"))}
    return ", ".join(sorted(values)) if values else UNSEEN


def _running(release: str) -> dict[str, str]:
    for path in (f"/boot/config-{release}", f"/lib/modules/{release}/config", f"/usr/lib/kernel/config-{release}"):
        if os.path.exists(at(path)):
            return _options(path)
    try:
        with gzip.open(at("/proc/config.gz"), "rt", encoding="utf-8", errors="replace") as source:
            return _parsed(source.read())
    except OSError as error:
        raise Unmeasured(f"the running kernel, {release}, does not say how it was built") from error


@functools.cache
def _options(path: str) -> dict[str, str]:
    return _parsed(text_of(path) or "")


def _parsed(text: str) -> dict[str, str]:
    found = (_SET.fullmatch(line) for line in text.splitlines())
    return {match[1]: match[2] for match in found if match}


def _version(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]+", release)[:2])


def _machines() -> set[str]:
    machine = os.uname().machine
    if machine in _X86:
        return {"x86"} if machine == "x86_64" else {"x86", "32-bit"}
    return {"arm64"} if machine == "aarch64" else {"arm", "32-bit"} if machine.startswith("arm") else set()


PROBES = {"kernel_option": kernel_option}
