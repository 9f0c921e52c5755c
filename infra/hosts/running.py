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
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from infra.environment import PLAYBOOKS, ansible_variables
from infra.hosts.catalogue import read_catalogue
from infra.hosts.collecting import snapshot
from infra.hosts.inventory import Host
from infra.hosts.record import DeviationRecord, HostRecord, Kind, RunRecord
from infra.hosts.recorder import Recorder, Watcher, unseen
from infra.hosts.runs import at_work, keep, runs_folder
from infra.hosts.signature import make_ready

_VARIABLES = "variables.json"
_FORKS = 25
"""Hosts at once; more than two cores can feed, since most of the time is the hosts'."""
_DYING, _AGAIN = 10.0, 0.05
"""Seconds for which processes are ended, and between two looks at them."""
_SECRETS = ("AWS_", "OS_", "PULUMI_")
"""How variables of the environment begin that no playbook needs: passwords and passphrases are among them."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run as asked for.

    ``asked`` is what the person typed, ``rules`` limits it, ``level`` is another than each host's own, ``check``
    changes nothing. ``rings`` are the sizes of the batches of hosts, numbers or percentages; none begins after a
    hardening that failed, a host that was lost once looked at, or a batch of which no host came through.
    ``accelerator`` is what the lab's machines run under.
    """

    kind: Kind
    asked: str
    rules: tuple[str, ...] = ()
    level: str = ""
    check: bool = False
    rings: tuple[str, ...] = ("1", "10%", "100%")
    variables: Mapping[str, Any] = field(default_factory=dict)
    accelerator: str = ""


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
        JolibaError: there is no key to sign the record with; nothing was done.
        KeyboardInterrupt: Ctrl-C or SIGTERM ended the playbook. What was armed on hosts undoes itself; the record of
            what was found until then is kept.
    """
    make_ready()
    started = datetime.now(UTC)
    name = f"{started:%Y%m%dT%H%M%SZ}-{order.kind}-{secrets.token_hex(2)}"
    folder = runs_folder() / name
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    recorder = Recorder({host.name: host for host in hosts}, order.kind, watch, check=order.check)
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
            level=order.level,
            started=_moment(started),
            ended=_moment(datetime.now(UTC)),
            catalogue=read_catalogue().digest,
            joliba=metadata.version("joliba"),
            hosts=tuple(sorted([*recorder.records(), *_not_started(left_out)], key=lambda host: host.name)),
            deviations=tuple(_distinct(hosts)),
            notes=(*notes, *recorder.notes),
            accelerator=order.accelerator,
        )
        keep(record, folder)  # while it is at work: who cleans up takes a folder without a record for a killed run's
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


def _play(order: Order, hosts: Sequence[Host], private: Path, recorder: Recorder, stopped: threading.Event) -> None:
    import ansible_runner  # noqa: PLC0415  takes a tenth of a second

    from infra.hosts.events import distrust_hosts  # noqa: PLC0415

    distrust_hosts()

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
    job = 1 + secrets.randbits(62)
    ansible_runner.run(
        private_data_dir=str(private),
        playbook=str(PLAYBOOKS / f"{order.kind}.yml"),
        inventory=str(private / "joliba.yml"),
        cmdline=shlex.join(options),
        forks=min(_FORKS, len(hosts)),
        envvars={**ansible_variables(), "ANSIBLE_HOST_KEY_CHECKING": "True", "JOB_ID": str(job)},
        suppress_env_files=True,
        quiet=True,
        event_handler=lambda event: _tell(recorder, event, job),
        status_handler=_without_secrets,
        cancel_callback=stopped.is_set,
    )


def _tell(recorder: Recorder, event: Mapping[str, Any], job: int) -> bool:
    """Tell of an event, if Ansible's own callback wrote it; none is kept on disk.

    ansible-runner finds events in what Ansible prints, of which a host's message is part: root there can write what
    looks like one, of any host. The callback puts the job's number into its files alone, where no host reads it.
    """
    if event.get("job_id") == job:
        recorder.event(event)
    elif event.get("event") == "verbose":  # ansible-runner's own: what is printed between events
        recorder.printed(str(event.get("stdout", "")))
    return False


def _end_workers(private: Path) -> None:
    """End what Ansible has left: each worker is a session of its own, and one whose run was stopped waits for ever.

    Until they are gone, for one may just be starting another.
    """
    end = time.monotonic() + _DYING
    while (workers := [*_workers(private)]) and time.monotonic() < end:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        time.sleep(_AGAIN)


def _workers(private: Path) -> Iterator[int]:
    mine = os.fsencode(f"@{private / _VARIABLES}")
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            if mine in command.read_bytes().split(b"\0"):
                yield int(command.parent.name)


def _without_secrets(_status: Mapping[str, Any], runner_config: Any) -> None:  # noqa: ANN401  ansible-runner's
    """Take the caller's secrets out of what Ansible gets and what is written down of it; told first of the start."""
    variables: MutableMapping[str, str] = runner_config.env
    for name in [name for name in variables if name.startswith(_SECRETS)]:
        del variables[name]


def _not_started(left_out: Iterable[tuple[Host, str]]) -> Iterator[HostRecord]:
    for host, reason in left_out:
        yield replace(unseen(host), problem=reason)


def _distinct(hosts: Collection[Host]) -> list[DeviationRecord]:
    found = {each.name: each for host in hosts for each in host.deviations}
    return [found[name] for name in sorted(found)]


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")
