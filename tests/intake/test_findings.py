import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from infra.intake import messages
from infra.intake.findings import Finding, Place, Severity, language, ordered, path_text, printable, refused
from infra.intake.messages import LOCALE, MESSAGES
from infra.intake.sources import SOURCES, source_of
from infra.wording import LOCALE as COMMANDS
from infra.wording import catalogue

INFRA = Path(messages.__file__).parents[1]
TEXTS = sorted({text for message in MESSAGES.values() for text in (message.text, message.fix) if text})


def _french() -> dict[str, str]:
    found = {}
    for path in sorted((LOCALE / "fr/LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            told = {message.id: message.string for message in read_po(file) if message.id}
        assert not found.keys() & told.keys(), f"{path.name} repeats another catalogue"
        found |= told
    return found


def test_every_message_has_a_french_text_with_the_same_values():
    french = _french()

    assert [text for text in TEXTS if not french.get(text)] == []
    fields = re.compile(r"(?<!\{)\{(\w+)\}")
    assert [text for text in TEXTS if set(fields.findall(text)) != set(fields.findall(french[text]))] == []


def test_the_catalogue_has_no_message_that_nobody_says():
    assert [text for text in _french() if "{" in text and text not in TEXTS] == []


def test_every_code_is_said_somewhere():
    sources = "".join(
        file.read_text(encoding="utf-8") for file in INFRA.rglob("*.py") if not file.stem.endswith("messages")
    )
    composed = re.compile(r"NAME-UNKNOWN-([A-Z-]+)")

    said = [
        code for code in MESSAGES if f'"{code}"' in sources or ((m := composed.match(code)) and f'"{m[1]}"' in sources)
    ]

    assert said == list(MESSAGES)


def test_every_code_has_a_source_that_can_be_looked_up():
    assert [code for code, message in MESSAGES.items() if not message.source] == []

    named = {part for message in MESSAGES.values() for part in re.findall(r"Joliba, `([^`]+)`", message.source)}
    assert [part for part in named if not list(INFRA.parent.glob(f"{part}*"))] == []
    assert len(named) > 5


def test_no_source_is_left_that_no_code_has():
    used = {message.source for message in MESSAGES.values()}

    assert [beginning for beginning, source in SOURCES.items() if source not in used] == []
    assert source_of("STRANGE-CODE") == ""


@pytest.mark.parametrize("code", ["POLICY-TRANSFER", "POLICY-TRANSFER-HEALTH", "POLICY-NATURE", "POLICY-UNENCRYPTED"])
def test_the_law_is_the_source_of_what_it_asks(code):
    law = "Loi n° 2013-015, article 9"
    values = dict.fromkeys(("found", "country", "nature_word", "authority", "least", "accepted"), "x")

    finding = Finding(code, Place("x.yaml"), {**values, "law": law})

    assert finding.source("fr").split("; ")[0] == law
    assert finding.as_dict("en")["source"] == finding.source("en")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "fr_ML.UTF-8"}, "fr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR", "LC_ALL": "en_US"}, "en"),
        ({"LANG": "en_US", "JOLIBA_LANG": "fr"}, "fr"),
        ({"LC_MESSAGES": "fr", "LANG": "en_US"}, "fr"),
    ],
)
def test_the_language_is_the_users(variables, expected):
    assert language(variables) == expected


def test_a_finding_is_told_in_two_languages_with_what_was_found():
    finding = Finding("SHAPE-DATE", Place("x.yaml", 3, 4, "review_by"), {"found": "demain"})

    assert finding.text("en") == "demain is no day of the calendar."
    assert finding.text("fr") == "demain n'est pas un jour du calendrier."
    assert finding.as_dict("fr")["code"] == "SHAPE-DATE"


def test_what_a_file_says_can_neither_move_the_cursor_nor_fill_our_own_fields():
    finding = Finding("SHAPE-DATE", Place("x.yaml"), {"found": "\x1b[2J{fix}\u202e\n"})

    assert finding.text("en") == r"\x1b[2J{fix}\u202e\x0a is no day of the calendar."


def test_paths_are_told_with_quotes_where_a_key_is_not_plain():
    assert path_text(("a", "b.c", 2, "d")) == 'a["b.c"][2].d'
    assert path_text(("x\u202e",)) == '["x\\u202e"]'


def test_long_values_are_cut():
    assert len(printable("x" * 10_000)) < 100


def test_findings_are_sorted_by_place_and_told_once():
    first, second = Finding("YAML-EMPTY", Place("a", 2)), Finding("YAML-EMPTY", Place("a", 10))

    assert ordered([second, first, second]) == [first, second]


def test_warnings_refuse_nothing():
    warning = Finding("YAML-EMPTY", Place("a"), severity=Severity.WARNING)

    assert (refused([warning]), refused([warning, Finding("YAML-EMPTY", Place("a"))])) == (False, True)


CONTRACTED = re.compile(r"\b[Dd]e \{(approver|owner|country)\}")
"""What stands before a name with an article of its own, which French would contract: *le RSSI*."""
ALONE = re.compile(r"\{(length|count)\} (caractères|entrées|ressources|locataires servis)")
"""A number that may be 1 before a noun in the plural."""


def test_french_neither_contracts_wrongly_nor_counts_one_in_the_plural():
    told = [*_french().values(), *catalogue(COMMANDS, "fr").values()]

    assert [text for text in told if CONTRACTED.search(text) or ALONE.search(text)] == []
    assert Finding("SHAPE-LENGTH", Place("x"), {"length": "1"}).text("fr") == "Nombre de caractères du texte : 1."
    assert Finding("SHAPE-COUNT", Place("x"), {"count": "1"}).text("en") == "Entries here: 1."


def test_french_has_one_word_for_the_cloud():
    files = [*LOCALE.glob("fr/LC_MESSAGES/*.po"), *(INFRA / "review").rglob("*.po"), *COMMANDS.rglob("*.po")]

    assert len(files) > 7
    assert [file.name for file in files if "nuage" in file.read_text(encoding="utf-8")] == []
