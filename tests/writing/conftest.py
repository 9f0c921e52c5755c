"""The request form in a real browser: Debian's Chromium, driven by Playwright."""

from datetime import date

import pytest
from request_form import ROOT, SITE, Form, fill_sante

from infra.writing.catalogue import catalogue_of
from infra.writing.form_page import form_page

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def form_files(tmp_path_factory):
    """The page of each language, in a file."""
    folder = tmp_path_factory.mktemp("form")
    for lang in ("en", "fr"):
        page = form_page(ROOT, catalogue_of(ROOT, SITE), lang, TODAY)
        (folder / f"{lang}.html").write_text(page, encoding="utf-8")
    return folder


def watched(context, address: str, problems: list[str]):
    """A page of the context, opened; what it asks for or complains of is added to the problems."""
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    expected = (address, "blob:")  # the file that is downloaded is made by the page itself
    page.on("request", lambda asked: asked.url.startswith(expected) or problems.append(f"request: {asked.url}"))
    page.clock.set_fixed_time(f"{TODAY}T12:00:00")  # as check's, by JOLIBA_TODAY
    page.goto(address)
    return page


@pytest.fixture
def open_form(browser, form_files):
    """``open_form(lang, **context)``: the page as somebody sees it; at the end it asked for nothing, and is whole."""
    contexts, problems = [], []

    def opened(lang: str = "en", **options) -> Form:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        return Form(watched(context, (form_files / f"{lang}.html").as_uri(), problems))

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def typed(browser, form_files):
    """The English page with the sample request, typed once, and what it complains of."""
    problems: list[str] = []
    form = Form(watched(browser.new_context(), (form_files / "en.html").as_uri(), problems))
    fill_sante(form)
    form.page.evaluate(_KEEP)
    yield form, problems
    form.page.context.close()


@pytest.fixture
def filled(typed):
    """The English page as it was when the sample request had been typed in."""
    form, problems = typed
    form.page.evaluate(_RESTORE)
    yield form
    assert problems == []
    problems.clear()


_KEEP = """() => {
    window.kept = [...form.children].map((child) => child.cloneNode(true));
    window.chosen = [...form.querySelectorAll("select")].map((select) => select.value);
}"""
_RESTORE = """() => {
    everythingShown = false;
    form.replaceChildren(...window.kept.map((child) => child.cloneNode(true)));
    form.querySelectorAll("select").forEach((select, at) => { select.value = window.chosen[at]; });
    refresh();
}"""
