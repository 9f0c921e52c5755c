"""What the judge asks beyond the catalogue is said once, and of nothing that the catalogue asks."""

import pytest

from infra.errors import JolibaError
from infra.hosts.catalogue import read_catalogue
from infra.hosts.judge import unanswered


def test_what_a_rule_of_ours_asks_is_not_said_to_be_beyond():
    asked = {name for rule in read_catalogue().rules.values() for name in rule.scap}

    assert unanswered()
    assert not asked & set(unanswered())


def test_a_reason_in_one_language_is_refused_and_one_in_both_is_taken(tmp_path):
    whole, half = tmp_path / "whole.yaml", tmp_path / "half.yaml"
    whole.write_text("schema: 1\nrules: {some_rule: {fr: Ainsi., en: So.}}\n")
    half.write_text("schema: 1\nrules: {some_rule: {en: So.}}\n")

    assert unanswered(whole) == {"some_rule": {"fr": "Ainsi.", "en": "So."}}
    with pytest.raises(JolibaError, match="half"):
        unanswered(half)
