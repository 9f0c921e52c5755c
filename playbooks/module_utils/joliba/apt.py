"""Where packages come from, how they are checked, and how they are kept up to date (apt)."""

from __future__ import annotations

import functools
import os
import re
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ansible.module_utils.joliba.observing import (
    NotApplicable,
    Observed,
    Unmeasured,
    at,
    drop_ins,
    lines_of,
    output,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = "/etc/apt/sources.list.d"
_LISTS = "/var/lib/apt/lists"
_NO = ("no", "false", "without", "off", "disable", "0")
"""What apt takes for no; anything else may be yes (apt.conf(5), APT::Boolean)."""
_UNCHECKED = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
# Without these, apt writes its cache and its locks, even when it only tells what it would do.
_TELL_ONLY = ("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "-o", "Debug::NoLocking=1")
_UPGRADE = re.compile(r"^Inst (\S+) .*[Ss]ecurity", re.MULTILINE)
_ONE_LINE = re.compile(r"^deb(?:-src)?\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)")
_DAY = 86400  # seconds


class Source(NamedTuple):
    """One repository that packages are taken from."""

    address: str
    suite: str
    options: dict[str, str]


def apt_config(name: str) -> Observed:
    """A value of apt's configuration, like ``APT::Periodic::Unattended-Upgrade``."""
    return Observed(persistent=_config().get(name.lower()))


def package_sources(question: str) -> Observed:
    """Repositories by what is said of them, one of ``_QUESTIONS``; no source at all: the addresses are None."""
    if not _sources():
        if question == "addresses":
            return Observed(persistent=None)
        raise NotApplicable("apt has no source here")
    return Observed(persistent=_QUESTIONS[question]())


def security_updates(_: None) -> Observed:
    """Packages for which a security update is known and not installed.

    Raises:
        Unmeasured: no list of packages was ever fetched: nothing is known.
    """
    if updates_known_days(None).effective is None:
        raise Unmeasured("no list of packages was ever fetched")
    return Observed(sorted(set(_UPGRADE.findall(output("apt-get", "-s", *_TELL_ONLY, "dist-upgrade")))))


def updates_known_days(_: None) -> Observed:
    """Days since the lists of packages were last fetched; None if they never were."""
    try:
        names = os.listdir(at(_LISTS))
    except FileNotFoundError as error:
        raise NotApplicable("there is no apt here") from error
    fetched = [os.path.getmtime(at(f"{_LISTS}/{name}")) for name in names if name.endswith("Release")]
    stamp = at("/var/lib/apt/periodic/update-success-stamp")  # a mirror's unchanged file keeps its own date
    if os.path.exists(stamp):
        fetched.append(os.path.getmtime(stamp))
    return Observed(int((time.time() - max(fetched)) / _DAY) if fetched else None)


@functools.cache
def _config() -> dict[str, str]:
    said = re.findall(r'^(\S+) "(.*)";$', output("apt-config", "dump"), re.MULTILINE)
    return {name.lower(): value for name, value in said if not name.endswith("::")}


@functools.cache
def _sources() -> tuple[Source, ...]:
    found: list[Source] = []
    for path in ["/etc/apt/sources.list", *drop_ins(_FOLDER, suffix=".list")]:
        for said in filter(None, map(_ONE_LINE.match, lines_of(path))):
            options = dict(option.lower().split("=", 1) for option in (said[1] or "").split() if "=" in option)
            found.append(Source(said[2], said[3], options))
    for path in drop_ins(_FOLDER, suffix=".sources"):
        found += _deb822(text_of(path) or "")
    return tuple(found)


def _deb822(text: str) -> Iterator[Source]:
    for paragraph in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)):
        unfolded = re.sub(r"\n[ \t]+", " ", paragraph)
        pairs = (line.partition(":") for line in unfolded.splitlines())
        fields = {key.strip().lower(): value.strip() for key, colon, value in pairs if colon}
        if fields.get("enabled", "yes").lower() not in ("no", "false"):
            for address in fields.get("uris", "").split():
                for suite in fields.get("suites", "").split():
                    yield Source(address, suite, fields)


def _names(sources: Iterator[Source]) -> list[str]:
    return sorted({f"{each.address} {each.suite}" for each in sources})


_QUESTIONS = {
    "unchecked": lambda: _names(
        each for each in _sources() if any(each.options.get(option, "no").lower() not in _NO for option in _UNCHECKED)
    ),
    "without-key": lambda: _names(each for each in _sources() if not each.options.get("signed-by")),
    "addresses": lambda: sorted({each.address.rstrip("/") for each in _sources()}),
    "hosts": lambda: sorted({urlsplit(each.address).hostname or each.address for each in _sources()}),
    "suites": lambda: sorted({each.suite for each in _sources()}),
}
PROBES = {
    "apt_config": apt_config,
    "package_sources": package_sources,
    "security_updates": security_updates,
    "updates_known_days": updates_known_days,
}
