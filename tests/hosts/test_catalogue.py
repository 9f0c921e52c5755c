"""The catalogue is whole, and says what it may."""

import pytest

from infra.errors import JolibaError
from infra.hosts.catalogue import Answer, chosen, read_catalogue

CATALOGUE = read_catalogue()


def test_a_person_may_name_recommendations_and_rules():
    assert chosen(CATALOGUE, ["r9", "kernel-pointers-hidden"]) == ("R9", "kernel-pointers-hidden")


def test_a_name_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(JolibaError, match="did you mean kernel-pointers-hidden"):
        chosen(CATALOGUE, ["kernel-pointer-hidden"])


def test_what_no_rule_looks_at_is_not_asked_alone():
    for names in (["R2"], ["r2", "R4"]):
        with pytest.raises(JolibaError, match="no rule looks at hosts"):
            chosen(CATALOGUE, names)

    assert chosen(CATALOGUE, ["R2", "R9"]) == ("R2", "R9")
    assert chosen(CATALOGUE, []) == ()


def test_a_rollback_leaves_what_the_running_host_goes_on_writing():
    written = ("/var/log/", "/var/spool/", "/var/lib/systemd/", "/run/", "/home/")
    for recommendation in CATALOGUE.recommendations.values():
        if recommendation.number.startswith("R"):
            inside = [path for path in recommendation.touches.files if path.startswith(written)]
            assert not inside, recommendation.number


def test_what_loads_a_firewall_has_its_tables_saved():
    loads = {rule.recommendation for rule in CATALOGUE.rules.values() if "firewall_flows" in rule.probe}
    assert loads
    assert all(CATALOGUE.recommendations[number].touches.firewall for number in loads)


def test_what_is_automated_can_be_remedied_and_what_is_asked_of_people_says_what_they_show():
    for recommendation in CATALOGUE.recommendations.values():
        remedied = [rule for rule in recommendation.rules.values() if rule.remedied]
        assert bool(remedied) == (recommendation.answer is Answer.AUTOMATED), recommendation.number
        assert bool(recommendation.evidence) == (recommendation.answer is Answer.ORGANISATIONAL), recommendation.number
        if recommendation.answer is Answer.AUDITED:
            assert recommendation.rules, recommendation.number
