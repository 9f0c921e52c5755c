"""Our own texts in the user's language: English stands in the code, French in gettext's catalogues."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
"""The catalogues of what commands and the program say; findings and sheets have their own."""


def say_in(lang: str, text: str, **values: object) -> str:
    """A text of ours in ``en`` or ``fr``, filled; without values it is taken as it is."""
    told = text if lang == "en" else catalogue(LOCALE, lang).get(text, text)
    return told.format(**values) if values else told


def language(environ: Mapping[str, str] | None = None) -> str:
    """The user's language, ``en`` or ``fr``: from JOLIBA_LANG, then LC_ALL, LC_MESSAGES, LANG; else English."""
    variables = os.environ if environ is None else environ
    for name in ("JOLIBA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := variables.get(name):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


@cache
def catalogue(locale: Path, lang: str) -> Mapping[str, str]:
    """All translations below a folder of catalogues, by their English texts."""
    from babel.messages.pofile import read_po  # noqa: PLC0415  80 ms that only French needs

    found: dict[str, str] = {}
    for file in sorted((locale / lang / "LC_MESSAGES").glob("*.po")):
        with file.open("rb") as content:
            messages = read_po(content, locale=lang)
        found |= {str(message.id): str(message.string) for message in messages if message.id and message.string}
    return found
