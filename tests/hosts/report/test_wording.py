"""The report's own words: every one of them in French too."""

import ast
import re
from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from infra.hosts.catalogue import Answer
from infra.hosts.record import Assessment, Kind, Verdict
from infra.hosts.report import csv_table, page_data, wording
from infra.hosts.report.drift import Cause
from infra.hosts.report.register import State
from infra.hosts.report.rule_text import Weight

ROOM = Path(wording.__file__).parent
_PLURAL = "%(num)s hosts"


def asked_for() -> set[str]:
    """Every text that the template, the modules and the vocabularies ask the catalogue for."""
    template = (ROOM / "report.html.jinja").read_text(encoding="utf-8")
    asked = set(re.findall(r'\b(?:_|ngettext)\("([^"]+)"', template))
    for file in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
                "gettext", "ngettext", "say", "_say",
            ):  # fmt: skip
                asked |= {
                    each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
    told = [*wording.WORDS.values(), *wording.LEVEL_WORDS.values(), *wording.ACCELERATORS.values(), *wording.PROBLEMS]
    return asked.union(told, csv_table.COLUMNS, page_data._SAID) - {_PLURAL}


def french(name: str = "report") -> dict[str, str]:
    with (ROOM / f"locale/fr/LC_MESSAGES/{name}.po").open("rb") as file:
        found = {message.id: message.string for message in read_po(file) if message.id}
    return {
        key if isinstance(key, str) else key[0]: text if isinstance(text, str) else text[1]
        for key, text in found.items()
    }


def test_every_word_has_a_french_one_and_none_is_left_over():
    told = french()

    assert {text for text in asked_for() if not told.get(text)} == set()
    assert told.keys() - asked_for() == set()
    values = re.compile(r"%\(\w+\)s|\{\w+\}")
    assert [text for text in told if sorted(values.findall(text)) != sorted(values.findall(told[text]))] == []


@pytest.mark.parametrize("name", ["report", "reasons"])
def test_french_has_a_no_break_space_before_its_signs(name):
    assert [text for text in french(name).values() if re.search(r"[^\N{NO-BREAK SPACE}][:;?!](?:\s|$)", text)] == []


def test_the_scripts_ask_for_no_word_that_they_do_not_get():
    scripts = "".join(file.read_text(encoding="utf-8") for file in ROOM.glob("*.js"))
    asked = {*re.findall(r'data\.words\["([^"]+)"\]', scripts), *re.findall(r'\btell\("([^"]+)"', scripts)}

    assert asked - {"Remedied by this run"} <= {*page_data._SAID}
    assert {*page_data._SAID} - asked - {"Remedied by this run"} == set()


@pytest.mark.parametrize("vocabulary", [Answer, Verdict, Assessment, Kind, Weight, State, Cause])
def test_every_member_of_a_vocabulary_has_a_word(vocabulary: type[StrEnum]):
    told = [wording.word(member, lang) for member in vocabulary for lang in ("en", "fr")]

    assert all(told)
    assert len({wording.word(member, "en") for member in vocabulary}) == len(vocabulary)
