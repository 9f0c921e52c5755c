"""Reports of made records."""

from dataclasses import fields, replace

import pytest
from run_records import DEVIATIONS, TODAY, earlier_record, make_record, make_rules

from infra.hosts.record import Assessment, RuleVerdict, RunRecord, Verdict
from infra.hosts.report.contents import Contents, contents

HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=alert(1) x='",
    "]]> <![CDATA[ &amp; &#64; &bogus;",
    "\u202egnp.exe\u200b\u2066 \u2028 \ud800 \ufffe \x00",
    '=HYPERLINK("http://evil.example","x")',
    "+1", "-2+3", "@SUM(A1)", "\t=1", "  =1", "\r\n=cmd|' /C calc'!A0",
    "##[add-mask]e\n::error file=x::owned",
    "{{ 7*7 }} {% raw %} ${x} $(id) `id` %(name)s {hosts}",
    "[click](javascript:alert(1)) [3](0)",
    "x" * 20_000,
]  # fmt: skip


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


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request):
    return request.param


@pytest.fixture
def poisoned(small):
    """``poisoned(text)``: a report that holds a text wherever a record holds one."""

    def made(text: str) -> Contents:
        record = small(Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED, None)
        now = replace(_poison(record, text), hosts=tuple(_host(host, text) for host in record.hosts))
        before = replace(now, hosts=tuple(_other(host) for host in now.hosts), run="before")
        return contents(now, made=TODAY, known={}, scopes=[text], since=before, earlier=[before])

    return made


def _poison(value, text):
    """A record with a text in each of its free fields."""
    kept = {"rule", "recommendation", "run", "started", "ended", "level", "joliba"}
    free = {
        each.name: text for each in fields(value) if each.name not in kept and type(getattr(value, each.name)) is str
    }
    if isinstance(value, RunRecord):
        free["deviations"] = tuple(replace(_poison(each, text), hosts=(text,)) for each in DEVIATIONS[:1])
        free["notes"] = (text,)
    return replace(value, **free)


def _host(host, text):
    verdicts = tuple(
        replace(_poison(each, text), effective=text, persistent=text, deviation=text) for each in host.verdicts
    )
    return replace(_poison(host, text), name=f"{host.name}{text}", level=text, verdicts=verdicts)


def _other(host):
    return replace(host, verdicts=tuple(replace(each, verdict=Verdict.PASS) for each in host.verdicts))
