"""The register of shipped deviations."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from infra.errors import JolibaError
from infra.hosts import deviations
from infra.hosts.asking import with_deviations
from infra.hosts.catalogue import read_catalogue
from infra.hosts.deviations import FILE, shipped_deviations, shipped_for

RULE = "automation-cannot-run-others-by-sudo"
FAILED = {"rule": RULE, "recommendation": "R39", "verdict": "fail"}
COVERING = [vars(each) for each in shipped_for("ml-bko.sante.web-1")]


def test_each_is_of_a_rule_that_hardening_leaves_alone():
    for each in shipped_deviations("fr"):
        assert not read_catalogue().rules[each.rule].remedied, each.name
        assert each.source == "shipped"


def test_automations_exemption_is_seen_and_is_no_pass():
    others = {**FAILED, "rule": "sudo-keeps-programs-from-running-others"}

    (told, untold) = with_deviations([FAILED, others], COVERING, date(2026, 11, 24))

    assert (told["verdict"], told["deviation"]) == ("deviation", "automation-sudo-noexec")
    assert untold["verdict"] == "fail"


def test_a_shipped_one_excuses_nothing_after_its_last_day():
    (last,) = {date.fromisoformat(each["expires"]) for each in COVERING if each["rule"] == RULE}

    (before,), (after,) = (with_deviations([FAILED], COVERING, last + timedelta(days)) for days in (0, 1))

    assert before["verdict"] == "deviation"
    assert (after["verdict"], after["why"]) == ("fail", f"its deviation expired on {last}")


@pytest.mark.parametrize(
    ("hosts", "covered"),
    [
        ("*", True),
        ("ml-bko", True),
        ("ml-bko.sante", True),
        ("ml-bko.sante.web-1", True),
        ("ml-bko.san", False),
        ("bf-oua", False),
    ],
)
def test_a_deviation_covers_hosts_by_whole_parts_of_their_names(monkeypatch, hosts, covered):
    one = replace(shipped_deviations("fr")[0], hosts=(hosts,))
    monkeypatch.setattr(deviations, "shipped_deviations", lambda _: (one,))
    assert bool(shipped_for("ml-bko.sante.web-1")) == covered


def test_reasons_are_in_both_languages():
    french, english = (shipped_deviations(lang) for lang in ("fr", "en"))
    assert all(one.reason != other.reason for one, other in zip(french, english, strict=True))


def test_a_register_without_an_end_is_refused(tmp_path):
    file = tmp_path / "deviations.yaml"
    file.write_text(re.sub(r" +expires: .*\n", "", FILE.read_text(encoding="utf-8"), count=1), encoding="utf-8")
    with pytest.raises(JolibaError, match="expires"):
        shipped_deviations("fr", file)


def test_a_broken_register_is_refused(tmp_path):
    file = tmp_path / "deviations.yaml"
    file.write_text("schema: 1\ndeviations: {x: {rule: y}}\n", encoding="utf-8")
    with pytest.raises(JolibaError, match=r"deviations\.yaml:2"):
        shipped_deviations("fr", file)
