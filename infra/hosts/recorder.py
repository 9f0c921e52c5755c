"""What Ansible tells of a run over hosts, made into their records.

A host's answers are whatever root there wants them to be: one that no module of ours gives is that host's failure.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from infra.hosts.answers import fit
from infra.hosts.catalogue import Danger, read_catalogue
from infra.hosts.inventory import Host
from infra.hosts.record import NOT_YET, Assessment, HostRecord, Kind, RuleVerdict, Verdict
from infra.wording import language, say_in

_AUDIT = "joliba_audit"
_RESTORE = "joliba_restore_point"
_LONGEST_PROBLEM = 500
_TASK_ENDS = ("runner_on_ok", "runner_on_skipped", "runner_on_failed", "runner_on_unreachable")
_STOPPED = "the run was stopped before it was done here"
_MALFORMED = "its answer is malformed"
_NOT_OURS = (LookupError, TypeError, AttributeError, ValueError)
"""What an answer raises that has another shape than ours."""
_MOST_OUTCOMES = 100
_SUBJECTS = {
    "files": "files",
    "firewall": "firewall tables",
    "units": "units",
    "audit": "audit rules",
    "kernel": "kernel settings",
    "packages": "packages",
    "homes": "homes",
    "steps": "steps that failed",
}
"""What a host puts back; it may know subjects of another release."""

Watcher = Callable[[str, str | None], None]
"""Told of each host what is done there now; empty: it waits for others of its ring; None: its work is over."""


class Recorder:
    """Makes records of Ansible's events."""

    def __init__(self, hosts: Mapping[str, Host], kind: Kind, watch: Watcher, *, check: bool = False) -> None:
        self._hosts, self._kind, self._watch, self._check = hosts, kind, watch, check
        self._audits: dict[str, list[dict[str, Any]]] = {name: [] for name in hosts}
        self._problems: dict[str, str] = {}
        self._touched: set[str] = set()
        self._dark: set[str] = set()
        self._failed: set[str] = set()
        self._begun: dict[str, datetime] = {}
        self._ended: dict[str, datetime] = {}
        self.notes: list[str] = []

    def event(self, event: Mapping[str, Any]) -> None:
        """Take note of one of Ansible's events."""
        data, kind = event.get("event_data") or {}, event["event"]
        name = str(data.get("host"))
        now = datetime.now(UTC)
        if name in self._hosts:
            self._begun.setdefault(name, now)
            self._touched.add(name)
            try:
                if not self._over(name):
                    self._ended[name] = now
                self._of_host(kind, name, data)
                self._tell(kind, name, data)
            except _NOT_OURS:
                self._malformed(name)
        elif kind == "playbook_on_stats":
            self._failed |= {each for each, count in (data.get("failures") or {}).items() if count}
            self._dark |= {each for each, count in (data.get("dark") or {}).items() if count}
        elif kind in ("error", "deprecated"):
            self.notes.append(event.get("stdout", "")[:_LONGEST_PROBLEM])

    def printed(self, line: str) -> None:
        """Take note of why Ansible did not begin; once hosts were asked it may be one of them that says so."""
        if "ERROR" in line and not self._begun:
            self.notes.append(line[:_LONGEST_PROBLEM])

    def _of_host(self, kind: str, name: str, data: Mapping[str, Any]) -> None:
        result = data.get("res") or {}
        if kind == "runner_on_ok" and data.get("task_action") == _AUDIT and "verdicts" in result:
            self._audits[name].append(result)
            if self._check and self._kind is Kind.HARDEN:
                self.notes += _would_remedy(name, result["recommendations"])
        elif kind == "runner_on_ok" and data.get("task_action") == _RESTORE and "outcomes" in result:
            self.notes += _put_back(name, result["outcomes"], check=self._check)
        elif kind == "runner_on_ok" and data.get("task_action") == _RESTORE and result.get("left_out"):
            self.notes.append(_left_out(name, result["left_out"]))
        elif kind == "runner_on_unreachable":
            self._dark.add(name)
            self._problems[name] = _problem(result)
        elif kind == "runner_on_failed" and not data.get("ignore_errors"):
            told, before = f"{data.get('task', '')}: {_problem(result)}", self._problems.get(name, "")
            self._problems[name] = told if before in told else f"{before}; {told}"

    def _malformed(self, name: str) -> None:
        """A host says what no module of ours does: that is its failure, and no other host's."""
        self._failed.add(name)
        self._problems[name] = _MALFORMED
        self._watch(name, None)

    def _tell(self, kind: str, name: str, data: Mapping[str, Any]) -> None:
        """Say what is done on a host. Where its work is over Ansible still skips tasks; a failure may have a rescue."""
        if kind == "runner_on_start" and not self._over(name):
            self._watch(name, str(data.get("task", "")))
        elif kind in _TASK_ENDS:
            failed = kind == "runner_on_failed" and not data.get("ignore_errors")
            self._watch(name, None if failed or self._over(name) else "")

    def _over(self, name: str) -> bool:
        return name in self._dark or self._looked_at(name)

    def records(self) -> list[HostRecord]:
        """One of each host."""
        return [self._record(host) for host in self._hosts.values()]

    def _record(self, host: Host) -> HostRecord:
        try:
            return self._understood(host)
        except _NOT_OURS:
            return replace(unseen(host), assessment=Assessment.FAILED, problem=_MALFORMED)

    def _understood(self, host: Host) -> HostRecord:
        audits = self._audits[host.name]
        verdicts = tuple(_verdict(each) for each in audits[-1]["verdicts"]) if audits else ()
        failed = (
            {each["rule"] for each in audits[0]["verdicts"] if each["verdict"] == Verdict.FAIL} if audits else set()
        )
        passed = {each.rule for each in verdicts if each.verdict is Verdict.PASS}
        begun, assessment = self._begun.get(host.name), self._assessment(host.name)
        return replace(
            unseen(host),
            os=str(audits[-1].get("os", "")) if audits else "",
            assessment=assessment,
            problem=self._problems.get(host.name, _STOPPED if assessment is Assessment.FAILED else ""),
            verdicts=verdicts,
            changed=tuple(sorted(failed & passed)),
            reboot_needed=any(each.why == NOT_YET and _boots(each.rule) for each in verdicts),
            seconds=round((self._ended[host.name] - begun).total_seconds(), 1) if begun else 0.0,
        )

    def _assessment(self, name: str) -> Assessment:
        if name in self._dark:
            return Assessment.UNREACHABLE
        if name not in self._touched:
            return Assessment.NOT_STARTED
        if name in self._failed or not self._looked_at(name):
            return Assessment.FAILED
        return Assessment.ASSESSED

    def _looked_at(self, name: str) -> bool:
        """Whether what was seen last is what the run has left: a hardening that remedies something looks again."""
        audits = self._audits[name]
        if self._kind is Kind.HARDEN and not self._check and audits and audits[0]["recommendations"]:
            return len(audits) > 1
        return bool(audits)


def unseen(host: Host) -> HostRecord:
    """A host of which nothing is known yet."""
    return HostRecord(
        name=host.name,
        site=host.site,
        tenant=host.tenant,
        ministry=host.ministry,
        platform=host.platform,
        tier=host.tier,
        role=host.role,
        level=host.level,
        assessment=Assessment.NOT_STARTED,
    )


def _boots(rule: str) -> bool:
    """Whether a rule's remedy may wait for a boot; a host may know rules of another release."""
    return (known := read_catalogue().rules.get(rule)) is not None and known.danger is Danger.REBOOT


def _verdict(plain: Mapping[str, Any]) -> RuleVerdict:
    return RuleVerdict(**{**plain, "verdict": Verdict(plain["verdict"])})


def _would_remedy(host: str, recommendations: list[dict[str, Any]]) -> list[str]:
    """What a dry run of hardening says of a host."""
    numbers = ", ".join(each["number"] for each in recommendations)
    told = say_in(language(), "{host}: {numbers} would be remedied", host=host, numbers=numbers)
    return [told[:_LONGEST_PROBLEM]] if numbers else []


def _put_back(host: str, outcomes: list[dict[str, Any]], *, check: bool) -> list[str]:
    """What a host says of the restore points that it put back, or would."""
    if len(outcomes) > _MOST_OUTCOMES:
        raise ValueError(outcomes[_MOST_OUTCOMES])
    lang = language()
    notes = [] if outcomes else [say_in(lang, "{host}: nothing to put back", host=host)]
    for outcome in outcomes:
        changed = [f"{_subject(each, lang)} ({len(names)})" for each, names in outcome["changed"].items()]
        told = "{host}: as it was before {run}: {what} put back"
        if check:
            told = "{host}: as it was before {run}: {what} would be put back"
        note = say_in(lang, told, host=host, run=outcome["run"], what=", ".join(changed) or say_in(lang, "nothing"))
        if left := [_subject(each, lang) for each in outcome["left"]]:
            note += say_in(lang, "; still not as it was: {what}", what=", ".join(left))
        notes.append(fit(note, _LONGEST_PROBLEM))
    return notes


def _left_out(host: str, folders: list[str]) -> str:
    """Folders of which a host's restore point has nothing."""
    told = "{host}: too full for a restore point, no mode in them could be put back: {folders}"
    return fit(say_in(language(), told, host=host, folders=", ".join(folders)), _LONGEST_PROBLEM)


def _subject(subject: str, lang: str) -> str:
    return say_in(lang, _SUBJECTS.get(subject, subject))


def _problem(result: Mapping[str, Any]) -> str:
    return fit(" ".join(str(result.get("msg") or result.get("stderr") or "").split()), _LONGEST_PROBLEM)
