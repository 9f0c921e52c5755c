"""sudo's rules, as sudo's own ``cvtsudoers`` reads them with all that they include. sudo reads them at every call."""

from __future__ import annotations

import functools
import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible.module_utils.joliba.accounts import groups
from ansible.module_utils.joliba.observing import Observed, Unmeasured, output

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIXES = {"usergroup": "%", "netgroup": "+", "userid": "#", "usergid": "%#"}
_BINDINGS = {"hostname": "host ", "command": "command ", "runasuser": "as "}
_EDITORS = {"ed", "ex", "emacs", "joe", "mcedit", "nano", "nvim", "pico", "vi", "view", "vim", "vim.tiny"}
_ROOT = {"root", "ALL", "#0"}


class Permission(NamedTuple):
    """One command that a rule gives: to whom, as whom, with which tags."""

    users: tuple[str, ...]
    targets: tuple[str, ...]
    command: str
    negated: bool
    tags: dict[str, Any]

    def __str__(self) -> str:
        """For people: ``%admin as ALL: /bin/ls``."""
        return f"{','.join(self.users)} as {','.join(self.targets)}: {'!' if self.negated else ''}{self.command}"


@functools.cache
def _sudoers() -> dict[str, Any]:
    text = output("cvtsudoers", "-e", "-f", "json", "/etc/sudoers")
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise Unmeasured(f"cvtsudoers: {error}") from error
    return found if isinstance(found, dict) else {}


def _name(said: dict[str, Any]) -> str:
    """A user, group or host of a list: ``%group``, ``#1000``, ``!name``."""
    ((kind, name),) = ((kind, name) for kind, name in said.items() if kind != "negated")
    return f"{'!' if said.get('negated') else ''}{_PREFIXES.get(kind, '')}{name}"


def default(name: str) -> Observed:
    """An option of ``Defaults``: its value for everyone, and who is excepted (``everyone``, ``except``).

    Of two lines the later one counts, except that those for commands are applied last (sudoers(5)).
    """
    everyone: Any = None
    excepted: dict[str, Any] = {}
    for entry in _sudoers().get("Defaults", []):
        for option in (option for option in entry.get("Options", []) if name in option):
            if "Binding" not in entry:
                everyone = option[name]
                excepted = {who: value for who, value in excepted.items() if who.startswith(_BINDINGS["command"])}
            for bound in entry.get("Binding", []):
                ((kind, _),) = ((kind, value) for kind, value in bound.items() if kind != "negated")
                excepted[f"{_BINDINGS.get(kind, '')}{_name(bound)}"] = option[name]
    return Observed(
        effective={"everyone": everyone, "except": sorted(who for who, value in excepted.items() if value != everyone)}
    )


def _permissions() -> Iterator[Permission]:
    """What rules give to somebody who exists: root, and groups that nobody is in, are left out."""
    defaults = default("runas_default").effective["everyone"] or "root"
    for spec in _sudoers().get("User_Specs", []):
        users = tuple(each for each in map(_name, spec.get("User_List", [])) if each not in ("root", "#0"))
        users = tuple(each for each in users if not each.startswith("%") or groups().get(each[1:], (0, ("?",)))[1])
        for given in spec.get("Cmnd_Specs", []) if users else []:
            targets = tuple(map(_name, given.get("runasusers", []))) or (
                ("themselves",) if given.get("runasgroups") else (defaults,)
            )
            tags = {key: value for option in given.get("Options", []) for key, value in option.items()}
            for command in given.get("Commands", []):
                said = str(command.get("command", "ALL"))
                yield Permission(users, targets, said, bool(command.get("negated")), tags)


_QUESTIONS = {
    "as-root": lambda each: not each.negated and bool(_ROOT & set(each.targets)),
    "exec": lambda each: each.tags.get("noexec") is False,
    "negations": lambda each: each.negated,
    "any-arguments": lambda each: not each.negated and " " not in each.command.strip(),
    "editors": lambda each: os.path.basename(each.command.partition(" ")[0]) in _EDITORS,
}


def rules(argument: dict[str, Any]) -> Observed:
    """Permissions of which something is so (``question``, one of ``_QUESTIONS``).

    Args:
        argument: ``question``, and either ``except``, users whose permissions do not count, or ``only``, the users
            whose permissions count.
    """
    asks = _QUESTIONS[argument["question"]]
    only, excepted = set(argument.get("only", [])), set(argument.get("except", []))
    found = [
        each
        for each in _permissions()
        if asks(each) and not set(each.users) <= excepted and (not only or only & set(each.users))
    ]
    return Observed(effective=[str(each) for each in found])


PROBES = {"sudo_default": default, "sudo_rules": rules}
