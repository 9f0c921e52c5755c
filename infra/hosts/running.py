"""A playbook over hosts, through ansible-runner as a library, and the record of what it found.

Of ansible-runner's habits three are turned off: it would not check host keys, write the environment into its artifacts,
and keep every event on disk.
"""

import json
import secrets
import shlex
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from infra.environment import PLAYBOOKS, ansible_variables
from infra.hosts.catalogue import read_catalogue
from infra.hosts.collecting import snapshot
from infra.hosts.inventory import Host
from infra.hosts.record import (
    Assessment,
    DeviationRecord,
    HostRecord,
    Kind,
    RuleVerdict,
    RunRecord,
    Verdict,
    encode_record,
)
from infra.hosts.runs import RECORD, runs_folder
from infra.hosts.signature import sign_file

_AUDIT = "joliba_audit"
_RESTORE = "joliba_restore_point"
_FORKS = 25
"""Hosts at once; more than two cores can feed, since most of the time is the hosts'."""
_LONGEST_PROBLEM = 500


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run as asked for.

    ``asked`` is what the person typed, ``rules`` limits it, ``check`` changes nothing. ``rings`` are the sizes of the
    batches of hosts, numbers or percentages, each started when the one before succeeded everywhere. ``accelerator`` is
    what the lab's machines run under.
    """

    kind: Kind
    asked: str
    rules: tuple[str, ...] = ()
    check: bool = False
    rings: tuple[str, ...] = ("1", "10%", "100%")
    variables: Mapping[str, Any] = field(default_factory=dict)
    accelerator: str = ""


Watcher = Callable[[str, str | None], None]
"""Told of each host what is done there now; None: nothing more for the time being."""


def run(order: Order, hosts: Sequence[Host], watch: Watcher, notes: Sequence[str] = ()) -> RunRecord:
    """Run a playbook over hosts, and keep the record.

    A host that cannot be reached, or on which something failed, is in the record as such; it is no exception. Ctrl-C
    ends the playbook; what was armed on hosts undoes itself.
    """
    started = datetime.now(UTC)
    name = f"{started:%Y%m%dT%H%M%SZ}-{order.kind}-{secrets.token_hex(2)}"
    folder = runs_folder() / name
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    recorder = _Recorder({host.name: host for host in hosts}, order, watch)
    private = folder / "ansible"
    _play(order, hosts, name, private, recorder)
    shutil.rmtree(private, ignore_errors=True)
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
        hosts=tuple(recorder.records()),
        deviations=tuple(_distinct(hosts)),
        notes=(*notes, *recorder.notes),
        accelerator=order.accelerator,
    )
    place = folder / RECORD
    place.touch(mode=0o600)
    place.write_text(encode_record(record), encoding="utf-8")
    sign_file(place)
    return record


def _play(order: Order, hosts: Sequence[Host], name: str, private: Path, recorder: "_Recorder") -> None:
    import ansible_runner  # noqa: PLC0415  takes a tenth of a second

    inventory = private / "inventory"
    inventory.mkdir(mode=0o700, parents=True)
    (inventory / "hosts.json").write_text(json.dumps(snapshot(hosts, order.rules)), encoding="utf-8")
    source = {"plugin": "joliba", "snapshot": str(inventory / "hosts.json")}
    (private / "joliba.yml").write_text(json.dumps(source), encoding="utf-8")
    own = {} if order.kind is Kind.ROLLBACK else {"joliba_run": name}  # a rollback's is the run that is put back
    extra = {"joliba_rings": list(order.rings), **own, **order.variables}
    variables = private / "variables.json"
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
    )


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
            self._ended[name] = now
            self._touched.add(name)
            self._of_host(kind, name, data)
        elif kind == "playbook_on_stats":
            self._failed |= {each for each, count in (data.get("failures") or {}).items() if count}
            self._dark |= {each for each, count in (data.get("dark") or {}).items() if count}
        elif kind in ("error", "deprecated") or (kind == "verbose" and "ERROR" in event.get("stdout", "")):
            self.notes.append(event.get("stdout", "")[:_LONGEST_PROBLEM])
        return False

    def _of_host(self, kind: str, name: str, data: Mapping[str, Any]) -> None:
        result = data.get("res") or {}
        if kind == "runner_on_start":
            self._watch(name, str(data.get("task", "")))
        elif kind == "runner_on_ok" and data.get("task_action") == _AUDIT and "verdicts" in result:
            self._audits[name].append(result)
            self._watch(name, None)
            if self._order.check and self._order.kind is Kind.HARDEN:
                self.notes += _would_remedy(name, result["recommendations"])
        elif kind == "runner_on_ok" and data.get("task_action") == _RESTORE and "outcomes" in result:
            self.notes += _put_back(name, result["outcomes"], check=self._order.check)
        elif kind == "runner_on_unreachable":
            self._dark.add(name)
            self._watch(name, None)
            self._problems[name] = _problem(result)
        elif kind == "runner_on_failed" and not data.get("ignore_errors"):
            self._problems.setdefault(name, f"{data.get('task', '')}: {_problem(result)}")

    def records(self) -> list[HostRecord]:
        """One of each host, sorted by name."""
        return [self._record(host) for _, host in sorted(self._hosts.items())]

    def _record(self, host: Host) -> HostRecord:
        audits = self._audits[host.name]
        verdicts = tuple(_verdict(each) for each in audits[-1]["verdicts"]) if audits else ()
        failed = (
            {each["rule"] for each in audits[0]["verdicts"] if each["verdict"] == Verdict.FAIL} if audits else set()
        )
        passed = {each.rule for each in verdicts if each.verdict is Verdict.PASS}
        begun = self._begun.get(host.name)
        return HostRecord(
            name=host.name,
            site=host.site,
            tenant=host.tenant,
            ministry=host.ministry,
            platform=host.platform,
            tier=host.tier,
            role=host.role,
            level=host.level,
            os=str(audits[-1].get("os", "")) if audits else "",
            assessment=self._assessment(host.name),
            problem=self._problems.get(host.name, ""),
            verdicts=verdicts,
            changed=tuple(sorted(failed & passed)),
            seconds=round((self._ended[host.name] - begun).total_seconds(), 1) if begun else 0.0,
        )

    def _assessment(self, name: str) -> Assessment:
        if name in self._dark:
            return Assessment.UNREACHABLE
        if name in self._failed or (name in self._problems and not self._audits[name]):
            return Assessment.FAILED
        if name not in self._touched:
            return Assessment.NOT_STARTED
        return Assessment.ASSESSED


def _verdict(plain: Mapping[str, Any]) -> RuleVerdict:
    return RuleVerdict(**{**plain, "verdict": Verdict(plain["verdict"])})


def _would_remedy(host: str, recommendations: list[dict[str, Any]]) -> list[str]:
    """What a dry run of hardening says of a host."""
    numbers = ", ".join(each["number"] for each in recommendations)
    return [f"{host}: {numbers} would be remedied"[:_LONGEST_PROBLEM]] if numbers else []


def _put_back(host: str, outcomes: list[dict[str, Any]], *, check: bool) -> list[str]:
    """What a host says of the restore points that it put back, or would."""
    told = [f"{host}: nothing to put back"] if not outcomes else []
    for outcome in outcomes:
        counts = ", ".join(f"{len(names)} {subject}" for subject, names in outcome["changed"].items()) or "nothing"
        done = f"{counts} {'would be put back' if check else 'put back'}"
        left = f"; still not as it was: {', '.join(outcome['left'])}" if outcome["left"] else ""
        told.append(f"{host}: as it was before {outcome['run']}: {done}{left}"[:_LONGEST_PROBLEM])
    return told


def _problem(result: Mapping[str, Any]) -> str:
    return " ".join(str(result.get("msg") or result.get("stderr") or "").split())[:_LONGEST_PROBLEM]


def _distinct(hosts: Collection[Host]) -> list[DeviationRecord]:
    found = {each.name: each for host in hosts for each in host.deviations}
    return [found[name] for name in sorted(found)]


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")
