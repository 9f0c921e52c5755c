"""What a run found: one record a run, written as JSON, from which every report is made.

A record is kept as it was; what is derived from it (scores, drift, pages) is computed anew each time.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache, partial
from typing import Any, get_args, get_origin, get_type_hints

SCHEMA = 1
"""Raised when a record's shape changes; `decode_record` refuses others."""
EVERY_HOST = "*"
"""Among the hosts of a deviation."""


class Verdict(StrEnum):
    """What is said of one rule on one host.

    ``deviation``: it fails, and an accepted exception that has not expired covers it. ``unmeasured``: the probe could
    not look; never counted as a pass.
    """

    PASS = "pass"  # noqa: S105  a verdict, not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    DEVIATION = "deviation"
    UNMEASURED = "unmeasured"


class Kind(StrEnum):
    """What a run did."""

    AUDIT = "audit"
    HARDEN = "harden"
    ROLLBACK = "rollback"


class Assessment(StrEnum):
    """Whether a host was looked at. What is not ``assessed`` has no verdicts, and is shown as such."""

    ASSESSED = "assessed"
    UNREACHABLE = "unreachable"
    FAILED = "failed"  # reached, but the run ended in an error there
    NOT_STARTED = "not-started"  # a ring before it stopped the run


NOT_YET = "not yet: it is configured, and not in effect"
"""Why a rule fails whose remedy is there and waits, as a host's answer says it (`judging`)."""


@dataclass(frozen=True, kw_only=True)
class RuleVerdict:
    """One rule on one host.

    ``effective`` and ``persistent`` are what was observed now and what will be after a reboot, as text (None: there is
    nothing of the kind to observe); ``expected`` the value asked for. ``why`` is a short English reason where the
    verdict needs one, ``deviation`` the name of the register's entry that covers it.
    """

    rule: str
    recommendation: str
    verdict: Verdict
    expected: str = ""
    effective: str | None = None
    persistent: str | None = None
    why: str = ""
    deviation: str | None = None


@dataclass(frozen=True, kw_only=True)
class HostRecord:
    """One host of a run. ``name`` is ``<site>.<tenant>.<server>``, or ``<site>.foundation.<host>`` of the datacenter.

    ``level`` is the hardening level that it was held to, ``role`` what the host is (``guest``, ``bastion``,
    ``hypervisor``, ``container-host``, ``router``), ``os`` like ``debian-12`` (empty if unknown). ``problem`` says why
    it was not assessed. ``changed`` are the rules that a hardening run remedied, ``seconds`` how long the host took.
    """

    name: str
    site: str
    tenant: str
    ministry: str
    platform: str
    tier: str
    role: str
    level: str
    os: str = ""
    assessment: Assessment
    problem: str = ""
    verdicts: tuple[RuleVerdict, ...] = ()
    changed: tuple[str, ...] = ()
    reboot_needed: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class DeviationRecord:
    """An accepted exception as it stood at the run: of a tenant's request, of hosts.yaml, or ``shipped`` with Joliba.

    ``hosts`` are names or prefixes of names (``ml-bko.sante``), or `EVERY_HOST`; ``expires`` is the last day, an ISO
    date.
    """

    name: str
    rule: str
    hosts: tuple[str, ...]
    reason: str
    owner: str
    approver: str
    expires: str
    source: str = ""

    def covers(self, host: str) -> bool:
        """Whether it is for this host: one of its names is the host's, or its beginning up to a dot."""
        return any(name == EVERY_HOST or f"{host}.".startswith(f"{name}.") for name in self.hosts)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A whole run. Times are ISO 8601 in UTC; ``catalogue`` is the digest of the rules that were asked about.

    ``asked`` is what was chosen (``ml-bko.sante``), ``rules`` the R-numbers if only some were asked for, ``level`` the
    one that all hosts were held to if it was not each host's own.
    ``accelerator`` is what the lab's machines ran under (``kvm``, ``tcg``); empty for real hosts. ``notes`` are in the
    language of whoever ran it.
    """

    run: str
    kind: Kind
    check: bool
    asked: str
    rules: tuple[str, ...]
    started: str
    ended: str
    catalogue: str
    joliba: str
    hosts: tuple[HostRecord, ...]
    deviations: tuple[DeviationRecord, ...] = ()
    notes: tuple[str, ...] = ()
    accelerator: str = ""
    level: str = ""
    schema: int = field(default=SCHEMA)


def encode_record(record: RunRecord) -> str:
    """A record as JSON: UTF-8, sorted keys, one line a host, so that two of them can be compared as text."""
    plain = asdict(record)
    hosts = plain.pop("hosts")
    head = json.dumps(plain, ensure_ascii=False, sort_keys=True)[:-1]
    lines = ",\n".join(json.dumps(host, ensure_ascii=False, sort_keys=True) for host in hosts)
    return f'{head}, "hosts": [\n{lines}\n]}}\n'


def decode_record(text: str) -> RunRecord:
    """Read a record.

    Raises:
        ValueError: it is no record, or one of another shape.
    """
    try:
        plain: dict[str, Any] = json.loads(text)
        if plain.get("schema") != SCHEMA:
            raise ValueError(f"a record of shape {plain.get('schema')!r}, not {SCHEMA}")
        record: RunRecord = _reader(RunRecord)(plain)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a run's record: {error}") from error
    for moment in (record.started, record.ended):
        if datetime.fromisoformat(moment).tzinfo is None:
            raise ValueError(f"not a run's record: {moment!r} names no time zone")
    return record


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401  a field's type
    """What makes a value of this type of a plain one, or raises what `decode_record` catches."""
    if isinstance(kind, type) and is_dataclass(kind):
        fields = {name: _reader(of_field) for name, of_field in get_type_hints(kind).items()}
        return lambda plain: kind(**{name: fields[name](value) for name, value in plain.items()})
    if get_origin(kind) is tuple:
        item = _reader(get_args(kind)[0])
        return lambda plain: tuple(item(each) for each in _of_type(list, plain))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    return partial(_of_type, int | float if kind is float else kind)


def _of_type(kind: Any, value: Any) -> Any:  # noqa: ANN401  what JSON holds
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.100}")
    return value
