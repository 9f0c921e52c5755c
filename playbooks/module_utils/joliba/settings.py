"""Settings of programs, from their files and drop-ins as each of them reads them."""

from __future__ import annotations

import functools
import glob
import re

from ansible.module_utils.joliba import observing
from ansible.module_utils.joliba.observing import NotApplicable, Observed, at, drop_ins, lines_of, text_of

_SYSTEMD = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")
_CHRONY = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
_ALIASES = "/etc/aliases"
_ROTATION = re.compile(r"(hourly|daily|weekly|monthly|yearly|rotate|maxage|include)\b\s*(\S*)")
_DAYS = {"hourly": 1, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}


def systemd_setting(place: str) -> Observed:
    """A setting of systemd's own programs, like ``journald.conf:Storage``; None where none is written."""
    file, _, key = place.partition(":")
    files = [f"{folder}/{file}" for folder in _SYSTEMD]
    found = next(filter(None, map(text_of, files)), None)
    if found is None:
        raise NotApplicable(f"there is no {file}")
    later = drop_ins(*(f"{path}.d" for path in files), suffix=".conf")
    values = [_assigned(text, key) for text in [found, *(text_of(path) or "" for path in later)]]
    return Observed(persistent=next((value for value in reversed(values) if value is not None), None))


def time_servers(_: None) -> Observed:
    """The servers and pools that chrony asks."""
    lines = [line for path in _CHRONY for line in _chrony(path, 0)]
    if not any(text_of(path) is not None for path in _CHRONY):
        return Observed(persistent=None)
    words = (line.split() for line in lines)
    return Observed(
        persistent=sorted({each[1] for each in words if each[0] in ("server", "pool", "peer") and each[1:]})
    )


def log_rotation(log: str) -> Observed:
    """How many days of a log file logrotate keeps, and how often it begins a new one."""
    lines = lines_of("/etc/logrotate.conf")
    if not lines:
        return Observed(persistent=None)
    common = _rotation(_outside_blocks(lines), {"days": None, "every": None})
    for path in ["/etc/logrotate.conf", *drop_ins("/etc/logrotate.d", suffix="")]:
        for names, block in re.findall(r"([^{}]*)\{([^{}]*)\}", "\n".join(lines_of(path))):
            if log in re.split(r"[\s\"']+", names):
                return Observed(persistent=_rotation(block.splitlines(), common))
    return Observed(persistent=common)


def log_targets(_: None) -> Observed:
    """Where rsyslog sends what it gets: ``host:port`` with ``tls`` or ``clear``."""
    found = []
    for text in _rsyslog():
        for action in re.findall(r'action\(([^)]*type="omfwd"[^)]*)\)', text, re.IGNORECASE):
            said = {key.lower(): value for key, value in re.findall(r'([\w.]+)="([^"]*)"', action)}
            secure = said.get("streamdriver", "") in ("gtls", "ossl") and said.get("streamdrivermode") == "1"
            found.append(f"{said.get('target')}:{said.get('port', '514')} {'tls' if secure else 'clear'}")
        for host, port in re.findall(r"^\S+\s+@{1,2}(?:\([^)]*\))?([^\s:;]+)(?::(\d+))?", text, re.MULTILINE):
            found.append(f"{host}:{port or '514'} clear")
    return Observed(persistent=sorted(found))


def log_authority(_: None) -> Observed:
    """The file of the authorities that rsyslog trusts to prove a collector; None if it names none."""
    found = [
        each
        for text in _rsyslog()
        for each in re.findall(r'defaultnetstreamdrivercafile="([^"]*)"', text, re.IGNORECASE)
    ]
    return Observed(persistent=found[-1] if found else None)


def mail_alias(name: str) -> Observed:
    """Who gets an account's mail; None if nobody else does."""
    for line in lines_of(_ALIASES):
        account, _, target = line.partition(":")
        if account.strip().strip('"').lower() == name:
            return Observed(persistent=target.strip() or None)
    return Observed(persistent=None)


def mail_listens(_: None) -> Observed:
    """The interfaces on which a mail server that is installed waits for mail."""
    postfix, exim = text_of("/etc/postfix/main.cf"), text_of("/etc/exim4/update-exim4.conf.conf")
    if postfix is not None:
        value = _assigned(postfix, "inet_interfaces") or "all"
        return Observed(persistent=re.split(r"[,\s]+", value))
    if exim is not None:
        value = (_assigned(exim, "dc_local_interfaces") or "").strip("'\"")
        return Observed(persistent=[each for each in re.split(r"[;\s]+", value) if each] or ["all"])
    raise NotApplicable("no mail server is installed")


def name_sources(database: str) -> Observed:
    """Where names are looked up (nsswitch.conf): sources in their order."""
    for line in lines_of("/etc/nsswitch.conf"):
        name, _, sources = line.partition(":")
        if name.strip() == database:
            return Observed(persistent=re.sub(r"\[[^\]]*\]", " ", sources.partition("#")[0]).split())
    return Observed(persistent=["files"])  # glibc's own default


def directory_setting(place: str) -> Observed:
    """A setting of what asks a directory (sssd, nslcd, ldap.conf), like ``/etc/nslcd.conf:tls_reqcert``."""
    path, _, key = place.partition(":")
    text = text_of(path)
    if text is None:
        raise NotApplicable(f"no directory is asked: there is no {path}")
    found = re.findall(rf"^[ \t]*{re.escape(key)}[ \t=]+(.*?)[ \t]*$", text, re.MULTILINE | re.IGNORECASE)
    return Observed(persistent=found[-1].lower() if found else None)


def virtualisation(key: str) -> Observed:
    """A setting of libvirt's driver of QEMU."""
    text = text_of("/etc/libvirt/qemu.conf")
    if text is None:
        raise NotApplicable("this host runs no virtual machines")
    value = _assigned(text, key)
    return Observed(persistent=value.strip('"') if value else None)


def _assigned(text: str, key: str) -> str | None:
    """The last value of ``key = value``."""
    found = re.findall(rf"^[ \t]*{re.escape(key)}[ \t]*=[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)
    return found[-1] if found else None


def _chrony(path: str, depth: int) -> list[str]:
    """Its lines, with those of the folders and files that it names."""
    found: list[str] = []
    for line in lines_of(path):
        words = line.split()
        if words[0] == "confdir" and depth == 0:
            found += [each for file in drop_ins(*words[1:], suffix=".conf") for each in _chrony(file, 1)]
        elif words[0] == "sourcedir" and depth == 0:
            found += [each for file in drop_ins(*words[1:], suffix=".sources") for each in _chrony(file, 1)]
        elif words[0] == "include" and depth == 0:
            matching = sorted(glob.glob(at(words[1]))) if words[1:] else []
            found += [each for file in matching for each in _chrony(file[len(observing.ROOT) :], 1)]
        else:
            found.append(line)
    return found


def _rotation(lines: list[str], common: dict[str, int | None]) -> dict[str, int | None]:
    kept: int | None = None
    every = common["every"]
    for said in filter(None, (_ROTATION.match(line.strip()) for line in lines)):
        if said[1] in _DAYS:
            every = _DAYS[said[1]]
        elif said[1] == "rotate" and re.fullmatch(r"-?\d+", said[2]):
            kept = int(said[2])
    times = kept if kept is not None else (common["days"] or 0) // (common["every"] or 1)
    return {"days": times * (every or 1), "every": every}


def _outside_blocks(lines: list[str]) -> list[str]:
    return re.sub(r"[^\n]*\{[^{}]*\}", "", "\n".join(lines)).splitlines()


@functools.cache
def _rsyslog() -> tuple[str, ...]:
    files = ["/etc/rsyslog.conf", *drop_ins("/etc/rsyslog.d", suffix=".conf")]
    return tuple("\n".join(lines_of(path)) for path in files)


PROBES = {
    "directory_setting": directory_setting,
    "log_authority": log_authority,
    "log_rotation": log_rotation,
    "log_targets": log_targets,
    "mail_alias": mail_alias,
    "mail_listens": mail_listens,
    "name_sources": name_sources,
    "systemd_setting": systemd_setting,
    "time_servers": time_servers,
    "virtualisation": virtualisation,
}
