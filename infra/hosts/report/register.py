"""The register of deviations: what is accepted, by whom, until when, and what it covers in this run."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from infra.hosts.record import DeviationRecord, RunRecord, Verdict

_NUMBER = re.compile(r"[RB][0-9]+")
"""A recommendation's."""
SOON = timedelta(days=30)
"""How long before its end a deviation is shown as ending."""


class State(StrEnum):
    """How a deviation stands, what asks for somebody's attention first.

    ``expired`` and ``unregistered`` accept nothing: the latter is one that a verdict names and the run's register does
    not hold. ``useless`` covers nothing that fails in this run, in which one of its hosts was asked about its rule.
    """

    EXPIRED = "expired"
    UNREGISTERED = "unregistered"
    ENDING = "ending"
    USELESS = "useless"
    VALID = "valid"


@dataclass(frozen=True, kw_only=True)
class RegisterEntry:
    """A deviation and what it comes to. ``covered`` are pairs of host and rule that it accepts.

    ``uncovered`` are the pairs that fail although it is for them, as they do once it has expired.
    """

    deviation: DeviationRecord
    state: State
    covered: Sequence[tuple[str, str]]
    uncovered: Sequence[tuple[str, str]]


def register(record: RunRecord, today: date, known: Collection[str] = ()) -> list[RegisterEntry]:
    """The run's deviations as they stand today: the expired ones first, then by their end.

    A request may deviate from its country's rules too (``POLICY-…``), which no host is asked: those are left out.

    Args:
        record: the run's.
        today: the day.
        known: the rules of the catalogue, besides those of the run.
    """
    rules = {verdict.rule for host in record.hosts for verdict in host.verdicts}.union(known)
    accepted: list[tuple[str, str, str]] = []
    failing: list[tuple[str, str, str]] = []
    for looked_at in record.hosts:
        for verdict in looked_at.verdicts:
            if verdict.verdict is Verdict.DEVIATION:
                accepted.append((looked_at.name, verdict.rule, verdict.deviation or ""))
            elif verdict.verdict is Verdict.FAIL:
                failing.append((looked_at.name, verdict.rule, verdict.recommendation))
    entries, left = [], dict.fromkeys(accepted)
    for each in record.deviations:
        if each.rule not in rules and not _NUMBER.fullmatch(each.rule):
            continue
        # two ministries may give theirs the same name: it covers only hosts that it is for
        own = [(host, rule) for host, rule, name in accepted if name == each.name and each.covers(host)]
        still = [pair[:2] for pair in failing if each.rule in pair[1:] and each.covers(pair[0])]
        state = _state(each, today, useful=bool(own) or not _looked_at(record, each))
        entries.append(RegisterEntry(deviation=each, state=state, covered=own, uncovered=still))
        for host, rule in own:
            left.pop((host, rule, each.name), None)
    unknown: dict[str, list[tuple[str, str]]] = {}
    for host, rule, name in left:
        unknown.setdefault(name, []).append((host, rule))
    entries += [_unregistered(name, pairs) for name, pairs in unknown.items()]
    return sorted(entries, key=_urgency)


def _looked_at(record: RunRecord, deviation: DeviationRecord) -> bool:
    """Whether one of its hosts was asked about its rule; also if the run has none of them."""
    hosts = [host for host in record.hosts if deviation.covers(host.name)]
    asked = (each for host in hosts for each in host.verdicts)
    return not hosts or any(deviation.rule in (each.rule, each.recommendation) for each in asked)


def _urgency(entry: RegisterEntry) -> tuple[int, str, str]:
    """By state, then the one that ends first."""
    return list(State).index(entry.state), entry.deviation.expires, entry.deviation.name


def expired(deviation: DeviationRecord, day: date) -> bool:
    """Whether it no longer holds on a day; its last day still counts. An end that is no day has expired."""
    try:
        return date.fromisoformat(deviation.expires) < day
    except ValueError:
        return True


def _state(deviation: DeviationRecord, today: date, *, useful: bool) -> State:
    if expired(deviation, today):
        return State.EXPIRED
    if expired(deviation, today + SOON):
        return State.ENDING
    return State.VALID if useful else State.USELESS


def _unregistered(name: str, pairs: list[tuple[str, str]]) -> RegisterEntry:
    hosts, rules = sorted({host for host, _ in pairs}), sorted({rule for _, rule in pairs})
    deviation = DeviationRecord(
        name=name, rule=", ".join(rules), hosts=tuple(hosts), reason="", owner="", approver="", expires="", source=""
    )
    return RegisterEntry(deviation=deviation, state=State.UNREGISTERED, covered=pairs, uncovered=())
