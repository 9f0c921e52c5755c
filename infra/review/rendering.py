"""A sheet as a page for a browser and for paper, and as Markdown for a forge.

All that a request says reaches the page through Jinja's escaping, or `markdown_text`; the page loads nothing and runs
nothing.
"""

import re
from pathlib import Path

import jinja2

from infra.intake.findings import printable
from infra.review import translation
from infra.review.sheet import Sheet

TEMPLATES = Path(__file__).parent / "templates"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$@&:-])")


def html(sheet: Sheet) -> str:
    """The sheet as one self-contained page, in its own language."""
    style = (TEMPLATES / "sheet.css").read_text(encoding="utf-8")
    return _render("sheet.html.jinja", sheet, autoescape=True, style=style)


def markdown(sheet: Sheet) -> str:
    """The sheet as Markdown, in its own language."""
    return _render("sheet.md.jinja", sheet, autoescape=False)


def markdown_text(text: str) -> str:
    """A text that Markdown shows as it is: no link, mention, image, table cell or HTML begins in it."""
    return _MARKDOWN.sub(r"\\\1", printable(text).replace("\n", " ")).replace("://", ":&#47;/").replace("\\@", "&#64;")


def _render(template: str, sheet: Sheet, *, autoescape: bool, **more: str) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701  only Markdown goes without, which has its own escaping
        extensions=["jinja2.ext.i18n"],
        undefined=jinja2.StrictUndefined,
        finalize=(lambda value: value) if autoescape else _plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    told = translation.translations(sheet.lang)
    environment.install_gettext_translations(told, newstyle=True)  # type: ignore[attr-defined]  # by the extension
    return environment.get_template(template).render(sheet=sheet, lang=sheet.lang, **more)


def _plain(value: object) -> object:
    return markdown_text(value) if isinstance(value, str) else value
