"""Words that pass for others: Latin letters beside those of another script, or only letters that look like Latin ones.

A word of another script by itself is a word (Arabic, Tifinagh, N'Ko, Adlam), and so is any word in Latin letters with
whatever marks. The standard library knows no scripts, but names every letter after its own.
"""

# ruff: noqa: RUF001  letters that are taken for others are what this is about

import re
import unicodedata
from typing import NamedTuple

_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo"})
_NEUTRAL = frozenset("ªºµ")
"""Letters that are written like signs: nº, µs."""
_WORD = re.compile(r"[^\W_]+")
"""Of a text without combining marks, at which it would end."""
_TWINS = frozenset(
    "АВЕЅІЈКМНОРСТУХҮҺаеѕіјорсухԁԛԝһѵӏ"  # Cyrillic
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανυιρϲϳ"  # Greek
    "ՕՏՍօոսցհ"  # Armenian
    "ᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᎾᏢᏒᏚᎢᏙᎳᏃ"  # Cherokee
    "ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ"  # Lisu
)
"""Letters that a reader takes for Latin ones, of the scripts that Unicode's list of confusables has most of."""


class Lookalike(NamedTuple):
    """A word that passes for another, and the first letter of it that is not Latin, with Unicode's name."""

    word: str
    letter: str
    name: str


def lookalike(text: str) -> Lookalike | None:
    """The first word of a text that passes for another."""
    for word in _WORD.findall("".join(each for each in text if unicodedata.category(each)[0] != "M")):
        letters = [character for character in word if is_letter(character)]
        foreign = [character for character in letters if not is_latin(character)]
        if foreign and (len(foreign) < len(letters) or all(map(is_twin, foreign))):
            return Lookalike(word, foreign[0], f"U+{ord(foreign[0]):04X}")
    return None


def is_latin(letter: str) -> bool:
    """Whether a letter is of the Latin script, not only drawn like it (fullwidth, mathematical)."""
    return unicodedata.name(letter, "").startswith("LATIN ")


def is_twin(letter: str) -> bool:
    """Whether a letter of no Latin script is taken for a Latin one."""
    plain = unicodedata.normalize("NFKC", letter)
    return letter in _TWINS or (plain.isascii() and plain.isalpha() and not is_latin(letter))


def is_letter(character: str) -> bool:
    """Whether a character counts in a word's script: no digit, no modifier, no sign."""
    return unicodedata.category(character) in _LETTERS and character not in _NEUTRAL
