"""Which words pass for others, and which are words of their own."""
# ruff: noqa: RUF001  letters that are taken for others are what this is about

import pytest

from infra.intake.lookalikes import lookalike


@pytest.mark.parametrize(
    ("text", "word", "name"),
    [
        ("Ministère de la Sаnté", "Sаnté", "U+0430"),
        ("Bεrε", "Bεrε", "U+03B5"),
        ("la СОЅ", "СОЅ", "U+0421"),
        ("ΑΝΤΕ", "ΑΝΤΕ", "U+0391"),
        ("СΑΝΤΕ", "СΑΝΤΕ", "U+0421"),
        ("𝐒𝐚𝐧𝐭𝐞", "𝐒𝐚𝐧𝐭𝐞", "U+1D412"),
        ("ｓａｎｔｅ", "ｓａｎｔｅ", "U+FF53"),
        ("l'аccord", "аccord", "U+0430"),
        ("S\u0301а", "Sа", "U+0430"),
        ("2а", "2а", "U+0430"),
    ],
)
def test_a_word_that_passes_for_another_is_found(text, word, name):
    found = lookalike(text)

    assert found is not None
    assert (found.word, found.name) == (word, name)


@pytest.mark.parametrize(
    "text",
    [
        "Ministère de la Santé, l’État, l'œuvre, Nº 3, 10 µs, n.ᵒ",
        "Sante\u0301 publique, dé\u0327cembre",
        "Bɛrɛ ɔ Ɓe ƴ, ŋana, yanʼuwa, Soŋay",
        "وزارة الصحة, ⵜⴰⵏⵎⵎⵉⵔⵜ, ߒߞߏ, 𞤊𞤵𞤤𞤬𞤵𞤤𞤣𞤫",
        "Общество, жизнь, Αθήνα",
        "santé/وزارة, SIGFIP-الصحة",
        "",
        "2027-06-30 § 4 — 100 %",
    ],
)
def test_words_of_one_script_are_words(text):
    assert lookalike(text) is None
