"""The sheet's own words, in English and French: gettext catalogues read by Babel."""

import io
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALE = Path(__file__).parent / "locale"


def translations(lang: str) -> NullTranslations:
    """The translations of ``fr``; for English the texts themselves."""
    return NullTranslations() if lang == "en" else read_translations(LOCALE / lang / "LC_MESSAGES" / "sheet.po")


@cache
def read_translations(file: Path) -> GNUTranslations:
    """The translations of one catalogue's source file, compiled in memory."""
    with file.open("rb") as source:
        catalogue = read_po(source)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def day(value: date, lang: str) -> str:
    """A date in words: ``30 juin 2027``."""
    return format_date(value, format="long", locale=lang)


def number(value: float, lang: str) -> str:
    """A number with the language's separators; at most one decimal."""
    return format_decimal(value, format="#,##0.#", locale=lang)
