"""PAM's stacks, evaluated as libpam does: includes, order, control values, jumps (pam.conf(5))."""

from __future__ import annotations

import functools
import os
import re
from typing import Any, NamedTuple

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, drop_ins, lines_of, text_of

_CONTROLS = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}
_LINE = re.compile(r"(-?\w+)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)")
_ARGUMENT = re.compile(r"\[(?:\\.|[^\]])*\]|\S+")
_DEEPEST = 16  # includes in includes
_REFUSE = {"pam_deny.so", "pam_rootok.so"}  # of a person who is not root; the others would let in


class Entry(NamedTuple):
    """One module of a stack."""

    control: dict[str, str]
    module: str
    arguments: tuple[str, ...]
    stack: tuple[Entry, ...] = ()  # of a substack, in the place of a module


class Outcome(NamedTuple):
    """How a stack ended, and the modules that were asked until then."""

    success: bool
    asked: tuple[Entry, ...]


@functools.cache
def stack(service: str, kind: str) -> tuple[Entry, ...]:
    """A service's modules of one kind (``auth``, ``account``, ``password``, ``session``), includes filled in.

    Raises:
        NotApplicable: there is no such service.
        Unmeasured: includes go round in circles.
    """
    if text_of(f"/etc/pam.d/{service}") is None:
        raise NotApplicable(f"PAM knows no service {service}")
    return tuple(_entries(service, kind, 0))


def _entries(service: str, kind: str, depth: int) -> list[Entry]:
    if depth > _DEEPEST:
        raise Unmeasured(f"PAM: {service} includes itself")
    text = (text_of(f"/etc/pam.d/{os.path.basename(service)}") or "").replace("\\\n", " ")
    found: list[Entry] = []
    for line in (line.partition("#")[0].strip() for line in text.splitlines()):
        said = _LINE.fullmatch(line)
        if line.startswith("@include"):
            found += _entries(line.split()[-1], kind, depth + 1)
        elif said and said[1].lstrip("-").lower() == kind:
            control, module = said[2], os.path.basename(said[3])
            if control == "include":
                found += _entries(module, kind, depth + 1)
            elif control == "substack":
                found.append(Entry({}, "", (), tuple(_entries(module, kind, depth + 1))))
            else:
                found.append(Entry(_control(control), module, tuple(_ARGUMENT.findall(said[4]))))
    return found


def _control(text: str) -> dict[str, str]:
    if text.startswith("["):
        pairs = (pair.partition("=") for pair in text[1:-1].split())
        return {value: action for value, _, action in pairs}
    return _CONTROLS.get(text.lower(), {"default": "bad"})  # libpam: an unknown word is a module that fails


def outcome(entries: tuple[Entry, ...], refusing: str = "", argument: str = "") -> Outcome:
    """How a stack ends if one module refuses and the others that can do not.

    Args:
        entries: the stack.
        refusing: that module; with ``argument`` only where it has this one.
        argument: like ``preauth``.
    """
    good: bool | None = None  # libpam's impression
    asked: list[Entry] = []
    place = 0
    while place < len(entries):
        entry = entries[place]
        place += 1
        if entry.stack:
            inner = outcome(entry.stack, refusing, argument)
            asked += inner.asked
            good = False if not inner.success else True if good is None else good
            continue
        asked.append(entry)
        refuses = entry.module in _REFUSE or (
            entry.module == refusing and (not argument or argument in entry.arguments)
        )
        action = entry.control.get("auth_err" if refuses else "success", entry.control.get("default", "bad"))
        if action.isdigit():
            place += int(action)
        elif action in ("ok", "done"):
            good = (not refuses) if good is None else good
            if good and action == "done":
                break
        elif action in ("bad", "die"):
            good = False
            if action == "die":
                break
        elif action == "reset":
            good = None
    return Outcome(bool(good), tuple(asked))


def unchecked(argument: dict[str, Any]) -> Observed:
    """Services that go on although a module refuses: it is missing, optional, or jumped over.

    The argument has ``kind``, ``module``, ``services``, and ``with`` if only the module with that argument counts.
    """
    kind, module, wanted = argument["kind"], argument["module"], argument.get("with", "")
    return Observed(
        effective=[
            service for service in _known(argument["services"]) if outcome(stack(service, kind), module, wanted).success
        ]
    )


def uncalled(argument: dict[str, Any]) -> Observed:
    """Services in which a module is never asked; ``refusing`` names one that refuses before, like ``pam_unix.so``."""
    kind, module, wanted = argument["kind"], argument["module"], argument.get("with", "")
    return Observed(
        effective=[
            service
            for service in _known(argument["services"])
            if not any(
                each.module == module and (not wanted or wanted in each.arguments)
                for each in outcome(stack(service, kind), argument.get("refusing", "")).asked
            )
        ]
    )


def setting(argument: dict[str, Any]) -> Observed:
    """A module's setting: its argument if it has one, else its configuration file's; None if it is not asked.

    The argument has ``kind``, ``module``, ``service``, ``key``, and ``file`` if the module reads one: files of
    ``<file>.d`` come first, and it wins.
    """
    asked = outcome(stack(argument["service"], argument["kind"])).asked
    calls = [each.arguments for each in asked if each.module == argument["module"]]
    if not calls:
        return Observed(effective=None)
    key, found = argument["key"], None
    if "file" in argument:
        for path in [*drop_ins(f"{argument['file']}.d", suffix=".conf"), argument["file"]]:
            found = _values(lines_of(path)).get(key, found)
    for arguments in calls:
        found = _values(arguments).get(key, found)
    return Observed(effective=found)


def _values(said: Any) -> dict[str, str]:  # noqa: ANN401  lines or arguments
    """``key=value``, ``key = value``; a key alone is ``yes``."""
    pairs = (each.partition("=") for each in said)
    return {key.strip(): value.partition("#")[0].strip() if equals else "yes" for key, equals, value in pairs}


def _known(services: list[str]) -> list[str]:
    known = [service for service in services if text_of(f"/etc/pam.d/{service}") is not None]
    if not known:
        raise NotApplicable(f"PAM knows none of {', '.join(services)}")
    return known


PROBES = {"pam_unchecked": unchecked, "pam_uncalled": uncalled, "pam_setting": setting}
