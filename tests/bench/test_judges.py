"""What the independent judge is told: the whole profile of a level, and values that the catalogue explains."""

import xml.etree.ElementTree as ET

import pytest

from infra.bench.judges import VALUES, tailoring
from infra.hosts.catalogue import read_catalogue
from infra.model.classification import HardeningLevel

XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"


@pytest.mark.parametrize("level", list(HardeningLevel))
def test_a_tailored_profile_has_all_rules_of_its_level_and_differs_in_values_alone(level):
    (profile,) = ET.fromstring(tailoring(level)).iter(f"{XCCDF}Profile")  # noqa: S314  our own

    assert profile.get("extends") == f"xccdf_org.ssgproject.content_profile_anssi_bp28_{level}"
    assert [each.tag.removeprefix(XCCDF) for each in profile] == ["title", *["set-value"] * len(VALUES)]
    assert [each.text for each in profile.iter(f"{XCCDF}set-value")] == list(VALUES.values())


def test_each_value_that_the_judge_is_given_is_what_the_rule_expects_and_is_explained_there():
    for name, value in VALUES.items():
        (rule,) = (each for each in read_catalogue().rules.values() if name.removesuffix("_value") in each.scap)

        assert str(rule.expected) == value
        assert rule.judge
