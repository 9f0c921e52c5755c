"""What became of a host and a rule over many runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from infra.hosts.record import Assessment, RunRecord, Verdict
from infra.hosts.report.score import Score, score


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A run's verdict on one rule of one host; None: the host was not assessed, or the rule not asked about."""

    run: str
    started: str
    verdict: Verdict | None
    assessment: Assessment
    observed: str = ""
    remedied: bool = False


def chronological(records: Iterable[RunRecord]) -> list[RunRecord]:
    """The oldest first. Starts are ISO 8601 in UTC, which sort as text."""
    return sorted(records, key=lambda record: (record.started, record.run))


def history(records: Iterable[RunRecord], host: str, rule: str) -> list[Moment]:
    """Every run that the host was part of, the oldest first."""
    moments = []
    for record in chronological(records):
        for each in record.hosts:
            if each.name != host:
                continue
            found = next((verdict for verdict in each.verdicts if verdict.rule == rule), None)
            moments.append(
                Moment(
                    run=record.run,
                    started=record.started,
                    verdict=found.verdict if found else None,
                    assessment=each.assessment,
                    observed=(found.effective or found.persistent or "") if found else "",
                    remedied=rule in each.changed and not record.check,
                )
            )
    return moments


def trend(records: Iterable[RunRecord], hosts: Sequence[str]) -> list[tuple[RunRecord, Score]]:
    """The score of these hosts in each run that had one of them and asked all of their own levels, the oldest first."""
    wanted = set(hosts)
    found = []
    for record in chronological(records):
        part = [host for host in record.hosts if host.name in wanted]
        if part and not record.rules and not record.level:
            found.append((record, score(record.run, part)))
    return found
