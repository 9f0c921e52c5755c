"""A sheet as a page for a browser and for paper, and as Markdown for a forge.

All that a request says reaches the page through Jinja's escaping, and Markdown as code, in which no forge looks for
mentions or addresses. The page loads nothing and runs nothing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from infra.intake.findings import END, FOUND, printable
from infra.intake.markdown_text import code, prose, sentence
from infra.review import translation
from infra.review.sheet import Sheet

TEMPLATES = Path(__file__).parent / "templates"
_MARKS = str.maketrans("", "", FOUND + END)
_COMMON: dict[str, Any] = {
    "loader": jinja2.FileSystemLoader(TEMPLATES),
    "undefined": jinja2.StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
}


def html(sheet: Sheet) -> str:
    """The sheet as one self-contained page, in its own language."""
    environment = jinja2.Environment(autoescape=True, finalize=_unmarked, extensions=["jinja2.ext.i18n"], **_COMMON)
    told = translation.translations(sheet.lang)
    environment.install_gettext_translations(told, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    style = (TEMPLATES / "sheet.css").read_text(encoding="utf-8")
    return environment.get_template("sheet.html.jinja").render(sheet=sheet, lang=sheet.lang, style=style)


def markdown(sheet: Sheet) -> str:
    """The sheet as Markdown, in its own language."""
    environment = jinja2.Environment(autoescape=False, finalize=_coded, **_COMMON)  # noqa: S701  see `_coded`
    environment.globals["_"] = _own_words(sheet)
    environment.globals["colon"] = _Own("\N{NO-BREAK SPACE}:" if sheet.lang == "fr" else ":")
    environment.filters["own"] = lambda text: _Own(prose(text))
    environment.filters["told"] = lambda text: _Own(sentence(text))
    return environment.get_template("sheet.md.jinja").render(sheet=sheet, lang=sheet.lang)


class _Own(str):
    """Markdown of our own."""

    __slots__ = ()


def _own_words(sheet: Sheet) -> Callable[..., _Own]:
    """Our texts in the sheet's language; what they are filled with is code."""

    def say(text: str, **values: str) -> _Own:
        told = prose(translation.translations(sheet.lang).gettext(text))
        return _Own(told % {name: code(printable(value)) for name, value in values.items()} if values else told)

    return say


def _coded(value: object) -> object:
    """Whatever is not our own text, as code."""
    return value if isinstance(value, _Own) or not isinstance(value, str) else code(printable(value))


def _unmarked(value: object) -> object:
    """A finding's text without its marks."""
    return value.translate(_MARKS) if isinstance(value, str) and not isinstance(value, Markup) else value
