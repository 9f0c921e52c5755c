"""Accounts of the people who may log in, and where the SSH server takes their keys from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ansible.module_utils.joliba.accounts import accounts, groups
from ansible.module_utils.joliba.observing import NotApplicable, Observed, lines_of, output
from ansible.module_utils.joliba.ssh_keys import opening_key

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_ROOT = ("no", "forced-commands-only")
_BY_OTHERS = ("authorizedkeyscommand", "trustedusercakeys")
_EXPIRY = 7  # field of shadow(5), in days since 1970
_NO_MEMBERS: tuple[int, tuple[str, ...]] = (0, ())


def people(argument: dict[str, str]) -> Observed:
    """The accounts in a group, each with its name, keys (kind and key) and whether it administers (another group)."""
    administrators = groups().get(argument["administrators"], _NO_MEMBERS)[1]
    return Observed(
        persistent=[
            {"name": name, "keys": _keys(name), "administrator": name in administrators}
            for name in _open(argument["group"])
        ]
    )


def people_keys_from(group: str) -> Observed:
    """Where sshd takes the keys of a group's accounts from: its files, a command, an authority."""
    members = _open(group)
    if not members:
        raise NotApplicable("nobody may log in")
    found = set()
    for name in members:
        settings = _sshd(name)
        found.update(settings.get("authorizedkeysfile", ".ssh/authorized_keys").split())
        found.update(_by_others(settings))
    return Observed(effective=sorted(found))


def shell_keys(names: list[str]) -> Observed:
    """Keys that open a shell of these accounts, each as kind and body, and what else says which do."""
    found: set[str] = set()
    for name in names:
        settings = _sshd(name)
        if name != "root" or settings.get("permitrootlogin") not in _NO_ROOT:
            found.update(filter(None, map(opening_key, _key_lines(name, settings))), _by_others(settings))
    return Observed(effective=sorted(found))


def _by_others(settings: dict[str, str]) -> list[str]:
    """A command and an authority that say which keys open an account."""
    return [f"{keyword} {settings[keyword]}" for keyword in _BY_OTHERS if settings.get(keyword, "none") != "none"]


def _open(group: str) -> list[str]:
    """Members of a group whose accounts are not closed (``usermod --expiredate 1``), which sshd honours through PAM."""
    rows = [line.split(":") for line in lines_of("/etc/shadow")]
    closed = {row[0] for row in rows if row[_EXPIRY : _EXPIRY + 1] == ["1"]}
    return [name for name in groups().get(group, _NO_MEMBERS)[1] if name not in closed]


def _keys(name: str) -> list[str]:
    return sorted({" ".join(line.split()[:2]) for line in _key_lines(name, _sshd(name))})


def _key_lines(name: str, settings: dict[str, str]) -> Iterator[str]:
    """What stands in the files where sshd looks for an account's keys."""
    home = next((each.home for each in accounts() if each.name == name), "/nonexistent")
    patterns = settings.get("authorizedkeysfile", ".ssh/authorized_keys").split()
    paths = (each.replace("%h", home).replace("%u", name).replace("%%", "%") for each in patterns)
    return (line for path in paths for line in lines_of(os.path.join(home, path)))


def _sshd(name: str) -> dict[str, str]:
    """The SSH server's settings for an account, as it evaluates them."""
    shown = output("sshd", "-T", "-C", f"user={name},host=localhost,addr=127.0.0.1")
    return {keyword: value for keyword, _, value in (line.partition(" ") for line in shown.splitlines())}


PROBES = {"people": people, "people_keys_from": people_keys_from, "shell_keys": shell_keys}
