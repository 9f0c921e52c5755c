"""Everything that a report tells, computed once from records: each form of it only writes this down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from infra.hosts.record import Assessment, HostRecord, RunRecord, Verdict
from infra.hosts.report.drift import Drift, drift
from infra.hosts.report.history import chronological, trend
from infra.hosts.report.known_rules import Unprobed
from infra.hosts.report.register import RegisterEntry, register
from infra.hosts.report.rule_text import RuleText, Weight, rule_texts
from infra.hosts.report.score import Score, Scores, nothing_asked, scores


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """A rule over all hosts of the run: which fail it, and which could not be measured."""

    text: RuleText
    verdicts: Mapping[Verdict, Sequence[str]]

    @property
    def failing(self) -> Sequence[str]:
        """The hosts that fail it."""
        return self.verdicts[Verdict.FAIL]


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A report's whole contents.

    ``signed`` says whether the signatures of the record, and of the one that it is compared with, were verified;
    ``earlier`` are the runs before it that its history is made from, the oldest first, ``left_out`` the names of those
    that could not be read or verified; ``made`` is the day that deviations are judged on.
    """

    record: RunRecord
    signed: bool
    scopes: Sequence[str]
    made: date
    rules: Mapping[str, RuleText]
    rows: Sequence[RuleRow]
    scores: Scores
    register: Sequence[RegisterEntry]
    drift: Drift | None
    earlier: Sequence[RunRecord]
    left_out: Sequence[str]
    trend: Sequence[tuple[RunRecord, Score]]
    unprobed: Sequence[Unprobed]

    @property
    def not_assessed(self) -> list[HostRecord]:
        """The hosts that nothing is known of."""
        return [host for host in self.record.hosts if host.assessment is not Assessment.ASSESSED]

    @property
    def nothing_asked(self) -> list[HostRecord]:
        """The hosts that were reached, and that none of the run's rules is for."""
        return [host for host in self.record.hosts if nothing_asked(host)]


def contents(
    record: RunRecord,
    *,
    made: date,
    known: Mapping[str, RuleText],
    scopes: Sequence[str] = (),
    since: RunRecord | None = None,
    earlier: Sequence[RunRecord] = (),
    left_out: Sequence[str] = (),
    signed: bool = False,
    unprobed: Sequence[Unprobed] = (),
) -> Contents:
    """Compute a report.

    Args:
        record: the run that it is about, already of the scopes alone.
        made: the day it is made on.
        known: what the catalogue says of each rule.
        scopes: which part of the run it is, for its title.
        since: the run to tell the drift from.
        earlier: all runs before it, for what was applied once and for histories.
        left_out: the names of those that are missing among them.
        signed: whether the signatures of the record, and of ``since``, were verified.
        unprobed: the recommendations that are answered otherwise than by rules.
    """
    record = _assessed_only(record)
    compared = _assessed_only(since) if since else None
    rules = rule_texts([record], known)
    before = [_assessed_only(each) for each in chronological(earlier) if each.run != record.run]
    return Contents(
        record=record,
        signed=signed,
        scopes=tuple(scopes),
        made=made,
        rules=rules,
        rows=_rows(record, rules),
        scores=scores(record, rules),
        register=register(record, made, known),
        drift=drift(compared, record, before) if compared else None,
        earlier=before,
        left_out=tuple(left_out),
        trend=trend([*before, record], [host.name for host in record.hosts]),
        unprobed=tuple(unprobed),
    )


def _assessed_only(record: RunRecord) -> RunRecord:
    """Without the verdicts of hosts that were not assessed: what was seen before a run failed there proves nothing."""
    hosts = (
        host if host.assessment is Assessment.ASSESSED else replace(host, verdicts=(), changed=())
        for host in record.hosts
    )
    return replace(record, hosts=tuple(hosts))


def _rows(record: RunRecord, rules: Mapping[str, RuleText]) -> list[RuleRow]:
    """Every rule; what is gravest and fails on most hosts first."""
    found: dict[str, dict[Verdict, list[str]]] = {rule: {verdict: [] for verdict in Verdict} for rule in rules}
    for host in record.hosts:
        for each in host.verdicts:
            found[each.rule][each.verdict].append(host.name)
    weights = list(Weight)
    rows = [RuleRow(text=text, verdicts=found[rule]) for rule, text in rules.items()]
    return sorted(rows, key=lambda row: (not row.failing, weights.index(row.text.severity), -len(row.failing)))
