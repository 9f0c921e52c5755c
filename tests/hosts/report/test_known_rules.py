"""What reports take from the catalogue."""

import json

from run_records import TODAY

from infra.hosts.catalogue import read_catalogue
from infra.hosts.record import Verdict
from infra.hosts.report import json_form, page
from infra.hosts.report.contents import contents
from infra.hosts.report.known_rules import known_rules, unprobed


def test_every_recommendation_of_the_catalogue_is_told_by_its_rules_or_by_its_answer():
    told = {rule.recommendation for rule in known_rules().values()}
    otherwise = {each.number for each in unprobed()}

    assert told | otherwise == set(read_catalogue().recommendations)
    assert told & otherwise == set()


def test_every_rule_has_a_title_and_a_reason_in_both_languages():
    assert [rule.rule for rule in known_rules().values() if not all(
        text.get(lang) for text in (rule.title, rule.reason, rule.recommended) for lang in ("en", "fr")
    )] == []  # fmt: skip


def test_what_is_answered_otherwise_is_on_the_page_and_in_the_json(small):
    made = contents(small(Verdict.PASS), made=TODAY, known=known_rules(), unprobed=unprobed())

    assert [each["number"] for each in json.loads(json_form.render(made, "en"))["derived"]["unprobed"]] == [
        each.number for each in unprobed()
    ]
    for lang, title in (("en", "Recommendations answered otherwise"), ("fr", "Recommandations traitées autrement")):
        assert (title in page.render(made, lang)) is bool(unprobed())
        assert title not in page.render(contents(small(Verdict.PASS), made=TODAY, known={}), lang)
