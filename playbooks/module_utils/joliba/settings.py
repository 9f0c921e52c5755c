"""Settings of programs, from their files and drop-ins as each of them reads them."""

from __future__ import annotations

import glob
import os
import re

from ansible.module_utils.joliba import observing
from ansible.module_utils.joliba.observing import NotApplicable, Observed, at, drop_ins, lines_of, text_of

_SYSTEMD = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")
_CHRONY = ("/etc/chrony/chrony.conf", "/etc/chrony.conf")
_ALIASES = "/etc/aliases"
_POSTFIX, _EXIM = "/etc/postfix/main.cf", "/etc/exim4/update-exim4.conf.conf"
_SENDMAIL = "/usr/sbin/sendmail"  # every mail server has it; settings outlive theirs, and aliases come without one


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


def mail_alias(name: str) -> Observed:
    """Who gets an account's mail; None if nobody else does."""
    _mail_server()
    for line in lines_of(_ALIASES):
        account, _, target = line.partition(":")
        if account.strip().strip('"').lower() == name:
            return Observed(persistent=target.strip() or None)
    return Observed(persistent=None)


def mail_listens(_: None) -> Observed:
    """The interfaces on which a mail server that is installed waits for mail."""
    _mail_server()
    postfix, exim = text_of(_POSTFIX), text_of(_EXIM)
    if postfix is not None:
        value = _assigned(postfix, "inet_interfaces") or "all"
        return Observed(persistent=re.split(r"[,\s]+", value))
    if exim is not None:
        value = (_assigned(exim, "dc_local_interfaces") or "").strip("'\"")
        return Observed(persistent=[each for each in re.split(r"[;\s]+", value) if each] or ["all"])
    raise NotApplicable("no mail server is installed")


def _mail_server() -> None:
    if not os.path.exists(at(_SENDMAIL)):
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


PROBES = {
    "directory_setting": directory_setting,
    "mail_alias": mail_alias,
    "mail_listens": mail_listens,
    "name_sources": name_sources,
    "systemd_setting": systemd_setting,
    "time_servers": time_servers,
    "virtualisation": virtualisation,
}
