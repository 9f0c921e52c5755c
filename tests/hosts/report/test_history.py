"""What became of a rule on a host over many runs; parts of a run."""

from dataclasses import replace

import pytest
from run_records import TODAY, earlier_record, make_record

from infra.errors import JolibaError
from infra.hosts.record import Assessment, Kind, Verdict
from infra.hosts.report.contents import contents
from infra.hosts.report.drift import Cause
from infra.hosts.report.history import history, trend
from infra.hosts.report.page_data import page_data
from infra.hosts.report.scope import part, scoped

P, F = Verdict.PASS, Verdict.FAIL


def on(record, day, **values):
    return replace(record, started=f"2026-11-{day:02}T00:00:00Z", run=f"run-{day}", **values)


def test_a_history_is_in_the_order_of_time_and_has_what_was_not_assessed(small):
    hardened = on(small(P), 3, kind=Kind.HARDEN)
    hardened = replace(hardened, hosts=(replace(hardened.hosts[0], changed=("root-login-refused",)),))

    moments = history([on(small(None), 4), hardened, on(small(F), 1)], "ml-bko.sante.web-1", "root-login-refused")

    assert [(each.run, each.verdict, each.remedied) for each in moments] == [
        ("run-1", F, False),
        ("run-3", P, True),
        ("run-4", None, False),
    ]
    assert moments[-1].assessment is Assessment.UNREACHABLE


def test_the_trend_is_of_the_same_hosts_and_of_whole_runs_at_their_own_levels(small):
    lowered = on(small(P), 2, level="minimal")
    runs = [on(small(F, P), 1), on(small(F), 2, rules=("R9",)), lowered, on(small(P), 3)]

    assert [(run.run, each.percent) for run, each in trend(runs, ["ml-bko.sante.web-1"])] == [
        ("run-1", 0),
        ("run-3", 100),
    ]


@pytest.mark.parametrize(
    ("scope", "hosts"),
    [("ml-bko", 30), ("ml-bko.sante", 10), ("ml-bko.sante.dossier", 10), ("ml-bko.sante.dossier.web", 4),
     ("ml-bko.sante.dossier-web-1", 1)],
)  # fmt: skip
def test_a_part_of_a_run_is_a_site_a_tenant_a_platform_a_tier_or_a_host(scope, hosts):
    found = scoped(make_record(30, 2), [scope])

    assert len(found.hosts) == hosts
    assert ("justice-journaux" in {each.name for each in found.deviations}) is (scope == "ml-bko")


def test_a_part_without_a_host_is_refused_of_a_run_but_not_of_an_earlier_one():
    with pytest.raises(JolibaError, match=r"has no host of ml-bko\.san; it has those of: ml-bko\.finances"):
        scoped(make_record(30, 2), ["ml-bko.san"])

    assert part(make_record(30, 2), ["ml-bko.san"]).hosts == ()


def test_what_was_seen_before_a_run_failed_on_a_host_is_not_told(small):
    record = small(P)
    broken = replace(record, hosts=(replace(record.hosts[0], assessment=Assessment.FAILED),))

    assert contents(broken, made=TODAY, known={}).record.hosts[0].verdicts == ()
    assert contents(record, made=TODAY, known={}).record.hosts[0].verdicts != ()


def test_what_was_seen_before_an_earlier_run_failed_on_a_host_proves_nothing_either(small):
    whole, now = on(small(P), 1), small(F)
    broken = replace(whole, hosts=(replace(whole.hosts[0], assessment=Assessment.FAILED, changed=("x",)),))
    name, rule = "ml-bko.sante.web-1", "root-login-refused"

    def told(run):
        made = contents(now, made=TODAY, known={}, since=on(small(F), 2), earlier=[run])
        moments = history([*made.earlier, made.record], name, rule)
        causes = [each.cause for each in made.drift.changes]
        return [each.verdict for each in moments], causes, page_data(made, "en")["history"]

    assert told(broken) == ([None, F], [Cause.NEVER_APPLIED], {})
    assert told(whole)[:2] == ([P, F], [Cause.UNREPAIRED])
    assert told(whole)[2] != {}


def test_a_host_whose_earlier_run_failed_is_assessed_again(small):
    before = small(P)
    broken = replace(before, hosts=(replace(before.hosts[0], assessment=Assessment.FAILED),))

    made = contents(small(F), made=TODAY, known={}, since=broken, earlier=[broken])

    assert [each.cause for each in made.drift.changes] == [Cause.HOST_ASSESSED_AGAIN]
    assert made.drift.before.hosts[0].verdicts == ()


def test_the_made_fleets_earlier_runs_differ_from_it():
    record = make_record(9, 4)

    assert earlier_record(record).hosts != record.hosts
