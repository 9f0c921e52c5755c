"""Reports of made records."""

from dataclasses import replace

import pytest
from run_records import TODAY, earlier_record, make_record, make_rules

from infra.hosts.record import Assessment, RuleVerdict, RunRecord, Verdict
from infra.hosts.report.contents import Contents, contents


@pytest.fixture(scope="session")
def fleet() -> Contents:
    """Sixty hosts, forty-eight rules, and three runs before."""
    record = make_record(60, 48)
    before = [earlier_record(record, seed=seed, days=days) for seed, days in ((5, 21), (6, 14), (7, 7))]
    return contents(
        record, made=TODAY, known=make_rules(48), scopes=["ml-bko"], since=before[-1], earlier=before, signed=True
    )


@pytest.fixture
def unasked(small) -> Contents:
    """Of three hosts one passes, one was not reached, and nothing was asked of one; a dry run of R33 alone."""
    record = small(Verdict.PASS, None, Verdict.PASS, rules=("R33",), check=True)
    quiet = replace(record.hosts[2], verdicts=())
    return contents(replace(record, hosts=(*record.hosts[:2], quiet)), made=TODAY, known={})


@pytest.fixture
def small():
    """``small(Verdict.PASS, ...)``: one host a verdict on one rule; further values are the run's."""

    def made(*verdicts: Verdict | None, **values) -> RunRecord:
        plain = make_record(1, 1).hosts[0]
        rule = RuleVerdict(rule="root-login-refused", recommendation="R33", verdict=Verdict.PASS, expected="no")
        hosts = tuple(
            replace(
                plain,
                name=f"ml-bko.sante.web-{number}",
                assessment=Assessment.ASSESSED if verdict else Assessment.UNREACHABLE,
                verdicts=(replace(rule, verdict=verdict, effective=f"{verdict}"),) if verdict else (),
            )
            for number, verdict in enumerate(verdicts, 1)
        )
        return replace(make_record(0, 0), hosts=hosts, **values)

    return made
