"""The reference pages of the catalogue are what it says."""

from infra.environment import CHECKOUT
from infra.hosts.catalogue import read_catalogue
from infra.hosts.catalogue_reference import COMMAND, pages
from infra.hosts.judge import unanswered


def test_the_pages_are_fresh():
    for path, text in pages().items():
        assert (CHECKOUT / path).read_text(encoding="utf-8") == text, f"run `{COMMAND}`"


def test_every_recommendation_and_rule_is_on_both_pages_and_what_the_judge_asks_beyond():
    catalogue = read_catalogue()
    for text in pages().values():
        lines = text.splitlines()
        *numbers, _, _ = [line.split()[1] for line in lines if line.startswith("## ")]
        assert numbers == list(catalogue.recommendations)
        assert [line.split("`")[1] for line in lines if line.startswith("| `")] == [*catalogue.rules, *unanswered()]
