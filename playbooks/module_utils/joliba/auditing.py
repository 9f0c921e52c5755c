"""What the kernel records for auditd: the loaded rules, and those of the files that ``augenrules`` merges."""

from __future__ import annotations

import functools
import re

from ansible.module_utils.joliba.observing import NotApplicable, Observed, drop_ins, lines_of, output
from ansible.module_utils.joliba.walk import paths

_FOLDER = "/etc/audit/rules.d"
_LISTS = ("task", "exit", "user", "exclude", "filesystem")  # written after "always" or "never"
_UNSET = re.compile(r"^(auid|uid|euid|loginuid)(!?=)(4294967295|unset)$")
_EXECUTION = re.compile(r"^-a always,exit -F path=(\S+) -F perm=x -F auid>=1000 -F auid!=unset")
_NUMBER = re.compile(r"^(a[0-3])(!?=)(0x[0-9a-f]+|[0-9]+)$")


def audit_rules(key: str) -> Observed:
    """The rules that record under a key, as `canonical` spells them, without it."""
    return Observed(*(_under(lines, key) for lines in (_loaded(), _filed())))


def audit_privileged(_: None) -> Observed:
    """Programs that lend their owner's or group's rights, and whose use by people is not recorded."""
    programs = sorted({path for kind in ("setuid", "setgid") for path in paths(kind)})

    def unrecorded(lines: tuple[str, ...]) -> list[str]:
        recorded = {said[1] for said in map(_EXECUTION.search, lines) if said}
        return [path for path in programs if path not in recorded]

    return Observed(unrecorded(_loaded()), unrecorded(_filed()))


def audit_exclusions(_: None) -> Observed:
    """Rules that keep activity out of the record: on the list ``exclude`` all do, whatever they say they do."""
    kept_out = re.compile(r"-[aA] \S*(never|exclude)")
    return Observed(*([line for line in lines if kept_out.match(line)] for lines in (_loaded(), _filed())))


def audit_enabled(_: None) -> Observed:
    """0: off, 1: on, 2: on and locked until the next start."""
    try:
        said = dict(line.split(" ", 1) for line in output("auditctl", "-s").splitlines() if " " in line)
    except NotApplicable:
        return Observed(None, None)
    locks = [line.split()[1] for line in _filed() if line.startswith("-e ")]
    return Observed(said.get("enabled"), locks[-1] if locks else "1")


def canonical(line: str) -> str:
    """A rule in one spelling, whoever wrote it: ``auditctl -l`` prints in another way than people write.

    Syscalls are sorted and in one list, unset is ``unset``, a key is ``-k``, and a watched folder ends in ``/`` where
    its name says that it is one (``.d``).
    """
    words = iter(line.split())
    told, syscalls, key = [], set(), ""
    for word in words:
        operand = next(words, "") if re.fullmatch(r"-[a-zA-Z]", word) else ""
        if word == "-S":
            syscalls.update(each for each in operand.split(",") if each != "all")
        elif word == "-k" or (word == "-F" and operand.startswith("key=")):
            key = f" -k {operand[4:] if word == '-F' else operand}"
        elif word in ("-a", "-A"):
            told.append(f"{word} {','.join(sorted(operand.split(','), key=_LISTS.__contains__))}")
        elif word == "-w":
            folder = operand.rstrip("/")
            told.append(f"-w {folder}/" if folder.endswith(".d") else f"-w {folder}")
        elif word == "-p":
            told.append(f"-p {''.join(sorted(operand, key='rwxa'.index))}")
        else:
            told.append(f"{word} {_field(operand)}".strip())
    if syscalls:
        place = next((i for i, each in enumerate(told) if each.startswith("-F arch=")), 0) + 1
        told.insert(place, f"-S {','.join(sorted(syscalls))}")
    return " ".join(told) + key


def _field(operand: str) -> str:
    unset, number = _UNSET.match(operand), _NUMBER.match(operand)
    if unset or re.match(r"^auid!?=-1$", operand):
        return re.sub(r"=.*", "=unset", operand)
    return f"{number[1]}{number[2]}{int(number[3], 0)}" if number else operand


def _under(lines: tuple[str, ...], key: str) -> list[str]:
    ending = f" -k {key}"
    return [line[: -len(ending)] for line in lines if line.endswith(ending)]


@functools.cache
def _loaded() -> tuple[str, ...]:
    try:
        lines = output("auditctl", "-l").splitlines()
    except NotApplicable:
        return ()  # without auditd nothing is recorded: a finding
    return tuple(canonical(line) for line in lines if line.startswith("-"))


@functools.cache
def _filed() -> tuple[str, ...]:
    lines = (line for path in drop_ins(_FOLDER, suffix=".rules") for line in lines_of(path))
    return tuple(canonical(line) for line in lines if line.startswith("-"))


PROBES = {
    "audit_enabled": audit_enabled,
    "audit_exclusions": audit_exclusions,
    "audit_privileged": audit_privileged,
    "audit_rules": audit_rules,
}
