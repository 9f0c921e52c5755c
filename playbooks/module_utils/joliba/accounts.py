"""Accounts and groups of this host: who may log in, with which password, and under which rules."""

from __future__ import annotations

import functools
import glob
import os
from collections import defaultdict
from typing import Any, NamedTuple

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, at, lines_of, text_of

_WITHOUT_LOGIN = {"nologin", "false", "sync", "halt", "shutdown"}  # programs that, as a shell, give none
_NOBODY = 65534
_IN_SHADOW = "x"


class Account(NamedTuple):
    """A line of passwd, with its password's field of shadow (empty: none is asked for)."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    password: str
    longest: str  # days until the password must be renewed

    @property
    def locked(self) -> bool:
        """Whether no password opens it: no hash is ever ``!…`` or ``*``."""
        return self.password.startswith(("!", "*"))

    @property
    def logs_in(self) -> bool:
        """Whether its shell lets anyone work; without one it is sh."""
        return os.path.basename(self.shell or "/bin/sh") not in _WITHOUT_LOGIN


@functools.cache
def accounts() -> tuple[Account, ...]:
    """Accounts of /etc/passwd; broken lines are no accounts, as for the C library."""
    shadow = {fields[0]: fields for fields in _fields("/etc/shadow", least=2)}
    found = []
    for name, own, uid, gid, _, home, shell in _fields("/etc/passwd", least=7):
        if uid.isdigit() and gid.isdigit():
            fields = shadow.get(name, []) if own == _IN_SHADOW else [name, own]
            hashed = fields[1] if len(fields) > 1 else "!"
            longest = fields[4] if len(fields) > 4 else ""  # noqa: PLR2004  shadow(5)
            found.append(Account(name, int(uid), int(gid), home, shell, hashed, longest))
    if not found:
        raise Unmeasured("/etc/passwd: no accounts")
    return tuple(found)


@functools.cache
def groups() -> dict[str, tuple[int, tuple[str, ...]]]:
    """Groups of /etc/group: number and members, those of whom it is the first group included."""
    first = defaultdict(list)
    for account in accounts():
        first[account.gid].append(account.name)
    return {
        name: (int(gid), tuple(sorted({*first[int(gid)], *filter(None, members.split(","))})))
        for name, _, gid, members in _fields("/etc/group", least=4)
        if gid.isdigit()
    }


@functools.cache
def login_definitions() -> dict[str, str]:
    """Values of /etc/login.defs."""
    pairs = (line.split(None, 1) for line in lines_of("/etc/login.defs"))
    return {pair[0]: pair[1].strip() for pair in pairs if len(pair) > 1}


def people() -> list[Account]:
    """Accounts of people: numbers from UID_MIN, and a shell."""
    least = int(login_definitions().get("UID_MIN", "1000"))
    return [each for each in accounts() if each.uid >= least and each.uid != _NOBODY and each.logs_in]


def services() -> list[Account]:
    """Accounts of the system and its services: all but root's and people's."""
    least = int(login_definitions().get("UID_MIN", "1000"))
    return [each for each in accounts() if 0 < each.uid < least or each.uid == _NOBODY]


def _fields(path: str, least: int) -> list[list[str]]:
    lines = (text_of(path) or "").splitlines()
    split = [line.split(":") for line in lines if line and line[0] not in "#+-"]
    return [fields[:least] if least > 2 else fields for fields in split if len(fields) >= least]  # noqa: PLR2004


def _sharing_numbers() -> list[str]:
    by_uid = defaultdict(list)
    for account in accounts():
        by_uid[account.uid].append(account.name)
    return [f"{uid}: {' '.join(names)}" for uid, names in sorted(by_uid.items()) if len(names) > 1]


def _sharing_services() -> list[str]:
    """System accounts under which more than one running service works, root's apart."""
    names = {account.uid: account.name for account in services()}
    working = defaultdict(set)
    for folder in glob.glob(at("/proc/[0-9]*")):
        try:
            uid = os.stat(folder).st_uid
            with open(f"{folder}/cgroup", encoding="utf-8") as groups_of_it:
                unit = groups_of_it.read().strip().rpartition("/")[2]
        except OSError:
            continue  # it ended meanwhile
        if uid in names and unit.endswith(".service"):
            working[names[uid]].add(unit)
    return [f"{name}: {' '.join(sorted(units))}" for name, units in sorted(working.items()) if len(units) > 1]


_QUESTIONS = {
    "services-that-log-in": lambda: [each.name for each in services() if each.logs_in],
    "services-with-password": lambda: [each.name for each in services() if not each.locked],
    "without-password": lambda: [each.name for each in accounts() if not each.password],
    "roots": lambda: [each.name for each in accounts() if each.uid == 0],
    "sharing-numbers": _sharing_numbers,
    "sharing-services": _sharing_services,
}


def named(asked: dict[str, Any]) -> Observed:
    """The accounts ``of`` which something is said, one of ``_QUESTIONS``, less those that are named as ``but``."""
    found = [name for name in _QUESTIONS[asked["of"]]() if name not in asked.get("but", ())]
    return Observed(effective=found) if asked["of"] == "sharing-services" else Observed(persistent=found)


def password_of(name: str) -> Observed:
    """``locked``, ``empty`` or ``set``: whether a password opens an account."""
    account = _account(name)
    return Observed(persistent="locked" if account.locked else "set" if account.password else "empty")


def password_days(name: str) -> Observed:
    """Days until an account's password must be renewed."""
    return Observed(persistent=_account(name).longest or None)


def login_definition(key: str) -> Observed:
    """A value of /etc/login.defs."""
    return Observed(persistent=login_definitions().get(key))


def group_members(name: str) -> Observed:
    """Members of a group; None if there is no such group."""
    found = groups().get(name)
    return Observed(persistent=None if found is None else list(found[1]))


def _account(name: str) -> Account:
    for account in accounts():
        if account.name == name:
            return account
    raise NotApplicable(f"there is no account {name}")


PROBES = {
    "accounts": named,
    "password_of": password_of,
    "password_days": password_days,
    "login_definition": login_definition,
    "group_members": group_members,
}
