"""The register of deviations: expired ones first, and what each covers."""

from dataclasses import replace
from datetime import date

import pytest
from run_records import DEVIATIONS, TODAY

from infra.hosts.record import Verdict
from infra.hosts.report.register import State, register

ENTRY = replace(DEVIATIONS[1], rule="R33", expires="2027-03-01")


def covering(small, name, *deviations):
    """Two hosts: one whose failure a deviation of this name accepts, one that fails."""
    record = small(Verdict.DEVIATION, Verdict.FAIL, deviations=deviations)
    first = record.hosts[0]
    verdict = replace(first.verdicts[0], deviation=name)
    return replace(record, hosts=(replace(first, verdicts=(verdict,)), record.hosts[1]))


def states(record, today=TODAY):
    return [(entry.deviation.name, entry.state) for entry in register(record, today)]


def test_the_expired_come_first_then_those_that_end_soon(small):
    made = covering(
        small, "valid", replace(ENTRY, name="valid"), replace(ENTRY, name="useless"),
        replace(ENTRY, name="soon", expires="2026-12-20"), replace(ENTRY, name="over", expires="2026-11-23"),
    )  # fmt: skip

    assert states(made) == [
        ("over", State.EXPIRED),
        ("soon", State.ENDING),
        ("useless", State.USELESS),
        ("valid", State.VALID),
    ]


def test_one_that_is_shipped_for_every_host_is_known_and_covers_it(small):
    shipped = replace(ENTRY, name="shipped", hosts=("*",))

    (entry,) = register(covering(small, "shipped", shipped), TODAY)

    assert (entry.state, len(entry.covered), len(entry.uncovered)) == (State.VALID, 1, 1)
    (other,) = register(covering(small, ENTRY.name, replace(shipped, hosts=("ml-bko.autre",))), TODAY)[1:]
    assert other.state is State.USELESS


def test_one_that_no_host_was_asked_about_is_not_said_to_cover_nothing(small):
    """With --rules, or where its hosts were not reached."""
    of_another = replace(ENTRY, rule="R28")

    assert states(small(Verdict.PASS, deviations=(ENTRY,))) == [(ENTRY.name, State.USELESS)]
    assert states(small(Verdict.PASS, deviations=(of_another,), rules=("R33",))) == [(ENTRY.name, State.VALID)]
    assert states(small(None, deviations=(ENTRY,))) == [(ENTRY.name, State.VALID)]
    assert states(small(None, Verdict.PASS, deviations=(ENTRY,))) == [(ENTRY.name, State.USELESS)]


def test_its_last_day_still_counts(small):
    made = covering(small, ENTRY.name, ENTRY)

    assert states(made, date(2027, 3, 1)) == [(ENTRY.name, State.ENDING)]
    assert states(made, date(2027, 3, 2)) == [(ENTRY.name, State.EXPIRED)]


@pytest.mark.parametrize("end", ["some day", ""])
def test_an_end_that_is_no_day_has_expired(small, end):
    assert states(covering(small, ENTRY.name, replace(ENTRY, expires=end))) == [(ENTRY.name, State.EXPIRED)]


def test_an_entry_tells_what_it_covers_and_what_fails_in_spite_of_it(small):
    (entry,) = register(covering(small, ENTRY.name, ENTRY), TODAY)

    assert entry.covered == [("ml-bko.sante.web-1", "root-login-refused")]
    assert entry.uncovered == [("ml-bko.sante.web-2", "root-login-refused")]


def test_an_acceptance_that_the_register_does_not_hold_is_told(small):
    assert states(covering(small, "unknown")) == [("unknown", State.UNREGISTERED)]


def test_another_ministrys_entry_of_the_same_name_accepts_nothing(small):
    made = covering(small, ENTRY.name, replace(ENTRY, hosts=("ml-bko.justice", "ml-bko.sant")))

    assert states(made) == [(ENTRY.name, State.UNREGISTERED), (ENTRY.name, State.USELESS)]


def test_a_deviation_from_a_countrys_rule_is_no_matter_of_hosts(small):
    policy = replace(ENTRY, name="policy", rule="POLICY-EGRESS-OPEN")
    others = [replace(ENTRY, name=name, rule=name) for name in ("R7", "B01", "shadow-restricted")]
    made = covering(small, "x", policy, *others, replace(ENTRY, name="root-login-refused", rule="root-login-refused"))

    found = {entry.deviation.name for entry in register(made, TODAY, ["shadow-restricted"])}

    assert found == {"x", "R7", "B01", "shadow-restricted", "root-login-refused"}
