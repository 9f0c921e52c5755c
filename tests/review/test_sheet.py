"""The decision sheet: what a director reads, in both languages, and what no request can do to it."""

import ast
import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from accessibility import violations
from babel.messages.pofile import read_po

from infra.intake.findings import Finding, Place
from infra.intake.inventory import read_site
from infra.intake.markdown_text import code
from infra.review import rendering, vocabulary
from infra.review.assembly import Facts, sheet
from infra.review.change import Action
from infra.review.since import compare
from infra.review.translation import LOCALE

ROOM = Path(rendering.__file__).parent
HOSTILE = [
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "| a | b | [x](http://evil.example) ![y](http://evil.example/z) `c` @equipe **d**",
    "${IFS}$(id)`id`",
    '"><svg onload=alert(1)>',
]


class Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture
def made(project):
    def make(tenant="etat-civil", lang="fr"):
        inventory = read_site(project, "ml-bko")
        return sheet(
            inventory.requests[tenant],
            Facts(inventory=inventory, findings=inventory.findings, commit="0123456789ab"),
            lang,
        )

    return make


@pytest.mark.parametrize("tenant", ["agriculture", "education", "etat-civil", "finances", "interieur", "justice"])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_sample_request_has_a_sheet_in_both_languages(made, tenant, lang):
    found = made(tenant, lang)

    page, text = Page(rendering.html(found)), rendering.markdown(found)

    assert found.tenant.ministry in page.text
    assert {"Fiche de décision" if lang == "fr" else "Decision sheet"} <= {
        *re.findall(r"Fiche de décision|Decision sheet", text)
    }
    assert "None" not in page.text


def test_the_sheet_says_what_is_asked_what_it_gets_costs_and_who_signs(made):
    text = Page(rendering.html(made())).text

    for said in (
        "Rien ne s'y oppose",
        "Registre national de l'état civil",
        "restreinte",
        "registre.base",
        "8 vCPU, 32\u00a0Gio de mémoire".replace("\u00a0", " "),
        "10.64.16.128/26",
        "actes.etat-civil.example",
        "Par mois",
        "Adresses publiques",
        "Progiciel d'indexation",
        "RSSI de l'État",
        "veille sur les données personnelles",
    ):
        assert said in text.replace("\u00a0", " "), said


def test_servers_that_some_rules_spare_are_told(made, project):
    assert {row["image"] for row in made().tiers} == {"debian-13"}

    file = project / "inventories/ml-bko/tenants/etat-civil.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("network: facade,", "network: facade, role: router,", 1))

    assert {row["image"] for row in made().tiers} == {"debian-13", "debian-13, router"}


def test_the_authority_signs_once_for_all_its_reasons(made):
    approvers = {each["name"]: each["reason"] for each in made().approvers}

    assert approvers["APDP"] == (
        "approuve ce qui porte la classification restreinte ; veille sur les données personnelles"
    )
    assert list(approvers) == ["Direction nationale de l'état civil", "RSSI de l'État", "APDP"]


@pytest.fixture
def compared(repository):
    """The sheet of a tenant after the health ministry asked for one more server of its application."""
    request = "inventories/ml-bko/tenants/sante.yaml"
    repository.change(request, "count: 2, flavor: SCS-2V-8", "count: 3, flavor: SCS-2V-8")
    repository.commit()
    inventory = read_site(repository.root, "ml-bko")
    (comparison,) = compare(repository.root, "main", ["ml-bko"])
    facts = Facts(inventory=inventory, findings=(), commit="0123456789ab", comparison=comparison, since="main")
    return lambda tenant: sheet(inventory.requests[tenant], facts, "fr")


def test_the_sheet_of_a_change_tells_room_and_price_before_and_after(compared):
    found = compared("sante")
    text, written = Page(rendering.html(found)).text.replace("\u00a0", " "), rendering.markdown(found)

    (vcpus,) = [row for row in found.capacity if row["what"] == "vCPU"]
    assert [vcpus[key].replace("\u00a0", " ") for key in ("before", "percent_before", "after", "percent")] == [
        "190", "3,6 %", "192", "3,7 %",
    ]  # fmt: skip
    assert "Avant le changement Après le changement" in text
    assert "190 3,6 % 192 3,7 %" in re.sub(r" +", " ", text)
    month, year = found.cost["change"], found.cost["change_year"]
    assert (month[0], year[0]) == ("+", "+")
    for said in ("Écart par mois", "Écart par an", "Écart de coût"):
        assert said in text
        assert said in written
    assert text.count(re.sub(r"\s", " ", year)) == 2


def test_nothing_changes_in_the_sheet_of_a_tenant_that_another_ones_change_leaves_alone(compared):
    found = compared("justice")

    assert found.cost["change"] == "0\u00a0F\u202fCFA"
    assert all((row["before"], row["percent_before"]) == (row["after"], row["percent"]) for row in found.capacity)


def test_without_a_commit_to_compare_with_the_sheet_tells_the_room_without_the_request(made):
    text = Page(rendering.html(made())).text

    assert "Sans la demande Avec la demande" in text
    assert "Écart" not in text


def test_the_page_loads_and_runs_nothing(made):
    page = Page(rendering.html(made()))

    assert not {"script", "img", "link", "iframe", "object", "embed", "form", "a"} & {tag for tag, _ in page.elements}
    assert not [
        name for _, values in page.elements for name in values if name.startswith("on") or name in {"src", "href"}
    ]
    policy = [
        values for tag, values in page.elements if tag == "meta" and "content" in values and "http-equiv" in values
    ]
    assert policy[0]["content"].startswith("default-src 'none'")


@pytest.mark.parametrize("width", [360, 1200])
def test_in_a_browser_the_page_is_whole_asks_for_nothing_and_fits_the_screen(made, browser, tmp_path, width):
    file = tmp_path / "sheet.html"
    file.write_text(rendering.html(made()), encoding="utf-8")
    page, told = browser.new_page(viewport={"width": width, "height": 800}), []
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda asked: told.append(asked.url))

    page.goto(file.as_uri())

    assert told == [file.as_uri()]
    assert page.title() == "Fiche de décision · ml-bko.etat-civil"
    assert page.get_by_role("img").bounding_box()["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("row", name="Internet registre.api 443/tcp").is_visible()


@pytest.fixture
def opened(browser, tmp_path):
    """``opened(sheet, **context)``: its page as somebody sees it."""
    contexts = []

    def show(found, **options):
        file = tmp_path / "sheet.html"
        file.write_text(rendering.html(found), encoding="utf-8")
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.goto(file.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_an_audit_of_accessibility_finds_nothing_in_the_sheet(made, opened, lang, colours):
    assert violations(opened(made(lang=lang), color_scheme=colours)) == []


def test_an_audit_of_accessibility_finds_nothing_in_the_sheet_of_a_change_that_loses_data_and_is_refused(
    compared, opened
):
    found = compared("sante")
    lost = replace(found.difference.changes[0], action=Action.DESTROY, loses_data=True)
    place = Place("inventories/ml-bko/tenants/sante.yaml", 5, 9, "reason")
    found = replace(
        found,
        difference=replace(found.difference, changes=(lost, *found.difference.changes)),
        findings=[Finding("SHAPE-DATE", place, {"found": "demain"})],
        operations=[{"action": "create", "type": "openstack:compute/instance:Instance", "name": "web"}],
    )

    assert violations(opened(found)) == []


def test_an_audit_of_accessibility_finds_what_is_wrong(made, opened):
    page = opened(made())

    page.evaluate("document.documentElement.removeAttribute('lang')")
    page.evaluate("document.querySelector('.where').style.color = '#ddd'")

    assert [each.partition(" ")[0] for each in violations(page)] == ["color-contrast", "html-has-lang"]


PAPER = {"width": 680, "height": 960}
"""A4 less its margins, in pixels of a page."""
SHARE_OF_WHITE = """async (png) => {
  const image = await createImageBitmap(await (await fetch(png)).blob());
  const drawn = new OffscreenCanvas(image.width, image.height).getContext("2d");
  drawn.drawImage(image, 0, 0);
  const { data } = drawn.getImageData(0, 0, image.width, image.height);
  let white = 0;
  for (let at = 0; at < data.length; at += 4) white += data[at] + data[at + 1] + data[at + 2] > 750;
  return (4 * white) / data.length;
}"""


def test_on_paper_the_sheet_is_dark_on_white_whole_and_no_wider_than_the_paper(made, opened, browser):
    page = opened(made(), color_scheme="dark", viewport=PAPER)
    page.emulate_media(media="print", color_scheme="dark")

    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    hidden = "[...document.querySelectorAll('.wide')].filter((part) => getComputedStyle(part).overflowX !== 'visible')"
    assert page.evaluate(f"{hidden}.length") == 0
    shot = base64.b64encode(page.screenshot(full_page=True)).decode()
    assert 0.7 < browser.new_page().evaluate(SHARE_OF_WHITE, f"data:image/png;base64,{shot}") < 0.99
    page.emulate_media(media="screen", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") != "rgb(27, 31, 36)"


@pytest.mark.parametrize("tenant", ["etat-civil", "finances", "agriculture"])
def test_no_row_and_no_drawing_is_torn_between_two_pages(made, opened, tenant):
    page = opened(made(tenant))
    page.emulate_media(media="print")

    parts = "[...document.querySelectorAll('tr, figure')]"
    assert page.evaluate(f"{parts}.filter((part) => getComputedStyle(part).breakInside !== 'avoid').length") == 0
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type /Page\b", printed)) <= 5


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_a_request_says_stays_text(made, project, hostile, lang):
    tags = [tag for tag, _ in Page(rendering.html(made("etat-civil", lang))).elements]
    file = project / "inventories/ml-bko/tenants/etat-civil.yaml"
    quoted = "'" + hostile.replace("'", "''") + "'"
    file.write_text(
        file.read_text(encoding="utf-8")
        .replace("Registre national de l'état civil, consulté par les administrations habilitées", quoted)
        .replace("Progiciel d'indexation livré avec un binaire setuid, corrigé dans sa version 12", quoted)
        .replace("name: Direction nationale de l'état civil", f"name: {quoted}"),
        encoding="utf-8",
    )

    found = made("etat-civil", lang)
    page, text = Page(rendering.html(found)), rendering.markdown(found)

    assert [tag for tag, _ in page.elements] == tags
    assert " ".join(page.words).count(hostile) == 4  # reason, owner, the deviation's reason, the owner's signature
    assert text.count(code(hostile)) == text.count(hostile) > 0


def test_a_refused_request_has_a_sheet_that_says_so(made, project):
    file = project / "inventories/ml-bko/site.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"cores: \d+", "cores: 10", text), encoding="utf-8")

    found = made()

    assert found.verdict == "refused"
    assert "Ne peut pas être acceptée en l'état" in Page(rendering.html(found)).text
    assert "CAPACITY-" in rendering.markdown(found)


def test_every_word_of_the_sheet_has_a_french_one():
    sources = "".join(path.read_text(encoding="utf-8") for path in ROOM.glob("templates/*.jinja"))
    asked = {text.replace('\\"', '"') for text in re.findall(r'_\("([^"]+)"', sources)}
    for node in ast.walk(ast.parse((ROOM / "sheet.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say":
            asked |= {each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)}
    asked |= {*vocabulary.WORDS.values(), *vocabulary.BRINGS.values(), *vocabulary.REASONS.values()}
    asked |= {*vocabulary.ACTIONS.values()}
    with (LOCALE / "fr/LC_MESSAGES/sheet.po").open("rb") as file:
        french = {message.id: message.string for message in read_po(file) if message.id}

    assert {text for text in asked if not french.get(text)} == set()
    assert french.keys() - asked == set()
    fields = re.compile(r"%\((\w+)\)s")
    assert [text for text in asked if set(fields.findall(text)) != set(fields.findall(french[text]))] == []
