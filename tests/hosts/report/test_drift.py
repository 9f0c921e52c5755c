"""Drift between two runs: each cause, and its neighbour that has another one."""

import time
from dataclasses import replace

import pytest
from run_records import DEVIATIONS, TODAY

from infra.hosts.record import Kind, Verdict
from infra.hosts.report import page, text
from infra.hosts.report.contents import contents
from infra.hosts.report.drift import Cause, drift

P, F, D, U, N = Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED, Verdict.NOT_APPLICABLE


def changed(record, host=None, **values):
    """The record with other values of its only host's only verdict, and of the host."""
    only = record.hosts[0]
    verdict = replace(only.verdicts[0], **values)
    return replace(record, hosts=(replace(only, verdicts=(verdict,), **(host or {})),))


def causes(before, now, earlier=()):
    return [change.cause for change in drift(before, now, earlier).changes]


@pytest.mark.parametrize(
    ("before", "now", "cause"),
    [
        (P, F, [Cause.REGRESSED]),
        (F, F, [Cause.NEVER_APPLIED]),
        (U, F, [Cause.NEVER_APPLIED]),
        (N, F, [Cause.NEWLY_APPLICABLE]),
        (D, F, [Cause.DEVIATION_WITHDRAWN]),
        (P, U, [Cause.NEWLY_UNMEASURED]),
        (F, U, [Cause.NEWLY_UNMEASURED]),
        (F, D, [Cause.ACCEPTED]),
        (P, N, [Cause.NO_LONGER_APPLICABLE]),
        (F, P, [Cause.MENDED]),
        (U, P, [Cause.MENDED]),
        (N, P, []),
        (P, P, []),
        (D, D, []),
        (U, U, []),
        (N, N, []),
    ],
)
def test_each_pair_of_verdicts_has_its_cause(small, before, now, cause):
    assert causes(small(before), small(now)) == cause


def test_another_expected_value_is_the_rules_change_and_not_the_hosts(small):
    before, now = small(P), small(F)

    assert causes(before, changed(now, expected="prohibit-password")) == [Cause.RULE_CHANGED]
    assert causes(before, now) == [Cause.REGRESSED]


def test_another_catalogue_explains_a_failure_only_if_the_host_is_as_it_was(small):
    before, now = changed(small(P), effective="no"), replace(small(F), catalogue="another")

    assert causes(before, changed(now, effective="no")) == [Cause.RULE_CHANGED]
    assert causes(before, changed(now, effective="yes")) == [Cause.REGRESSED]
    assert causes(before, changed(replace(now, catalogue=before.catalogue), effective="no")) == [Cause.REGRESSED]


def test_what_passes_since_the_rule_asks_for_less_was_not_mended(small):
    assert causes(small(F), changed(small(P), expected="yes")) == [Cause.RULE_CHANGED]


def test_a_level_that_was_raised_explains_new_rules_and_other_values(small):
    before, now = small(P), changed(small(F), host={"level": "high"}, expected="never")
    extra = replace(now.hosts[0].verdicts[0], rule="another")
    more = replace(now, hosts=(replace(now.hosts[0], verdicts=(extra,)),))

    assert causes(before, now) == [Cause.LEVEL_CHANGED]
    assert causes(before, more) == [Cause.LEVEL_CHANGED]


def test_a_level_that_was_lowered_explains_what_is_no_longer_asked(small):
    before, lowered = changed(small(F), host={"level": "high"}), changed(small(P), rule="another")

    (change,) = drift(before, lowered).changes

    assert (change.cause, change.rule, change.now) == (Cause.LEVEL_CHANGED, "root-login-refused", None)
    assert causes(before, changed(lowered, host={"level": "high"})) == [Cause.RULE_CHANGED]
    assert causes(before, changed(replace(lowered, rules=("R9",)), host={"level": "high"})) == []
    assert causes(changed(small(P), host={"level": "high"}), changed(lowered, host={"level": "high"})) == []


def test_another_level_is_told_although_no_verdict_is_another_one(small):
    before, now = small(P), changed(small(P), host={"level": "high"})

    (change,) = drift(before, now).changes

    level = before.hosts[0].level
    assert (change.cause, change.rule, change.levels) == (Cause.LEVEL_CHANGED, "", (level, "high"))
    assert causes(before, small(P)) == []


@pytest.mark.parametrize(("form", "shown"), [(text, "ml-bko.sante.web-1 Intermediary → High"), (page, "High")])
def test_another_level_is_told_for_people(small, form, shown):
    before, now = small(P, F), small(P, F)
    hosts = (replace(now.hosts[0], level="high"), replace(now.hosts[1], level="high", verdicts=()))

    made = contents(replace(now, hosts=hosts), made=TODAY, known={}, since=before)
    written = form.render(made, "en")

    assert [each.rule for each in made.drift.changes] == ["", "root-login-refused"]
    assert shown in written
    assert "Nothing changed." not in written


def test_a_rule_that_was_not_asked_about_before_is_not_compared(small):
    now = changed(small(F), rule="another", recommendation="R9")

    assert causes(replace(small(P), rules=("R33",)), now) == []
    assert causes(small(P), now) == [Cause.RULE_CHANGED]


def test_a_deviation_that_expired_is_told_from_one_that_was_withdrawn(small):
    old, valid = DEVIATIONS[1], replace(DEVIATIONS[1], expires="2026-11-24")
    before = changed(small(D, deviations=(old,)), deviation=old.name)

    assert causes(before, small(F)) == [Cause.DEVIATION_EXPIRED]
    assert causes(replace(before, deviations=(valid,)), small(F, deviations=())) == [Cause.DEVIATION_WITHDRAWN]


@pytest.mark.parametrize(("zone", "cause"), [("UTC", Cause.DEVIATION_WITHDRAWN), ("UTC-3", Cause.DEVIATION_EXPIRED)])
def test_a_deviation_ends_with_the_day_where_it_is_judged(small, monkeypatch, zone, cause):
    """At ten in the evening in London it is tomorrow in Djibouti."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    had = replace(DEVIATIONS[1], expires="2026-10-31")
    before = changed(small(D, deviations=(had,)), deviation=had.name)

    told = causes(before, small(F, deviations=(had,), started="2026-10-31T22:00:00Z"))
    monkeypatch.undo()
    time.tzset()

    assert told == [cause]


def test_a_deviation_is_the_same_when_one_before_it_has_left_the_file(small):
    """Names count a file's entries: what was #2 is #1 then."""
    other = replace(DEVIATIONS[1], rule="R39")
    expired, valid = (replace(DEVIATIONS[1], expires=day) for day in ("2026-11-10", "2027-01-01"))

    def told(had, *left):
        before = changed(small(D, deviations=(had, replace(other, name="other#2"))), deviation=had.name)
        return causes(before, small(F, deviations=left))

    assert told(valid, replace(other, name=valid.name, expires="2026-11-10")) == [Cause.DEVIATION_WITHDRAWN]
    assert told(expired, replace(other, name=expired.name, expires="2027-01-01")) == [Cause.DEVIATION_EXPIRED]
    assert told(valid, replace(expired, name="other#3")) == [Cause.DEVIATION_EXPIRED]


def test_of_an_expired_deviation_and_its_renewal_the_renewal_is_the_one_that_was_withdrawn(small):
    over, renewed = (
        replace(DEVIATIONS[1], name=f"sante#{number}", expires=day)
        for number, day in ((1, "2026-01-31"), (2, "2027-12-31"))
    )
    ended = replace(renewed, expires="2026-11-20")

    def told(had, *left):
        before = changed(small(D, deviations=(over, had)), deviation=had.name)
        return causes(before, small(F, deviations=left))

    assert told(renewed, over) == [Cause.DEVIATION_WITHDRAWN]
    assert told(ended, over, ended) == [Cause.DEVIATION_EXPIRED]
    assert told(ended, ended, over) == [Cause.DEVIATION_EXPIRED]


def test_what_a_deviation_accepted_before_and_passed_is_a_change_of_the_host(small):
    had = replace(DEVIATIONS[1], expires="2027-12-31")
    now = changed(small(D, deviations=(replace(had, name="sante#2"),)), deviation="sante#2")

    assert causes(small(P, deviations=(had,)), now) == [Cause.REGRESSED]
    assert causes(changed(small(P, deviations=(had,)), expected="yes"), now) == [Cause.RULE_CHANGED]
    assert causes(small(P, deviations=()), now) == [Cause.ACCEPTED]
    assert causes(small(P, deviations=(replace(had, expires="2026-01-31"),)), now) == [Cause.ACCEPTED]
    assert causes(small(F, deviations=(had,)), now) == [Cause.ACCEPTED]


def test_what_passed_in_an_earlier_run_was_applied_once(small):
    assert causes(small(F), small(F), [small(P)]) == [Cause.UNREPAIRED]
    assert causes(small(F), small(F), [small(F)]) == [Cause.NEVER_APPLIED]


def test_what_a_hardening_run_remedied_was_applied_but_not_in_its_dry_run(small):
    run = changed(small(F, kind=Kind.HARDEN), host={"changed": ("root-login-refused",)})

    assert causes(run, small(F)) == [Cause.UNREPAIRED]
    assert causes(replace(run, check=True), small(F)) == [Cause.NEVER_APPLIED]


def test_hosts_are_new_gone_and_no_longer_assessed(small):
    one, two = small(P), small(P, P)

    assert causes(one, two) == [Cause.HOST_NEW]
    assert causes(two, one) == [Cause.HOST_GONE]
    assert causes(one, small(None)) == [Cause.HOST_NOT_ASSESSED]
    assert causes(small(None), one) == [Cause.HOST_ASSESSED_AGAIN]
    assert causes(small(None), small(None)) == []


def test_a_host_that_the_other_run_was_not_to_look_at_is_neither_new_nor_gone(small):
    one, two = small(P), small(P, P)

    assert causes(replace(one, asked="ml-bko.sante.web-1"), two) == []
    assert causes(two, replace(one, asked="ml-bko.justice ml-bko.finances")) == []
    assert causes(two, replace(one, asked="ml-bko.justice ml-bko.sante")) == [Cause.HOST_GONE]
    assert causes(two, replace(one, asked="all")) == [Cause.HOST_GONE]


def test_the_gravest_cause_comes_first(small):
    before, now = small(F, P, P), small(P, F, U)

    assert causes(before, now) == [Cause.REGRESSED, Cause.NEWLY_UNMEASURED, Cause.MENDED]
