"""Logs of programs: where rsyslog sends them, who may read them, and how long logrotate keeps them."""

from __future__ import annotations

import functools
import os
import re
import stat
from typing import TYPE_CHECKING

from ansible.module_utils.joliba.observing import Observed, at, drop_ins, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = "/etc/rsyslog.conf"
_ACTION = re.compile(r'\baction\s*\(((?:[^)"]|"[^"]*")*)\)', re.IGNORECASE)
_INPUT = re.compile(r'\binput\s*\(((?:[^)"]|"[^"]*")*)\)', re.IGNORECASE)
_ENDS = re.compile(r"(?:^|[\s&{};)])(?:stop(?![\w.-])|~(?!\S)|:?omdiscard\b)|\(omdiscard\b", re.MULTILINE)
"""Statements after which no other gets a message."""
_INCLUDES = re.compile(r"^\s*(?:\$IncludeConfig\s|include\s*\()", re.MULTILINE | re.IGNORECASE)
_HERE = {"omfile", "omusrmsg", "omjournal", "ompipe", "omdiscard", "omstdout"}
"""rsyslog's outputs to this host itself."""
_PARAMETER = re.compile(r'([\w.]+)="([^"]*)"')
_QUOTED = re.compile(r'"[^"\n]*"')
_PLAIN = re.compile(r"(?<![^\s&])@{1,2}(?:\([^)]*\))?(\[[^\]\s]+\]|[^\s:;]+)|(?<=[\s&]):(om\w+):([^\s:;]*)")
_AUTHORITY = re.compile(r'DefaultNetstreamDriverCAFile="([^"]*)"', re.IGNORECASE)
_FILE = re.compile(r'^[^#$\s]\S*\s+-?(/[^\s;]+)|\bFile="(/[^"]+)"', re.MULTILINE)
_ROTATION = re.compile(r"(hourly|daily|weekly|monthly|yearly|rotate|maxage)\b\s*(-?\d*)")
_DAYS = {"hourly": 1, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}
_OWNER = re.compile(
    r'^\s*\$(?:FileOwner|PrivDropToUser)\s+([\w.-]+)|\b(?:fileOwner|privdrop\.user\.name)="([^"]+)"',
    re.MULTILINE | re.IGNORECASE,
)
_READERS = ("adm", "root")
_MOST = 0o640


def log_targets(_: None) -> Observed:
    """Where rsyslog sends what it gets, besides this host; what gets it unencrypted is told as ``clear``.

    Files that end messages before the first is sent are told too.
    """
    found: list[str] = []
    ending: list[str] = []
    for name, text in _in_order():
        sent = list(_sent(text))
        if not found:
            before = text[: min(place for place, _ in sent)] if sent else text
            ending += [f"{name} ends some before they are sent"] if _ENDS.search(_bare(before)) else []
        found += [told for _, told in sent]
    return Observed(persistent=sorted(found) + (ending if found else []))


def _sent(text: str) -> Iterator[tuple[int, str]]:
    """Targets in a file, each with its place in the text."""
    for action in _ACTION.finditer(text):
        said = {key.lower(): value for key, value in _PARAMETER.findall(action[1])}
        kind = said.get("type", "omfile").lower()
        if kind in _HERE:
            continue
        secure = said.get("streamdriver") in ("gtls", "ossl") and said.get("streamdrivermode") == "1"
        proven = said.get("streamdriverauthmode", "").startswith("x509/")
        target = said.get("target", said.get("server", ""))
        told = target if kind == "omfwd" else f"{kind} {target}".strip()
        yield action.start(), f"{told}{'' if kind == 'omfwd' and secure and proven else ' (clear)'}"
    blank = _QUOTED.sub(_as_long, _ACTION.sub(_as_long, text))
    for plain in _PLAIN.finditer(blank):
        host, kind, target = (plain[group] or "" for group in (1, 2, 3))
        if kind not in _HERE:
            yield plain.start(), f"{host or f'{kind} {target}'.strip()} (clear)"


def _as_long(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _bare(text: str) -> str:
    """Without what is quoted, but for names of outputs, and without comments after a statement."""
    named = re.sub(r'type="(\w+)"', r"\1", text, flags=re.IGNORECASE)
    return re.sub(r"\s#.*", "", _QUOTED.sub('""', named))


def log_files_sent(_: None) -> Observed:
    """Files of other programs that rsyslog reads to handle what they hold like messages."""
    inputs = (_PARAMETER.findall(each) for text in _rsyslog() for each in _INPUT.findall(text))
    said = [{key.lower(): value for key, value in each} for each in inputs]
    return Observed(persistent=sorted(each["file"] for each in said if each.get("type") == "imfile" and "file" in each))


def log_authority(_: None) -> Observed:
    """The file of the authorities that rsyslog trusts to prove a collector; None if it names none."""
    found = [path for text in _rsyslog() for path in _AUTHORITY.findall(text)]
    return Observed(persistent=found[-1] if found else None)


def log_files_open(_: None) -> Observed:
    """Files that rsyslog writes, and that others may read or write.

    Others than root, the account that rsyslog's configuration names for them (Ubuntu's ``syslog``), and the group of
    log readers.
    """
    paths = {one or other for text in _rsyslog() for one, other in _FILE.findall(_INPUT.sub("", text))}
    names = {one or other for text in _rsyslog() for one, other in _OWNER.findall(text)}
    accounts = (line.split(":") for line in lines_of("/etc/passwd"))
    owners = {0, *(int(each[2]) for each in accounts if each[0] in names)}
    readers = {int(line.split(":")[2]) for line in lines_of("/etc/group") if line.split(":")[0] in _READERS}
    found = []
    for path in sorted(paths):
        try:
            status = os.stat(at(path))
        except OSError:
            continue  # nothing was written to it yet
        regular = stat.S_ISREG(status.st_mode)
        if regular and (
            status.st_uid not in owners or status.st_gid not in readers or stat.S_IMODE(status.st_mode) & ~_MOST
        ):
            found.append(path)
    return Observed(found)


def log_rotation(log: str) -> Observed:
    """How many ``days`` of a log file logrotate keeps, and ``every`` how many it begins a new one."""
    lines = lines_of("/etc/logrotate.conf")
    if not lines:
        return Observed(persistent=None)
    common = _rotation(re.sub(r"[^\n]*\{[^{}]*\}", "", "\n".join(lines)), (1, 7, None))
    for path in ["/etc/logrotate.conf", *drop_ins("/etc/logrotate.d", suffix="")]:
        for names, block in re.findall(r"([^{}]*)\{([^{}]*)\}", "\n".join(lines_of(path))):
            if log in re.split(r"[\s\"']+", names):
                return Observed(persistent=_kept(*_rotation(block, common)))
    return Observed(persistent=_kept(*common))


def _rotation(text: str, before: tuple[int, int, int | None]) -> tuple[int, int, int | None]:
    """How many former files are kept, days between them, and days after which one goes whatever their number."""
    times, every, oldest = before
    for said in filter(None, (_ROTATION.match(line.strip()) for line in text.splitlines())):
        if said[1] in _DAYS:
            every = _DAYS[said[1]]
        elif said[1] == "maxage" and said[2]:
            oldest = int(said[2])
        elif said[2]:
            times = int(said[2])
    return times, every, oldest


def _kept(times: int, every: int, oldest: int | None) -> dict[str, int]:
    days = times * every
    return {"days": days if oldest is None else min(days, oldest), "every": every}


@functools.cache
def _rsyslog() -> tuple[str, ...]:
    return tuple(text for _, text in _in_order())


@functools.cache
def _in_order() -> tuple[tuple[str, str], ...]:
    """Names of files and what they say, as rsyslog reads them: the drop-ins where its own file includes the first."""
    own = "\n".join(lines_of(_OWN))
    included = _INCLUDES.search(own)
    place = included.start() if included else len(own)
    name = os.path.basename(_OWN)
    others = (
        (os.path.basename(path), "\n".join(lines_of(path))) for path in drop_ins("/etc/rsyslog.d", suffix=".conf")
    )
    return ((name, own[:place]), *others, (name, own[place:]))


PROBES = {
    "log_authority": log_authority,
    "log_files_open": log_files_open,
    "log_files_sent": log_files_sent,
    "log_rotation": log_rotation,
    "log_targets": log_targets,
}
