"""The register of shipped deviations."""

from dataclasses import replace
from datetime import date

import pytest

from infra.errors import JolibaError
from infra.hosts import deviations
from infra.hosts.asking import with_deviations
from infra.hosts.catalogue import read_catalogue
from infra.hosts.deviations import shipped_deviations, shipped_for

RULE = "automation-cannot-run-others-by-sudo"


def test_each_is_of_a_rule_that_hardening_leaves_alone():
    for each in shipped_deviations("fr"):
        assert not read_catalogue().rules[each.rule].remedied, each.name
        assert (each.source, each.expires) == ("shipped", "")


def test_automations_exemption_is_seen_and_is_no_pass():
    covering = [{"name": each.name, "rule": each.rule} for each in shipped_for("ml-bko.sante.web-1")]
    failed = {"rule": RULE, "recommendation": "R39", "verdict": "fail"}
    others = {**failed, "rule": "sudo-keeps-programs-from-running-others"}

    (told, untold) = with_deviations([failed, others], covering, date(2026, 11, 24))

    assert (told["verdict"], told["deviation"]) == ("deviation", "automation-sudo-noexec")
    assert untold["verdict"] == "fail"


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


def test_a_broken_register_is_refused(tmp_path):
    file = tmp_path / "deviations.yaml"
    file.write_text("schema: 1\ndeviations: {x: {rule: y}}\n", encoding="utf-8")
    with pytest.raises(JolibaError, match="deviations.yaml:2"):
        shipped_deviations("fr", file)
