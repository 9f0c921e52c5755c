"""What a deviation sets aside is shown, by whom and until when; nothing else is set aside."""

from datetime import date

import pytest

from infra.intake.findings import Severity, refused
from infra.intake.inventory import read_site
from infra.intake.messages import MESSAGES
from infra.intake.shape import schema_of
from infra.policy.policy_messages import POLICY_MESSAGES

SANTE = "ml-bko/tenants/sante.yaml"
TODAY = date(2026, 11, 24)


def deviation(rule: str, **other: str) -> str:
    entry = {"reason": "Balises anciennes", "owner": "DSI", "approver": "APDP", "expires": "2027-01-31", **other}
    return ", ".join([f"rule: {rule}", *(f"{key}: {value}" for key, value in entry.items())])


def found(project, *, today=TODAY):
    return read_site(project, "ml-bko", only=["sante"], today=today)


@pytest.fixture
def exposed(change):
    """``exposed(*deviations)``: a request that opens a port which policy does not publish."""

    def write(*deviations: str) -> None:
        listed = ", ".join(f"{{{entry}}}" for entry in deviations)
        change(SANTE, ("[443/tcp]", "[443/tcp, 8883/tcp]"), ("review_by", f"deviations: [{listed}]\nreview_by"))

    return write


def test_a_valid_deviation_turns_the_error_into_a_warning_and_says_by_whom_and_until_when(project, exposed):
    exposed(deviation("POLICY-EXPOSURE"))

    inventory = found(project)

    assert [(each.code, each.severity) for each in inventory.findings] == [
        ("POLICY-EXPOSURE", Severity.WARNING),
        ("POLICY-DEVIATION", Severity.WARNING),
    ]
    shown = inventory.findings[1].text("fr")
    assert [word for word in ("APDP", "2027-01-31", "Balises anciennes") if word not in shown] == []
    assert "DSI" in inventory.findings[1].fix("fr")
    assert [place.path for place in inventory.findings[0].related] == ["deviations[0]"]
    assert not inventory.refused
    assert "sante" in inventory.requests


def test_it_holds_on_its_last_day_and_not_on_the_next(project, exposed):
    exposed(deviation("POLICY-EXPOSURE"))

    assert not found(project, today=date(2027, 1, 31)).refused
    assert {each.code for each in found(project, today=date(2027, 2, 1)).findings if refused([each])} == {
        "POLICY-EXPOSURE",
        "POLICY-DEVIATION-EXPIRED",
    }


def test_it_sets_aside_no_other_rule(project, exposed, change):
    exposed(deviation("POLICY-EXPOSURE"))
    change(SANTE, ("level: intermediary", "level: minimal"))

    assert [each.code for each in found(project).findings if refused([each])] == ["POLICY-HARDENING"]


def test_one_that_sets_nothing_aside_is_told_and_refuses_nothing(project, change):
    change(SANTE, ("review_by", f"deviations: [{{{deviation('POLICY-EXPOSURE')}}}]\nreview_by"))

    inventory = found(project)

    assert [(each.code, each.severity) for each in inventory.findings] == [
        ("POLICY-DEVIATION-USELESS", Severity.WARNING)
    ]


def test_an_invalid_one_beside_a_valid_one_refuses(project, exposed):
    exposed(deviation("POLICY-EXPOSURE"), deviation("POLICY-EXPOSURE", owner="APDP"))

    assert [each.code for each in found(project).findings if refused([each])] == ["POLICY-DEVIATION-OWNER"]


def test_what_it_says_is_escaped(project, exposed):
    exposed(deviation("POLICY-EXPOSURE", reason='"[red]{fix}<b>"'))

    shown = found(project).findings[1]

    assert "[red]{fix}<b>" in shown.text("en")
    assert "{" not in shown.fix("en")


def test_a_country_decides_what_may_be_set_aside(project, exposed, change):
    exposed(deviation("POLICY-EXPOSURE"))
    change("countries/ml.yaml", ("      - POLICY-EXPOSURE\n", ""))

    assert {each.code for each in found(project).findings if refused([each])} == {
        "POLICY-EXPOSURE",
        "POLICY-DEVIATION-FORBIDDEN",
    }


def test_what_the_schema_lets_a_country_mark_are_rules_of_policy():
    rules = schema_of("country")["properties"]["policy"]["properties"]["deviations"]["properties"]["rules"]

    assert [code for code in rules["items"]["enum"] if code not in POLICY_MESSAGES] == []
    never = {"POLICY-CLOSED-PORT", "POLICY-UNENCRYPTED", "POLICY-NAME", "POLICY-NATURE"}
    assert never & set(rules["items"]["enum"]) == set()
    assert never <= set(MESSAGES)
