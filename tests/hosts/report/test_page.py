"""The report's page in a real browser: Debian's Chromium, driven by Playwright."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from accessibility import violations
from run_records import TENANTS, TODAY, earlier_record, make_record, make_rules

from infra.hosts.record import Verdict
from infra.hosts.report import page, wording
from infra.hosts.report.contents import contents

CELLS = "#matrix td[class^=v-]"
LARGEST_PAGE = 2_500_000
"""Bytes of a page of 300 hosts and 250 rules with three runs' history; it was half of it when this was written."""


@pytest.fixture(scope="session")
def report_files(tmp_path_factory, fleet):
    folder = tmp_path_factory.mktemp("report")
    for lang in ("en", "fr"):
        (folder / f"{lang}.html").write_text(page.render(fleet, lang), encoding="utf-8")
    return folder


def shown_in(context, file, problems):
    """A page of the context; what it asks for or complains of is added to the problems."""
    shown = context.new_page()
    shown.set_default_timeout(30_000)
    shown.on("console", lambda message: problems.append(f"console: {message.text}"))
    shown.on("pageerror", lambda error: problems.append(f"error: {error}"))
    shown.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    shown.on("request", lambda asked: asked.url == file.as_uri() or problems.append(f"request: {asked.url}"))
    shown.goto(file.as_uri())
    return shown


@pytest.fixture
def opened(browser):
    """``opened(file, **context)``: the page as somebody sees it; at the end it asked for nothing, and is whole."""
    contexts, problems = [], []

    def show(file, **options):
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}))
        return shown_in(contexts[-1], file, problems)

    yield show
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture(scope="session")
def once(browser, report_files):
    """The English page, opened once, and what it complains of."""
    problems = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield shown_in(context, report_files / "en.html", problems), problems
    context.close()


@pytest.fixture
def english(once):
    """The English page as it is when it was just opened."""
    shown, problems = once
    shown.emulate_media(media="screen")
    shown.evaluate("dialog.close(); filters.reset(); clearTimeout(waiting); show(tabs[0])")
    shown.evaluate("new Promise((done) => setTimeout(done))")
    shown.evaluate("refresh()")
    yield shown
    assert problems == []


def choose(shown, **values):
    """Sets filters and waits for what they come to."""
    for name, value in values.items():
        shown.locator("#matrix table").evaluate("(table) => { table.dataset.old = 1; }")
        field = shown.locator(f"#f-{name}")
        field.fill(value) if name == "search" else field.select_option(value)
        shown.locator("#matrix table:not([data-old])").wait_for(state="attached")


def kinds(shown) -> dict[str, int]:
    """How many cells there are of each verdict."""
    return shown.evaluate(
        f"""() => [...document.querySelectorAll("{CELLS}")].reduce(
            (found, cell) => ({{...found, [cell.className]: (found[cell.className] ?? 0) + 1}}), {{}})"""
    )


def count(fleet, verdict, hosts=lambda host: True, rules=lambda rule: True):  # noqa: ARG005
    return sum(
        each.verdict is verdict and rules(fleet.rules[each.rule])
        for host in fleet.record.hosts
        if hosts(host)
        for each in host.verdicts
    )


def test_every_verdict_is_a_cell_and_every_host_a_row(english, fleet):
    expected = {f"v-{verdict}": count(fleet, verdict) for verdict in Verdict}

    assert kinds(english) == expected
    assert english.locator("#matrix tbody tr[data-host]").count() == len(fleet.record.hosts)
    assert english.locator("#matrix td.missing").count() == len(fleet.not_assessed) == 1
    assert english.locator("#matrix thead tr:last-child th").count() == len(fleet.rules)


FILTERS = {
    "verdict": ({"verdict": "0"}, lambda fleet, verdict: count(fleet, verdict) if verdict is Verdict.FAIL else 0),
    "wrong": ({"verdict": "wrong"}, lambda fleet, verdict: count(fleet, verdict)
              if verdict in (Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED) else 0),
    "tenant": ({"tenant": "ml-bko.justice"},
               lambda fleet, verdict: count(fleet, verdict, lambda host: host.tenant == "justice")),
    "level": ({"level": "high"}, lambda fleet, verdict: count(fleet, verdict, lambda host: host.level == "high")),
    "recommendation": ({"recommendation": "R33"}, lambda fleet, verdict: count(
        fleet, verdict, rules=lambda rule: rule.recommendation == "R33")),
    "severity": ({"severity": "high"}, lambda fleet, verdict: count(
        fleet, verdict, rules=lambda rule: rule.severity == "high")),
    "all together": ({"verdict": "0", "tenant": "ml-bko.justice", "recommendation": "R9", "search": "base kernel"},
                     lambda fleet, verdict: count(fleet, verdict,
                         lambda host: host.tenant == "justice" and host.tier == "base",
                         lambda rule: rule.recommendation == "R9") if verdict is Verdict.FAIL else 0),
    "search a rule": ({"search": "ROOT-login"}, lambda fleet, verdict: count(
        fleet, verdict, rules=lambda rule: rule.recommendation == "R33")),
    "search a ministry": ({"search": "economie"}, lambda fleet, verdict: count(
        fleet, verdict, lambda host: host.tenant == "finances")),
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_leaves_the_cells_that_it_is_for(name, english, fleet):
    chosen, expected = FILTERS[name]

    choose(english, **chosen)

    assert kinds(english) == {f"v-{verdict}": number for verdict in Verdict if (number := expected(fleet, verdict))}


def test_what_was_observed_is_found_by_search(english, fleet):
    choose(english, search="111/tcp")

    seen = sum("111/tcp" in (each.effective or "") for host in fleet.record.hosts for each in host.verdicts)
    assert sum(kinds(english).values()) == seen > 0


def test_the_tables_and_the_status_follow_the_filters(english, fleet):
    english.locator("#t-rules").click()
    choose(english, tenant="ml-bko.justice", verdict="0", recommendation="R9")

    rows = english.locator("#v-rules tbody tr:visible")
    told = sum(int(rows.nth(at).locator("td.n").first.inner_text()) for at in range(rows.count()))
    expected = count(
        fleet, Verdict.FAIL, lambda host: host.tenant == "justice", lambda rule: rule.recommendation == "R9"
    )
    assert told == expected > 0
    hosts, rules = len(set(english.locator("#matrix tr[data-host]").all())), rows.count()
    assert english.locator("#status").inner_text() == f"Hosts: {hosts}, rules: {rules}, verdicts: {expected}"
    assert english.locator("#v-hosts tbody tr:not([hidden])").count() == hosts


def test_not_assessed_hosts_can_be_asked_for_alone(english, fleet):
    choose(english, verdict="missing")

    assert kinds(english) == {}
    assert english.locator("#matrix td.missing").count() == len(fleet.not_assessed)


def test_the_numbers_of_a_page_agree_where_nothing_was_asked_of_a_host(opened, tmp_path, unasked):
    (tmp_path / "unasked.html").write_text(page.render(unasked, "en"), encoding="utf-8")
    shown = opened(tmp_path / "unasked.html")

    tiles = dict(zip(*(shown.locator(f".tile {tag}").all_inner_texts() for tag in ("dt", "dd")), strict=True))
    assert [tiles[name] for name in ("Hosts", "Not assessed", "Nothing asked", "✓ Passes")] == ["3", "1", "1", "1"]
    assert shown.locator("#status").inner_text() == "Hosts: 3, rules: 1, verdicts: 1"
    assert shown.locator("#matrix td.unasked").all_inner_texts() == ["Nothing asked"]
    assert shown.locator("#v-hosts td.unasked").count() == 1
    choose(shown, verdict="unasked")
    assert shown.locator("#status").inner_text() == "Hosts: 1, rules: 0, verdicts: 0"
    choose(shown, verdict="missing")
    assert shown.locator("#matrix td.missing").count() == 1
    assert shown.locator("#matrix td.unasked").count() == 0


@pytest.mark.parametrize("verdict", ["", "wrong", "missing"])
@pytest.mark.parametrize("other", [{"recommendation": "R33"}, {"severity": "high"}])
def test_hosts_that_were_not_assessed_stay_whatever_recommendation_or_severity_is_chosen(
    english, fleet, verdict, other
):
    choose(english, verdict=verdict, **other)

    assert english.locator("#matrix td.missing").count() == len(fleet.not_assessed)
    assert english.locator("#v-hosts tr:not([hidden]) td.missing").count() == len(fleet.not_assessed)
    choose(english, tenant=next(f"ml-bko.{name}" for name in TENANTS if name != fleet.not_assessed[0].tenant))
    assert english.locator("#matrix td.missing").count() == 0


@pytest.mark.parametrize("verdict", page.VERDICTS[:3])
def test_by_host_names_what_does_not_pass_within_the_filters_alone(english, fleet, verdict):
    lines = english.locator(f'#v-hosts tr:not([hidden]) td.wrong [data-verdict="{page.VERDICTS.index(verdict)}"]')

    def listed():
        return sorted(lines.locator("code").all_text_contents())

    recommendation = "R39" if verdict is Verdict.DEVIATION else "R33"
    choose(english, recommendation=recommendation)
    assert listed() == sorted(
        each.rule
        for host in fleet.record.hosts
        for each in host.verdicts
        if each.verdict is verdict and each.recommendation == recommendation
    ) != []  # fmt: skip
    assert {line.split(" ")[0] for line in lines.all_text_contents()} == {wording.word(verdict, "en")}

    choose(english, recommendation="")
    assert len(listed()) == count(fleet, verdict)


def test_paper_says_what_the_tables_are_filtered_by(english):
    english.emulate_media(media="print")
    assert not english.locator("#filtered").is_visible()
    english.emulate_media(media="screen")
    choose(english, recommendation="R33", search=" ssh ")
    assert not english.locator("#filtered").is_visible()

    english.emulate_media(media="print")

    told = english.locator("#filtered").inner_text()
    assert told.endswith("are filtered. Search: ssh; Recommendation: R33 · Recommendation R33")


def test_nothing_that_fits_is_said_and_show_all_brings_it_back(english, fleet):
    choose(english, search="no such thing")
    assert english.locator("#status").inner_text() == "Nothing fits."

    english.get_by_role("button", name="Show all").click()
    english.locator(CELLS).first.wait_for()

    assert sum(kinds(english).values()) == sum(len(host.verdicts) for host in fleet.record.hosts)


def test_the_keyboard_alone_reaches_a_cell_and_its_details_and_comes_back(english):
    english.locator("#t-matrix").focus()
    for _ in range(4):
        english.keyboard.press("Tab")
        if english.evaluate("document.activeElement.matches('td')"):
            break
    place = "(({parentElement, cellIndex}) => [parentElement.rowIndex, cellIndex])(document.activeElement)"
    start = english.evaluate(place)
    assert english.locator(f"{CELLS}[tabindex='0']").count() == 1

    english.keyboard.press("ArrowDown")
    english.keyboard.press("ArrowRight")
    moved = english.evaluate(place)
    english.keyboard.press("Enter")

    assert moved == [start[0] + 1, start[1] + 1]
    assert english.locator("dialog[open]").count() == 1
    assert english.evaluate("document.activeElement.closest('dialog') !== null")
    english.keyboard.press("Escape")
    assert english.evaluate(place) == moved
    assert english.locator(f"{CELLS}[tabindex='0']").count() == 1
    english.keyboard.press("Home")
    english.keyboard.press("ArrowUp")
    assert english.evaluate(place)[0] == start[0]


def test_a_cells_details_tell_what_was_observed_why_and_what_became_of_it(english, fleet):
    choose(english, verdict="0", recommendation="R80")
    english.locator(CELLS).first.click()

    told = english.locator("dialog").inner_text()

    for text in ("Only declared ports listen", "Fails", "ports-declared", "22/tcp, 443/tcp", "History", "Observed now"):
        assert text in told
    english.get_by_role("button", name="Close").click()
    assert english.locator("dialog[open]").count() == 0


def test_the_french_page_is_french(opened, report_files):
    shown = opened(report_files / "fr.html")
    text = shown.locator("body").inner_text()

    assert shown.locator("html").get_attribute("lang") == "fr"
    for word in (
        "Rapport de durcissement",
        "Non conforme",
        "Registre des dérogations",
        "Régression sur l'hôte",
        "Expirée",
    ):
        assert word in text
    for word in ("Fails", "Passes", "Unmeasured", "Never applied", "Owner"):
        assert word not in text


# --- accessible


def test_everything_has_a_name_and_tables_have_heads(english):
    found = english.evaluate("""() => {
        const name = (node) => node.getAttribute("aria-label") || node.labels?.[0]?.textContent
            || node.textContent.trim() || document.getElementById(node.getAttribute("aria-labelledby"))?.textContent;
        const wrong = [];
        const named = "input, select, button, section, [role=group], [role=tabpanel]";
        for (const node of document.querySelectorAll(named)) {
            if (!name(node)) wrong.push(node.outerHTML.slice(0, 80));
        }
        for (const table of document.querySelectorAll("table")) {
            for (const head of table.querySelectorAll("th:not([scope])")) wrong.push(`no scope: ${head.textContent}`);
            if (!table.querySelector("thead th")) wrong.push("no head");
        }
        const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
        if (new Set(ids).size !== ids.length) wrong.push("an id twice");
        for (const node of document.querySelectorAll("[aria-labelledby], [aria-controls], [aria-describedby]")) {
            for (const key of ["aria-labelledby", "aria-controls", "aria-describedby"]) {
                const id = node.getAttribute(key);
                if (id && !document.getElementById(id)) wrong.push(`${key}: ${id}`);
            }
        }
        for (const cell of document.querySelectorAll("#matrix td[class^=v-]")) {
            if (!cell.getAttribute("aria-label") || !cell.textContent) wrong.push("a cell without a word or a symbol");
        }
        return wrong;
    }""")
    levels = english.evaluate("[...document.querySelectorAll('h1, h2')].map((head) => head.tagName)")

    assert found == []
    assert levels[0] == "H1"
    assert levels.count("H1") == 1


CONTRAST = """() => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data]; };
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = (node) => { for (; node; node = node.parentElement) {
        const color = rgb(getComputedStyle(node).backgroundColor); if (color[3]) return color; }
        return [255, 255, 255]; };
    const seen = new Map();
    for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
        if (!own || !node.checkVisibility() || node.closest("script, style, svg, .unseen, .skip")) continue;
        const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) seen.set(`${node.tagName}.${node.className}`, ratio.toFixed(2));
    }
    return [...seen];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_by_day_and_by_night(scheme, opened, report_files):
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    shown = opened(report_files / "fr.html", color_scheme=scheme)

    assert shown.evaluate(CONTRAST) == []
    shown.evaluate("document.querySelector('.about').style.color = getComputedStyle(document.body).backgroundColor")
    assert shown.evaluate(CONTRAST) != []


def test_the_page_does_not_widen_on_a_telephone(opened, report_files):
    shown = opened(report_files / "fr.html", viewport={"width": 360, "height": 740})

    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


NARROWEST_NAME = 150
"""Pixels in which a host's name fits on three lines."""


@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (360, "screen"), (1031, "print")])
def test_hosts_names_by_host_do_not_break_letter_by_letter(opened, report_files, width, media):
    shown = opened(report_files / "fr.html", viewport={"width": width, "height": 740})
    shown.locator("#t-hosts").click()
    shown.emulate_media(media=media)

    widths = shown.locator("#v-hosts tbody th").evaluate_all("(all) => all.map((each) => each.offsetWidth)")
    assert min(widths) >= NARROWEST_NAME * (8.5 / 12 if media == "print" else 1)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


# --- paper, and no script


def test_paper_has_the_tables_and_not_what_only_a_screen_can_do(english):
    english.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = false; })")
    english.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    english.emulate_media(media="print")

    visible = {each: english.locator(each).first.is_visible() for each in
               ("#filters", ".tabs", "#v-rules", "#v-hosts", "#s-deviations", "#matrix")}  # fmt: skip
    assert visible == {"#filters": False, ".tabs": False, "#v-rules": True, "#v-hosts": True,
                       "#s-deviations": True, "#matrix": True}  # fmt: skip
    assert english.locator("details:not([open])").count() == 0
    assert english.pdf(format="A4", landscape=True).startswith(b"%PDF")
    english.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert english.locator("details[open]").count() == 0


def test_a_matrix_too_wide_for_paper_is_left_out_with_the_reason(opened, tmp_path):
    file = tmp_path / "wide.html"
    file.write_text(page.render(contents(make_record(6, 96), made=TODAY, known=make_rules(96)), "en"), encoding="utf-8")
    shown = opened(file)
    shown.emulate_media(media="print")

    assert not shown.locator("#matrix").is_visible()
    assert shown.locator(".unprinted").is_visible()
    shown.emulate_media(media="screen")
    choose(shown, recommendation="R33")
    shown.emulate_media(media="print")
    assert shown.locator("#matrix").is_visible()
    assert not shown.locator(".unprinted").is_visible()


def test_without_scripts_all_verdicts_stand_by_rule_and_by_host(opened, report_files):
    shown = opened(report_files / "en.html", java_script_enabled=False)

    assert shown.locator("noscript").count() == 1
    assert shown.locator("#v-rules tbody tr").first.is_visible()
    assert shown.locator("#v-hosts tbody tr").first.is_visible()
    assert not shown.locator("#filters").is_visible()


# --- what a host cannot do


HOSTILE = """</script><script>document.title='owned'</script><img src=x onerror="document.title='owned'">"""


def test_a_hosts_markup_is_shown_as_text_in_every_view(opened, tmp_path, small):
    record = small(Verdict.FAIL, Verdict.UNMEASURED, None)
    hosts = tuple(
        replace(host, name=f"{host.name}{HOSTILE}", tenant=HOSTILE, ministry=HOSTILE, problem=HOSTILE, level=HOSTILE,
                verdicts=tuple(replace(each, effective=HOSTILE, persistent=HOSTILE, expected=HOSTILE, why=HOSTILE,
                                       rule=f"r{HOSTILE}", recommendation=HOSTILE) for each in host.verdicts))
        for host in record.hosts
    )  # fmt: skip
    now = replace(record, hosts=hosts, notes=(HOSTILE,))
    before = replace(now, run="before", hosts=tuple(replace(each, verdicts=()) for each in hosts))
    file = tmp_path / "hostile.html"
    file.write_text(page.render(contents(now, made=TODAY, known={}, since=before), "en"), encoding="utf-8")
    shown = opened(file)

    shown.locator(CELLS).first.click()
    assert HOSTILE in shown.locator("dialog").inner_text()
    shown.keyboard.press("Escape")
    choose(shown, search="onerror=")
    assert "owned" not in shown.title().replace("owned'", "")
    assert shown.locator("img").count() == 0
    assert shown.locator("script").count() == 1 + len(page.SCRIPTS)


def test_the_policy_lets_run_only_what_the_page_was_made_with(report_files):
    text = (report_files / "en.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text).group(1).replace("&#39;", "'")
    parts = [re.search(r"(?s)<style>(.*?)</style>", text).group(1), *re.findall(r"(?s)<script>(.*?)</script>", text)]
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts]

    assert policy == (
        f"default-src 'none'; style-src {hashes[0]}; script-src {' '.join(hashes[1:])}; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.findall(r"\s(?:src|href|action|srcset|style)=(?!\"#)", re.sub(r"(?s)<script.*?</script>", "", text))


# --- large fleets


@pytest.fixture(scope="session")
def large():
    """Three hundred hosts, two hundred and fifty rules, and three runs before."""
    record = make_record(300, 250)
    before = [earlier_record(record, seed=seed, days=days) for seed, days in ((5, 21), (6, 14), (7, 7))]
    return contents(record, made=TODAY, known=make_rules(250), since=before[-1], earlier=before)


def test_a_page_of_three_hundred_hosts_and_two_hundred_and_fifty_rules_stays_small(large):
    assert len(page.render(large, "fr").encode()) < LARGEST_PAGE


def test_such_a_page_is_drawn_whole_and_filtered(full, large, opened, tmp_path):
    file = tmp_path / "large.html"
    file.write_text(page.render(large, "fr"), encoding="utf-8")

    shown = opened(file)
    took = """() => { const start = performance.now(); refresh(); document.body.offsetHeight;
        return performance.now() - start; }"""
    print(f"filtered in {shown.evaluate(took):.0f} ms")

    assert sum(kinds(shown).values()) == sum(len(host.verdicts) for host in large.record.hosts) > 40_000
    choose(shown, verdict="0", tenant="ml-bko.justice")
    assert sum(kinds(shown).values()) == count(large, Verdict.FAIL, lambda host: host.tenant == "justice")


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_an_audit_of_accessibility_finds_nothing_on_any_tab(opened, tmp_path, lang, colours):
    file = tmp_path / "report.html"
    made = contents(make_record(9, 12), made=TODAY, known=make_rules(12))
    file.write_text(page.render(made, lang), encoding="utf-8")
    shown = opened(file, color_scheme=colours)

    found = violations(shown)
    for tab in shown.locator('[role="tab"]').all():
        tab.click()
        found += violations(shown)

    assert found == []
