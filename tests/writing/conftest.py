"""The request form in a real browser: Debian's Chromium, driven by Playwright."""

import shutil
from datetime import date

import pytest

from infra.writing.catalogue import catalogue_of
from infra.writing.form_page import form_page
from request_form import ROOT, SITE, Form, fill_sante

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium: apt-get install chromium (scripts/test does it as root)")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])  # also as root
        yield started
        started.close()


@pytest.fixture(scope="session")
def form_files(tmp_path_factory):
    """The page of each language, in a file."""
    folder = tmp_path_factory.mktemp("form")
    for lang in ("en", "fr"):
        page = form_page(ROOT, catalogue_of(ROOT, SITE), lang, TODAY)
        (folder / f"{lang}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
def open_form(browser, form_files):
    """``open_form(lang, **context)``: the page as somebody sees it; at the end it has asked for nothing, and is whole."""
    contexts, problems = [], []

    def opened(lang: str = "en", **options) -> Form:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        address = (form_files / f"{lang}.html").as_uri()
        page.on("request", lambda request: request.url == address or problems.append(f"request: {request.url}"))
        page.goto(address)
        return Form(page)

    yield opened
    for context in contexts:
        context.close()
    allowed = "request: blob:"  # the file that is downloaded, made by the page itself
    assert [problem for problem in problems if not problem.startswith(allowed)] == []


@pytest.fixture
def filled(open_form):
    """The English page with the sample request typed in."""
    form = open_form()
    fill_sante(form)
    return form
