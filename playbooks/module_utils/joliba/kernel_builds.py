"""How kernels were built: the running one, and those that the next start may choose."""

from __future__ import annotations

import functools
import gzip
import os
import re
from typing import Any

from ansible.module_utils.joliba.observing import UNSEEN, NotApplicable, Observed, Unmeasured, at, matching, text_of

_SET = re.compile(r'CONFIG_(\w+)="?(.*?)"?')
_MACHINES = {"x86_64": "x86", "i686": "x86", "aarch64": "arm64"}


def kernel_option(asked: str | dict[str, Any]) -> Observed:
    """A build option without ``CONFIG_``: ``y``, ``m``, its value, or ``n`` where it is not set.

    Args:
        asked: the option's name, or a map: ``name``, ``until`` (first Linux without it), ``machine`` that has it
            (``x86``, ``arm64``), ``renamed`` (its name in later ones).
    """
    asked = {"name": asked} if isinstance(asked, str) else asked
    names, until, machine = [asked["name"], asked.get("renamed", "")], asked.get("until"), asked.get("machine")
    if machine and machine != _MACHINES.get(os.uname().machine):
        raise NotApplicable(f"only for {machine}: this is {os.uname().machine}")
    release = os.uname().release
    if until and _version(release) >= _version(until):
        raise NotApplicable(f"Linux has no such option since {until}")
    installed = {_value(_options(path), names) for path in matching("/boot/config-*")}
    return Observed(_value(_running(release), names), ", ".join(sorted(installed)) if installed else UNSEEN)


def _value(options: dict[str, str], names: list[str]) -> str:
    return next((options[name] for name in names if name in options), "n")


def _running(release: str) -> dict[str, str]:
    for path in (f"/boot/config-{release}", f"/lib/modules/{release}/config", f"/usr/lib/kernel/config-{release}"):
        if os.path.exists(at(path)):
            return _options(path)
    try:
        with gzip.open(at("/proc/config.gz"), "rt", encoding="utf-8", errors="replace") as source:
            return _parsed(source.read())
    except (OSError, EOFError) as error:
        raise Unmeasured(f"the running kernel, {release}, does not say how it was built") from error


@functools.cache
def _options(path: str) -> dict[str, str]:
    return _parsed(text_of(path) or "")


def _parsed(text: str) -> dict[str, str]:
    found = (_SET.fullmatch(line) for line in text.splitlines())
    return {match[1]: match[2] for match in found if match}


def _version(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]+", release)[:2])


PROBES = {"kernel_option": kernel_option}
