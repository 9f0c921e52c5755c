"""Accounts that nobody uses and that still open."""

import sqlite3
import struct
import time

import pytest
from ansible.module_utils.joliba import accounts, dormancy, observing
from ansible.module_utils.joliba.dormancy import unused_accounts
from ansible.module_utils.joliba.observing import Unmeasured

ASKED = {"days": 90, "except": ["automate"]}
DAY = 86400
LONG_AGO = int(time.time() / DAY) - 400


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A host with awa (1000), automate (1001) and a service; ``machine(path, text)`` writes a file."""
    monkeypatch.setattr(observing, "ROOT", str(tmp_path))

    def forget():
        for cached in (accounts.accounts, accounts.groups, accounts.login_definitions, dormancy._shadow):
            cached.cache_clear()

    def write(path, text):
        forget()
        file = tmp_path / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text) if isinstance(text, str) else file.write_bytes(text)

    write(
        "/etc/passwd",
        "root:x:0:0::/root:/bin/bash\nawa:x:1000:1000::/home/awa:/bin/bash\n"
        "automate:x:1001:1001::/home/automate:/bin/bash\nwww:x:33:33::/var/www:/usr/sbin/nologin\n",
    )
    write("/var/log/lastlog", b"")
    yield write
    forget()


def shadow(hashed="$y$hash", changed=LONG_AGO, expires=""):
    return f"root:*:1::::::\nawa:{hashed}:{changed}:0:99999:7::{expires}:\nautomate:$y$h:{LONG_AGO}:0:99999:7:::\n"


def lastlog(uid, when):
    return b"\0" * (uid * 292) + struct.pack("i32s256s", int(when), b"pts/0", b"10.0.0.1")


def test_an_account_that_nobody_used_for_long_is_named(machine):
    machine("/etc/shadow", shadow())
    machine("/var/log/lastlog", lastlog(1000, time.time() - 100 * DAY))

    assert unused_accounts(ASKED).persistent == ["awa"]


def test_an_account_that_was_used_lately_is_not(machine):
    machine("/etc/shadow", shadow())
    machine("/var/log/lastlog", lastlog(1000, time.time() - 80 * DAY))

    assert unused_accounts(ASKED).persistent == []


def test_a_new_account_has_time_for_its_first_login(machine):
    machine("/etc/shadow", shadow(changed=int(time.time() / DAY) - 5))

    assert unused_accounts(ASKED).persistent == []


def test_an_account_that_has_expired_does_not_open(machine):
    machine("/etc/shadow", shadow(expires="1"))
    assert unused_accounts(ASKED).persistent == []

    machine("/etc/shadow", shadow(expires=str(int(time.time() / DAY) + 5)))
    assert unused_accounts(ASKED).persistent == ["awa"]


def test_a_locked_account_opens_only_by_a_key(machine):
    machine("/etc/shadow", shadow(hashed="!"))
    machine("/home/awa/.ssh/authorized_keys", "# old\n\n")
    assert unused_accounts(ASKED).persistent == []

    machine("/home/awa/.ssh/authorized_keys", "ssh-ed25519 AAAA awa\n")
    assert unused_accounts(ASKED).persistent == ["awa"]


def test_lastlog2_is_read_and_not_written(machine, tmp_path):
    machine("/etc/shadow", shadow())
    (tmp_path / "var/log/lastlog").unlink()
    kept = tmp_path / "var/lib/lastlog/lastlog2.db"
    kept.parent.mkdir(parents=True)
    with sqlite3.connect(kept) as database:
        database.execute("CREATE TABLE Lastlog2 (Name TEXT PRIMARY KEY, Time INTEGER)")
        database.execute("INSERT INTO Lastlog2 VALUES ('awa', ?)", (int(time.time()),))
    database.close()

    assert unused_accounts(ASKED).persistent == []
    assert [each.name for each in kept.parent.iterdir()] == ["lastlog2.db"]

    kept.write_bytes(b"no database" * 100)
    with pytest.raises(Unmeasured):
        unused_accounts(ASKED)


def test_without_any_note_of_logins_nothing_is_measured(machine, tmp_path):
    machine("/etc/shadow", shadow())
    (tmp_path / "var/log/lastlog").unlink()

    with pytest.raises(Unmeasured, match="lastlog"):
        unused_accounts(ASKED)


def test_a_key_that_joliba_gave_opens_too(machine):
    machine("/etc/shadow", shadow("!"))
    assert unused_accounts(ASKED).persistent == []

    machine("/etc/ssh/joliba-keys/awa", "ssh-ed25519 A\n")
    assert unused_accounts(ASKED).persistent == ["awa"]
