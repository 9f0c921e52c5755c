"""People's accounts that open: which nobody uses, and which are nobody's that may log in."""

from __future__ import annotations

import functools
import os
import sqlite3
import struct
import time
from typing import Any

from ansible.module_utils.joliba.accounts import Account, groups, people
from ansible.module_utils.joliba.observing import Observed, Unmeasured, at, text_of

_DAY = 86400
_LASTLOG, _LASTLOG2 = "/var/log/lastlog", "/var/lib/lastlog/lastlog2.db"
_RECORD = struct.Struct("i32s256s")  # of lastlog(5): time, terminal, from where; at the account's number
_KEYS = ("{home}/.ssh/authorized_keys", "{home}/.ssh/authorized_keys2", "/etc/ssh/joliba-keys/{name}")
"""Where the SSH server looks for keys: by itself, and as B1 tells it to."""
_CHANGED, _EXPIRES = 2, 7  # fields of shadow(5), in days since 1970


def unused_accounts(asked: dict[str, Any]) -> Observed:
    """People's accounts that open by password or key, and that saw no login for so long.

    An account without any login counts from its password's last change: that of its creation, if there was no other.

    Args:
        asked: ``days``, and ``except``, the names of accounts that are used otherwise.
    """
    now, logins = time.time(), _logins()
    found = []
    for person in people():
        fields = _shadow().get(person.name, [])
        last = max(logins.get(person.name) or _at(person.uid), _days(fields, _CHANGED) * _DAY)
        if person.name not in asked["except"] and _opens(person) and now - last > asked["days"] * _DAY:
            found.append(person.name)
    return Observed(persistent=found)


def other_accounts(asked: dict[str, Any]) -> Observed:
    """People's accounts that open by password or key, and that are neither excepted nor in one of some groups.

    Args:
        asked: ``except``, names of accounts, and ``groups``, whose members may log in.
    """
    known = {*asked["except"], *(name for group in asked["groups"] for name in groups().get(group, (0, ()))[1])}
    return Observed(persistent=sorted(each.name for each in people() if each.name not in known and _opens(each)))


def _opens(person: Account) -> bool:
    if 0 < _days(_shadow().get(person.name, []), _EXPIRES) * _DAY <= time.time():
        return False
    if not person.locked:
        return True
    keys = (text_of(each.format(home=person.home, name=person.name)) for each in _KEYS)
    return any(
        line.strip() and not line.lstrip().startswith("#") for text in keys for line in (text or "").splitlines()
    )


def _logins() -> dict[str, float]:
    """Last logins by account, where lastlog2 keeps them; it is opened so that SQLite writes nothing."""
    if not os.path.exists(at(_LASTLOG2)):
        return {}
    try:
        database = sqlite3.connect(f"file:{at(_LASTLOG2)}?mode=ro&immutable=1", uri=True)
        try:
            return {str(name): float(when) for name, when in database.execute("SELECT Name, Time FROM Lastlog2")}
        finally:
            database.close()
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise Unmeasured(f"{_LASTLOG2}: {error}") from error


def _at(uid: int) -> float:
    """The last login by account's number, as lastlog(5) keeps it: a file with holes."""
    try:
        with open(at(_LASTLOG), "rb") as file:
            file.seek(uid * _RECORD.size)
            record = file.read(_RECORD.size)
    except FileNotFoundError as error:
        if os.path.exists(at(_LASTLOG2)):
            return 0
        raise Unmeasured(f"there is no {_LASTLOG}: nobody notes logins") from error
    except OSError as error:
        raise Unmeasured(f"{_LASTLOG}: {error.strerror}") from error
    return float(_RECORD.unpack(record)[0]) if len(record) == _RECORD.size else 0


@functools.cache
def _shadow() -> dict[str, list[str]]:
    return {line.split(":")[0]: line.split(":") for line in (text_of("/etc/shadow") or "").splitlines()}


def _days(fields: list[str], which: int) -> int:
    return int(fields[which]) if len(fields) > which and fields[which].isdigit() else 0


PROBES = {"other_accounts": other_accounts, "unused_accounts": unused_accounts}
