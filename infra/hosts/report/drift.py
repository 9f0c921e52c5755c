"""What differs between two runs, and why: the host, the rule, or what was accepted.

Only what is not as it should be needs a cause; what became better is told too, so that a report shows that work was
done. A rule that one of the two runs was not asked about is not compared.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from infra.hosts.record import Assessment, DeviationRecord, HostRecord, Kind, RuleVerdict, RunRecord, Verdict
from infra.hosts.report.register import expired
from infra.hosts.report.scope import in_scope

_WRONG = (Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED)


class Cause(StrEnum):
    """Why a verdict is what it is now, or a host is; the gravest first.

    ``regressed``: it passed and the host changed. ``rule-changed``: what is asked differs (expected value or
    catalogue, which may have the rule no longer), not the host. ``level-changed``: the host is held to another level.
    ``never-applied``: it fails as it did, and was never seen to pass. ``unrepaired``: it fails as it did, but passed in
    an earlier run. ``deviation-expired`` and ``deviation-withdrawn``: what was accepted no longer is.
    ``newly-unmeasured``: the probe can no longer look. ``newly-applicable`` and ``no-longer-applicable``: the host
    became one that the rule is (not) for. ``host-not-assessed``: it was assessed before. ``accepted``: a deviation
    covers it since. ``mended``: it passes.
    """

    REGRESSED = "regressed"
    DEVIATION_EXPIRED = "deviation-expired"
    DEVIATION_WITHDRAWN = "deviation-withdrawn"
    RULE_CHANGED = "rule-changed"
    LEVEL_CHANGED = "level-changed"
    NEWLY_APPLICABLE = "newly-applicable"
    NEWLY_UNMEASURED = "newly-unmeasured"
    HOST_NOT_ASSESSED = "host-not-assessed"
    UNREPAIRED = "unrepaired"
    NEVER_APPLIED = "never-applied"
    HOST_GONE = "host-gone"
    HOST_NEW = "host-new"
    NO_LONGER_APPLICABLE = "no-longer-applicable"
    ACCEPTED = "accepted"
    HOST_ASSESSED_AGAIN = "host-assessed-again"
    MENDED = "mended"


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of one rule on one host, or of a whole host (``rule`` is empty then).

    Without ``now`` the host is no longer asked. ``levels`` are a whole host's before and now, if they differ.
    """

    cause: Cause
    host: str
    rule: str = ""
    before: RuleVerdict | None = None
    now: RuleVerdict | None = None
    levels: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Drift:
    """The changes between two runs, the gravest cause first. ``catalogue`` says whether the rules are others."""

    before: RunRecord
    now: RunRecord
    changes: Sequence[Change]
    catalogue: bool

    def by_cause(self) -> Mapping[Cause, Sequence[Change]]:
        """The changes of each cause that there is."""
        found: dict[Cause, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.cause, []).append(change)
        return found


def drift(before: RunRecord, now: RunRecord, earlier: Iterable[RunRecord] = ()) -> Drift:
    """What differs.

    Args:
        before: the run to compare with.
        now: the run that is looked at.
        earlier: other runs before ``now``: what passed in one of them was applied once.
    """
    once = _passed([before, *earlier])
    then = {host.name: host for host in before.hosts}
    changes: list[Change] = []
    for host in now.hosts:
        if old := then.pop(host.name, None):
            changes += _of_host(old, host, _Runs(before, now), once)
        elif _asked(before, host):
            changes.append(Change(cause=Cause.HOST_NEW, host=host.name))
    changes += [Change(cause=Cause.HOST_GONE, host=old.name) for old in then.values() if _asked(now, old)]
    order = list(Cause)
    changes.sort(key=lambda change: (order.index(change.cause), change.host, change.rule))
    return Drift(before=before, now=now, changes=changes, catalogue=before.catalogue != now.catalogue)


@dataclass(frozen=True)
class _Runs:
    before: RunRecord
    now: RunRecord


def _asked(run: RunRecord, host: HostRecord) -> bool:
    """Whether a run was to look at a host: it named no part, or one that the host belongs to."""
    return run.asked in ("", "all") or any(in_scope(host, scope) for scope in run.asked.replace(",", " ").split())


def _passed(records: Iterable[RunRecord]) -> set[tuple[str, str]]:
    """Pairs of host and rule that passed, or that a hardening run remedied."""
    found = set()
    for record in records:
        for host in record.hosts:
            found |= {(host.name, each.rule) for each in host.verdicts if each.verdict is Verdict.PASS}
            if record.kind is Kind.HARDEN and not record.check:
                found |= {(host.name, rule) for rule in host.changed}
    return found


def _of_host(old: HostRecord, new: HostRecord, runs: _Runs, once: set[tuple[str, str]]) -> Iterator[Change]:
    if new.assessment is not Assessment.ASSESSED:
        if old.assessment is Assessment.ASSESSED:
            yield Change(cause=Cause.HOST_NOT_ASSESSED, host=new.name)
        return
    if old.assessment is not Assessment.ASSESSED:
        yield Change(cause=Cause.HOST_ASSESSED_AGAIN, host=new.name)
        return
    changes = list(_of_rules(old, new, runs, once))
    if old.level == new.level:
        yield from changes
        return
    # a level has rules and expected values of its own
    found = [replace(each, cause=Cause.LEVEL_CHANGED) if each.cause is Cause.RULE_CHANGED else each for each in changes]
    yield from found
    if not any(each.cause is Cause.LEVEL_CHANGED for each in found):
        yield Change(cause=Cause.LEVEL_CHANGED, host=new.name, levels=(old.level, new.level))


def _of_rules(old: HostRecord, new: HostRecord, runs: _Runs, once: set[tuple[str, str]]) -> Iterator[Change]:
    then = {each.rule: each for each in old.verdicts}
    for verdict in new.verdicts:
        before = then.pop(verdict.rule, None)
        if before is None:
            cause = _cause_of_new_rule(verdict, runs.before)
        else:
            cause = _cause(before, verdict, runs, applied=(new.name, verdict.rule) in once)
        if cause:
            yield Change(cause=cause, host=new.name, rule=verdict.rule, before=before, now=verdict)
    for before in then.values():
        if before.verdict in _WRONG and _was_asked(runs.now, before):
            yield Change(cause=Cause.RULE_CHANGED, host=new.name, rule=before.rule, before=before)


def _cause_of_new_rule(verdict: RuleVerdict, before: RunRecord) -> Cause | None:
    """Why there is a verdict that was not there; None if the run before was not asked, or nothing is wrong."""
    if verdict.verdict not in _WRONG or not _was_asked(before, verdict):
        return None
    return Cause.RULE_CHANGED


def _was_asked(run: RunRecord, verdict: RuleVerdict) -> bool:
    return not run.rules or verdict.recommendation in run.rules or verdict.rule in run.rules


def _cause(before: RuleVerdict, now: RuleVerdict, runs: _Runs, *, applied: bool) -> Cause | None:
    if now.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        return _cause_of_rest(before, now, runs)
    if now.verdict is before.verdict:
        return _of_failure(applied=applied) if now.verdict is Verdict.FAIL else None
    if now.verdict is Verdict.UNMEASURED:
        return Cause.NEWLY_UNMEASURED
    if now.verdict is Verdict.DEVIATION and not (before.verdict is Verdict.PASS and _accepted_before(now, runs)):
        return Cause.ACCEPTED
    return _cause_of_failure(before, now, runs, applied=applied)


def _of_failure(*, applied: bool) -> Cause:
    """Of what fails as it did."""
    return Cause.UNREPAIRED if applied else Cause.NEVER_APPLIED


def _cause_of_failure(before: RuleVerdict, now: RuleVerdict, runs: _Runs, *, applied: bool) -> Cause:
    """Of what fails now and did not."""
    if before.verdict is Verdict.DEVIATION:
        return _cause_of_end(before, runs)
    if _rule_changed(before, now, runs):
        return Cause.RULE_CHANGED
    if before.verdict is Verdict.NOT_APPLICABLE:
        return Cause.NEWLY_APPLICABLE
    return Cause.REGRESSED if before.verdict is Verdict.PASS or applied else Cause.NEVER_APPLIED


def _cause_of_rest(before: RuleVerdict, now: RuleVerdict, runs: _Runs) -> Cause | None:
    """Of what passes or does not apply now."""
    if now.verdict is before.verdict:
        return None
    if now.verdict is Verdict.NOT_APPLICABLE:
        return Cause.NO_LONGER_APPLICABLE
    if before.verdict not in _WRONG:
        return None
    return Cause.RULE_CHANGED if _rule_changed(before, now, runs) else Cause.MENDED


def _accepted_before(now: RuleVerdict, runs: _Runs) -> bool:
    """Whether what accepts a failure now was in the earlier run's register too, and held."""
    found = [each for each in runs.now.deviations if each.name == now.deviation]
    return any(
        _same(one, other) and not expired(other, _day(runs.before)) for one in found for other in runs.before.deviations
    )


def _cause_of_end(before: RuleVerdict, runs: _Runs) -> Cause:
    """Why a deviation no longer covers what fails: its day came, or it is not in the register any more."""
    had = next((each for each in runs.before.deviations if each.name == before.deviation), None)
    if had is None:
        return Cause.DEVIATION_WITHDRAWN
    # an expired one and its renewal are both there: what is left of the other says nothing of this one
    others = {each.expires for each in runs.before.deviations if each is not had and _same(each, had)}
    own = [each for each in runs.now.deviations if _same(each, had) and each.expires not in others]
    last = max(own, key=lambda each: each.expires, default=had)
    return Cause.DEVIATION_EXPIRED if expired(last, _day(runs.now)) else Cause.DEVIATION_WITHDRAWN


def _same(one: DeviationRecord, other: DeviationRecord) -> bool:
    """Whether two runs' entries are one: names count those of a file, and change once one before it is gone."""
    return (one.rule, one.hosts) == (other.rule, other.hosts)


def _day(run: RunRecord) -> date:
    """The day of a run; days are the site's own."""
    return datetime.fromisoformat(run.started).astimezone().date()


def _rule_changed(before: RuleVerdict, now: RuleVerdict, runs: _Runs) -> bool:
    """Whether the rule, not the host, made the difference.

    Another value is expected; or the catalogue is another one while all that was observed is as it was.
    """
    if before.expected != now.expected:
        return True
    same = (before.effective, before.persistent) == (now.effective, now.persistent)
    return same and runs.before.catalogue != runs.now.catalogue
