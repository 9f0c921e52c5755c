"""A playbook over hosts, through ansible-runner as a library, and the record of what it found.

Of ansible-runner's habits four are turned off: it would not check host keys, write the caller's secrets into its
artifacts, keep every event on disk, and take Ctrl-C from the process for good.
"""

import json
import os
import secrets
import shlex
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from infra.environment import PLAYBOOKS, ansible_variables
from infra.hosts.answers import fit
from infra.hosts.catalogue import Danger, read_catalogue
from infra.hosts.collecting import snapshot
from infra.hosts.inventory import Host
from infra.hosts.record import (
    NOT_YET,
    Assessment,
    DeviationRecord,
    HostRecord,
    Kind,
    RuleVerdict,
    RunRecord,
    Verdict,
)
from infra.hosts.runs import at_work, keep, runs_folder
from infra.wording import language, say_in

_AUDIT = "joliba_audit"
_RESTORE = "joliba_restore_point"
_VARIABLES = "variables.json"
_FORKS = 25
"""Hosts at once; more than two cores can feed, since most of the time is the hosts'."""
_LONGEST_PROBLEM = 500
_SECRETS = ("AWS_", "OS_", "PULUMI_")
"""How variables of the environment begin that no playbook needs: passwords and passphrases are among them."""
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
}
"""What a host puts back; it may know subjects of another release."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run as asked for.

    ``asked`` is what the person typed, ``rules`` limits it, ``check`` changes nothing. ``rings`` are the sizes of the
    batches of hosts, numbers or percentages; none begins after a hardening that failed, a host that was lost once
    looked at, or a batch of which no host came through. ``accelerator`` is what the lab's machines run under.
    """

    kind: Kind
    asked: str
    rules: tuple[str, ...] = ()
    check: bool = False
    rings: tuple[str, ...] = ("1", "10%", "100%")
    variables: Mapping[str, Any] = field(default_factory=dict)
    accelerator: str = ""


Watcher = Callable[[str, str | None], None]
"""Told of each host what is done there now; empty: it waits for others of its ring; None: its work is over."""


def run(
    order: Order,
    hosts: Sequence[Host],
    watch: Watcher,
    notes: Sequence[str] = (),
    left_out: Sequence[tuple[Host, str]] = (),
) -> RunRecord:
    """Run a playbook over hosts, and keep the record.

    A host that cannot be reached, or on which something failed, is in the record as such; it is no exception. Those
    that are left out are there too, as not started, with the reason.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM ended the playbook. What was armed on hosts undoes itself; the record of
            what was found until then is kept.
    """
    started = datetime.now(UTC)
    name = f"{started:%Y%m%dT%H%M%SZ}-{order.kind}-{secrets.token_hex(2)}"
    folder = runs_folder() / name
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    recorder = _Recorder({host.name: host for host in hosts}, order, watch)
    with at_work(folder) as private, _stoppable() as stopped:
        try:
            _play(order, hosts, private, recorder, stopped)
        finally:
            _end_workers(private)
    record = RunRecord(
        run=name,
        kind=order.kind,
        check=order.check,
        asked=order.asked,
        rules=order.rules,
        started=_moment(started),
        ended=_moment(datetime.now(UTC)),
        catalogue=read_catalogue().digest,
        joliba=metadata.version("joliba"),
        hosts=tuple(sorted([*recorder.records(), *_not_started(left_out)], key=lambda host: host.name)),
        deviations=tuple(_distinct(hosts)),
        notes=(*notes, *recorder.notes),
        accelerator=order.accelerator,
    )
    keep(record, folder)
    if stopped.is_set():
        raise KeyboardInterrupt
    return record


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Set by Ctrl-C and SIGTERM while a playbook runs; afterwards both mean what they did before."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only that one may take signals
        yield asked
        return
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _play(order: Order, hosts: Sequence[Host], private: Path, recorder: "_Recorder", stopped: threading.Event) -> None:
    import ansible_runner  # noqa: PLC0415  takes a tenth of a second

    inventory = private / "inventory"
    inventory.mkdir(mode=0o700)
    (inventory / "hosts.json").write_text(json.dumps(snapshot(hosts, order.rules)), encoding="utf-8")
    source = {"plugin": "joliba", "snapshot": str(inventory / "hosts.json")}
    (private / "joliba.yml").write_text(json.dumps(source), encoding="utf-8")
    # a rollback's run is the one that is put back
    own = {} if order.kind is Kind.ROLLBACK else {"joliba_run": private.parent.name}
    extra = {"joliba_rings": list(order.rings), **own, **order.variables}
    variables = private / _VARIABLES
    variables.write_text(json.dumps(extra), encoding="utf-8")
    options = ["--extra-vars", f"@{variables}", *(["--check"] if order.check else [])]
    ansible_runner.run(
        private_data_dir=str(private),
        playbook=str(PLAYBOOKS / f"{order.kind}.yml"),
        inventory=str(private / "joliba.yml"),
        cmdline=shlex.join(options),
        forks=min(_FORKS, len(hosts)),
        envvars={**ansible_variables(), "ANSIBLE_HOST_KEY_CHECKING": "True"},
        suppress_env_files=True,
        quiet=True,
        event_handler=recorder.event,
        status_handler=_without_secrets,
        cancel_callback=stopped.is_set,
    )


def _end_workers(private: Path) -> None:
    """End what Ansible has left: each worker is a session of its own, and one whose run was stopped waits for ever."""
    mine = os.fsencode(f"@{private / _VARIABLES}")
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if mine in command.read_bytes().split(b"\0"):
                os.kill(int(command.parent.name), signal.SIGKILL)


def _without_secrets(_status: Mapping[str, Any], runner_config: Any) -> None:  # noqa: ANN401  ansible-runner's
    """Take the caller's secrets out of what Ansible gets and what is written down of it; told first of the start."""
    variables: MutableMapping[str, str] = runner_config.env
    for name in [name for name in variables if name.startswith(_SECRETS)]:
        del variables[name]


class _Recorder:
    """Makes records of Ansible's events."""

    def __init__(self, hosts: Mapping[str, Host], order: Order, watch: Watcher) -> None:
        self._hosts, self._order, self._watch = hosts, order, watch
        self._audits: dict[str, list[dict[str, Any]]] = {name: [] for name in hosts}
        self._problems: dict[str, str] = {}
        self._touched: set[str] = set()
        self._dark: set[str] = set()
        self._failed: set[str] = set()
        self._begun: dict[str, datetime] = {}
        self._ended: dict[str, datetime] = {}
        self.notes: list[str] = []

    def event(self, event: dict[str, Any]) -> bool:
        """Take note of one of Ansible's events; none is kept on disk."""
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
        elif kind in ("error", "deprecated") or (kind == "verbose" and "ERROR" in event.get("stdout", "")):
            self.notes.append(event.get("stdout", "")[:_LONGEST_PROBLEM])
        return False

    def _of_host(self, kind: str, name: str, data: Mapping[str, Any]) -> None:
        result = data.get("res") or {}
        if kind == "runner_on_ok" and data.get("task_action") == _AUDIT and "verdicts" in result:
            self._audits[name].append(result)
            if self._order.check and self._order.kind is Kind.HARDEN:
                self.notes += _would_remedy(name, result["recommendations"])
        elif kind == "runner_on_ok" and data.get("task_action") == _RESTORE and "outcomes" in result:
            self.notes += _put_back(name, result["outcomes"], check=self._order.check)
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
            return replace(_unseen(host), assessment=Assessment.FAILED, problem=_MALFORMED)

    def _understood(self, host: Host) -> HostRecord:
        audits = self._audits[host.name]
        verdicts = tuple(_verdict(each) for each in audits[-1]["verdicts"]) if audits else ()
        failed = (
            {each["rule"] for each in audits[0]["verdicts"] if each["verdict"] == Verdict.FAIL} if audits else set()
        )
        passed = {each.rule for each in verdicts if each.verdict is Verdict.PASS}
        begun, assessment = self._begun.get(host.name), self._assessment(host.name)
        return replace(
            _unseen(host),
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
        if self._order.kind is Kind.HARDEN and not self._order.check and audits and audits[0]["recommendations"]:
            return len(audits) > 1
        return bool(audits)


def _unseen(host: Host) -> HostRecord:
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


def _not_started(left_out: Iterable[tuple[Host, str]]) -> Iterator[HostRecord]:
    for host, reason in left_out:
        yield replace(_unseen(host), problem=reason)


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


def _distinct(hosts: Collection[Host]) -> list[DeviationRecord]:
    found = {each.name: each for host in hosts for each in host.deviations}
    return [found[name] for name in sorted(found)]


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")
