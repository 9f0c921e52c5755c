"""How much of what is asked of hosts is so.

A host's score is the share of the rules that apply to it which pass. What fails, is accepted as a deviation or could
not be measured counts against it; what does not apply counts neither way. The score of many hosts is the mean of
theirs, in which a host that was not assessed has none of its rules passed: who cannot be looked at proves nothing.
A host that nothing was asked of has no score, and counts in no mean.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor

from infra.hosts.record import Assessment, HostRecord, RunRecord, Verdict
from infra.hosts.report.rule_text import RuleText
from infra.model.classification import HardeningLevel
from infra.model.contract import FOUNDATION

LEVELS: tuple[str, ...] = tuple(level.value for level in HardeningLevel)
"""Of ANSSI-BP-028, in rising order."""
_APPLICABLE = (Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED)


@dataclass(frozen=True, kw_only=True)
class Score:
    """Hosts' verdicts, counted. ``share`` is from 0 to 1, None where nothing applies.

    ``site`` is told where the name alone does not say whose hosts they are.
    """

    name: str
    site: str = ""
    hosts: int
    not_assessed: int
    nothing_asked: int
    verdicts: Mapping[Verdict, int]
    share: float | None

    @property
    def percent(self) -> float | None:
        """The share in percent with one decimal, rounded down: 100 only if everything passes."""
        return None if self.share is None else floor(self.share * 1000 + 1e-9) / 10


def nothing_asked(host: HostRecord) -> bool:
    """Whether a host was reached without a rule of the run being for it: its level is lower, or the run is limited."""
    return host.assessment is Assessment.ASSESSED and not host.verdicts


def whose(host: HostRecord) -> str:
    """Its ministry; its tenant's name where no request tells of one any more; empty for the datacenter's own."""
    return host.ministry or ("" if host.tenant == FOUNDATION else host.tenant)


def score(name: str, hosts: Iterable[HostRecord], rules: Collection[str] | None = None) -> Score:
    """The score of these hosts, of these rules alone if they are given."""
    counted: Counter[Verdict] = Counter()
    shares: list[float] = []
    number = not_assessed = unasked = 0
    for host in hosts:
        number += 1
        unasked += nothing_asked(host)
        if host.assessment is not Assessment.ASSESSED:
            not_assessed += 1
            shares.append(0)
            continue
        own = Counter(each.verdict for each in host.verdicts if rules is None or each.rule in rules)
        counted += own
        if applicable := sum(own[verdict] for verdict in _APPLICABLE):
            shares.append(own[Verdict.PASS] / applicable)
    return Score(
        name=name,
        hosts=number,
        not_assessed=not_assessed,
        nothing_asked=unasked,
        verdicts={verdict: counted[verdict] for verdict in Verdict},
        share=sum(shares) / len(shares) if shares else None,
    )


@dataclass(frozen=True, kw_only=True)
class Scores:
    """A run's scores: of all, and by what hosts belong to.

    ``ministries`` are by `whose` the hosts are, a site each; ``levels`` are by the level that hosts are held to,
    ``rule_levels`` by the level that first asks for a rule (empty if no catalogue tells).
    """

    whole: Score
    sites: Sequence[Score]
    tenants: Sequence[Score]
    ministries: Sequence[Score]
    levels: Sequence[Score]
    rule_levels: Sequence[Score]


def scores(record: RunRecord, rules: Mapping[str, RuleText]) -> Scores:
    """All scores of a run."""
    by_level: dict[str, set[str]] = {}
    for rule in rules.values():
        if rule.level:
            by_level.setdefault(rule.level, set()).add(rule.rule)
    return Scores(
        whole=score("", record.hosts),
        sites=_by(record, lambda host: host.site),
        tenants=_by(record, lambda host: f"{host.site}.{host.tenant}"),
        ministries=_ministries(record),
        levels=sorted(_by(record, lambda host: host.level), key=lambda each: level_order(each.name)),
        rule_levels=[
            score(level, _asked_at(record, level), by_level[level]) for level in sorted(by_level, key=level_order)
        ],
    )


def level_order(level: str) -> int:
    """A level's place among the guide's; others come last."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _asked_at(record: RunRecord, level: str) -> list[HostRecord]:
    """The hosts that are held to a level or a higher one: a level's rules are asked of no others."""
    return [host for host in record.hosts if level_order(host.level) >= level_order(level)]


def _ministries(record: RunRecord) -> list[Score]:
    """By site and ministry: two countries may give theirs the same name. The site is told if there are several."""
    sites = {host.site for host in record.hosts}
    return [
        replace(each, site=site if len(sites) > 1 else "")
        for site in sorted(sites)
        for each in _by(replace(record, hosts=tuple(host for host in record.hosts if host.site == site)), whose)
    ]


def _by(record: RunRecord, key: Callable[[HostRecord], str]) -> list[Score]:
    groups: dict[str, list[HostRecord]] = {}
    for host in record.hosts:
        groups.setdefault(key(host), []).append(host)
    return [score(name, groups[name]) for name in sorted(groups)]
