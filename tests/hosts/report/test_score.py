"""Scores: what proves nothing never counts as passed."""

from dataclasses import replace

import pytest
from run_records import make_record, make_rules

from infra.hosts.record import Assessment, Verdict
from infra.hosts.report.score import score, scores

P, F, D, U, N = Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED, Verdict.NOT_APPLICABLE


def host_with(small, *verdicts):
    host = small(Verdict.PASS).hosts[0]
    rules = tuple(replace(host.verdicts[0], rule=f"r{at}", verdict=each) for at, each in enumerate(verdicts))
    return replace(host, verdicts=rules)


@pytest.mark.parametrize(
    ("verdicts", "percent"),
    [((P, P), 100), ((P, F), 50), ((P, D), 50), ((P, U), 50), ((P, N), 100), ((F, U), 0), ((N, N), None), ((), None)],
)
def test_a_hosts_score_is_the_share_of_what_applies_that_passes(small, verdicts, percent):
    assert score("", [host_with(small, *verdicts)]).percent == percent


def test_a_host_that_was_not_assessed_halves_the_score_of_two(small):
    fine = small(P).hosts[0]
    gone = replace(fine, assessment=Assessment.UNREACHABLE)  # even if verdicts came before it went

    told = score("", [fine, gone])

    assert (told.percent, told.hosts, told.not_assessed, told.verdicts[P]) == (50, 2, 1, 1)
    assert score("", [fine, fine]).percent == 100


def test_a_hundred_percent_is_never_reached_by_rounding(small):
    nearly = host_with(small, *[P] * 2999, F)

    assert score("", [nearly]).percent == 99.9
    assert score("", [host_with(small, *[P] * 3000)]).percent == 100


def test_scores_are_by_level_tenant_and_ministry_and_by_the_level_of_rules():
    record = make_record(30, 24)

    told = scores(record, make_rules(24))

    assert [each.name for each in told.levels] == ["intermediary", "enhanced", "high"]
    assert [each.name for each in told.rule_levels] == ["minimal", "intermediary", "enhanced", "high"]
    assert [each.hosts for each in told.rule_levels] == [30, 30, 20, 10]
    assert [each.name for each in told.tenants] == ["ml-bko.finances", "ml-bko.justice", "ml-bko.sante"]
    assert {each.name for each in told.ministries} == {host.ministry for host in record.hosts}
    for group in (told.levels, told.tenants, told.ministries, told.sites):
        assert sum(each.hosts for each in group) == told.whole.hosts == 30
        assert sum(each.verdicts[F] for each in group) == told.whole.verdicts[F] > 0
