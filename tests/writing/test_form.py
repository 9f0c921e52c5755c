"""The request form as a ministry uses it: what it accepts is accepted, and what is refused it says at once."""

import re

import pytest
from accessibility import violations
from request_form import ROOT, checked, fill_sante

from infra.intake.messages import MESSAGES, translated
from infra.intake.reading import parse
from infra.writing.request_text import SCHEMA_LINE, request_text

SAMPLE = ROOT / "inventories" / "ml-bko" / "tenants" / "sante.yaml"


def test_the_sample_typed_in_gives_a_file_that_check_accepts(filled):
    expected = parse(SAMPLE.read_bytes(), "sante.yaml").values
    expected |= {"tenant": "mines", "ministry": "Ministère des Mines"}
    for role, person in expected["contacts"].items():
        person["email"] = f"{role}@mines.example"
    del expected["hardening"]  # the site gives it
    platform = expected["platforms"]["dossier-patient"]
    platform["publish"] = {"dossier.mines.example": {"tier": "web", "port": 443}}
    expected["access"] = {"groups": {"mines-exploitation": "member", "mines-audit": "reader"}}

    for nature in expected["data"]:  # the other tests begin without
        holds(nature)(filled)

    assert filled.codes == set()
    assert filled.page.locator("#status").inner_text() == "The request is complete."
    assert parse(filled.text.encode(), "mines.yaml").values == expected
    assert filled.text == request_text(expected)
    assert checked(filled.text) == set()


def test_a_tiers_role_is_written_where_it_is_chosen(filled):
    assert filled.text.count("role:") == 0

    filled.put_all(filled.item("tier", 1), role="container-host")

    assert filled.text.count("role: container-host") == 1
    assert checked(filled.text) == set()


def test_the_download_is_the_file_by_its_name(filled):
    with filled.page.expect_download() as download:
        filled.page.locator("#download").click()

    assert download.value.suggested_filename == "mines.yaml"
    assert download.value.path().read_text(encoding="utf-8") == filled.text
    assert filled.text.splitlines()[0] == SCHEMA_LINE


def test_an_unfinished_request_gives_no_file_and_says_all_that_it_lacks(open_form):
    form = open_form("fr")
    before = form.shown

    form.page.locator("#download").click()

    assert before == []
    assert len(form.shown) == len(form.page.locator(".wrong").all()) > 10
    assert form.page.evaluate("document.activeElement.id") == "s-result"
    assert "champs à remplir" in form.page.locator("#status").inner_text()


def test_copy_gives_the_same_text(browser, filled):
    filled.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    filled.page.locator("#copy").click()
    filled.page.locator("#copy", has_text="Copied").wait_for()

    assert filled.page.evaluate("navigator.clipboard.readText()") == filled.text


def on(noun, at=0):
    return lambda form: form.item(noun, at)


def whole(form):
    return form.top


def wrong(where, **values):
    """Types values into the entry (or the page) and leaves it."""

    def typed(form):
        form.put_all(where(form), **values)
        form.leave()

    return typed


def added(noun, where=None, **values):
    def typed(form):
        form.add(noun, where(form) if where else None, **values)
        form.leave()

    return typed


def both(*steps):
    def typed(form):
        for step in steps:
            step(form)

    return typed


def classified(level):
    return lambda form: form.page.locator(f'input[value="{level}"]').check()


def removed(noun, at=0):
    return lambda form: form.item(noun, at).locator(":scope > [data-remove]").click()


def last_platform(form):
    return form.page.locator(".item-platform").last


LIVE = {
    "required": (wrong(whole, ministry=""), "SHAPE-EMPTY", wrong(whole, ministry="Mines")),
    "lookalike": (wrong(whole, reason="S\u0430nté"), "YAML-LOOKALIKE", wrong(whole, reason="Santé")),
    "pattern": (wrong(whole, tenant="Mines"), "SHAPE-PATTERN", wrong(whole, tenant="mines")),
    "length": (wrong(whole, reason="x" * 201), "SHAPE-LENGTH", wrong(whole, reason="x" * 200)),
    "number": (wrong(on("network"), hosts="vingt"), "SHAPE-TYPE", wrong(on("network"), hosts="20")),
    "range": (wrong(on("network"), hosts="4001"), "SHAPE-RANGE", wrong(on("network"), hosts="4000")),
    "name": (wrong(on("bucket"), name="Archives"), "SHAPE-NAME", wrong(on("bucket"), name="archives")),
    "own name": (wrong(on("network"), name="transit"), "SHAPE-NAME", wrong(on("network"), name="transit-2")),
    "invisible": (wrong(whole, reason="a\u202eb"), "YAML-ESCAPE", wrong(whole, reason="ab \u0646\u0645 😀")),
    "twice": (wrong(on("network", 1), name="dmz"), "YAML-DUPLICATE-KEY", wrong(on("network", 1), name="interne")),
    "taken": (wrong(whole, tenant="finances"), "WRITING-EXISTS", wrong(whole, tenant="mines")),
    "reserved": (wrong(whole, tenant="foundation"), "NAME-RESERVED", wrong(whole, tenant="mines")),
    "zone": (wrong(whole, tenant="bf"), "NAME-ZONE", wrong(whole, tenant="mines")),
    "lost network": (removed("network"), "NAME-UNKNOWN-NETWORK", both(
        added("network", name="dmz", hosts="9"), wrong(on("tier"), network="dmz"))),
    "lost tier": (removed("tier", 1), "NAME-UNKNOWN-TIER", both(removed("flow", 1), removed("flow", 1))),
    "no room": (wrong(on("tier"), count="20"), "NETWORK-FULL", wrong(on("tier"), count="19")),
    "small disk": (wrong(on("tier"), disk="19"), "DISK-TOO-SMALL", wrong(on("tier"), disk="20")),
    "encryption": (wrong(on("tier"), volume_type="standard"), "CLASS-UNENCRYPTED",
                   wrong(on("tier"), volume_type="encrypted")),
    "encryption by class": (both(classified("public"), wrong(on("volume"), type="standard"), classified("restricted")),
                            "CLASS-UNENCRYPTED", classified("internal")),
    "secret": (classified("secret"), "CLASS-PUBLISHED", removed("publish")),
    "ports": (wrong(on("flow", 1), ports="8080"), "SHAPE-PATTERN", wrong(on("flow", 1), ports="8080/tcp, icmp")),
    "port number": (wrong(on("flow", 1), ports="70000/tcp"), "VALUE-PORTS", wrong(on("flow", 1), ports="65535/tcp")),
    "ports twice": (wrong(on("flow", 1), ports="1/tcp 1/tcp"), "SHAPE-REPEATED",
                    wrong(on("flow", 1), ports="1/tcp 2/tcp")),
    "exposed": (wrong(on("flow"), ports="20-30/tcp 443/tcp"), "FLOW-EXPOSED",
                wrong(on("flow"), ports="443/tcp 80/tcp")),
    "flow twice": (added("flow", from_="web", to="app", ports="8080/tcp"), "FLOW-REPEATED",
                   wrong(on("flow", 3), ports="8081/tcp")),
    "foreign zone": (wrong(on("publish"), name="www.finances.example"), "PUBLISH-ZONE",
                     wrong(on("publish"), name="www.mines.example")),
    "no flow": (wrong(on("publish"), port="80"), "PUBLISH-NO-FLOW", wrong(on("publish"), port="443")),
    "listen": (both(wrong(on("flow"), ports="443/tcp 444/tcp"),
                    added("publish", name="b.mines.example", tier="web", port="444", listen="443")),
               "PUBLISH-LISTEN", wrong(on("publish", 1), listen="80")),
    "group": (wrong(on("group"), name="exploitation"), "GROUP-PREFIX", wrong(on("group"), name="mines-x")),
    "egress address": (added("egress", to="203.0.113.7/25", ports="443/tcp", reason="Paiement"), "VALUE-ADDRESS",
                       wrong(on("egress"), to="203.0.113.0/25")),
    "egress too wide": (added("egress", to="10.200.0.0/15", ports="443/tcp", reason="Paiement"), "EGRESS-WIDE",
                        wrong(on("egress"), to="10.200.0.0/16")),
    "egress nowhere": (added("egress", to="169.254.169.254/32", ports="80/tcp", reason="Paiement"), "EGRESS-NOWHERE",
                       wrong(on("egress"), to="203.0.113.7/32")),
    "egress inside": (added("egress", to="10.64.0.0/24", ports="443/tcp", reason="Paiement"), "EGRESS-INSIDE",
                      wrong(on("egress"), to="10.200.0.0/24")),
    "host names": (both(wrong(on("tier"), name="a-bb"), added("platform", name="dossier-patient-a"),
                        lambda form: form.add("tier", last_platform(form), name="bb", network="dmz"),
                        lambda form: form.leave()),
                   "HOST-NAME-CLASH", lambda form: form.put("", "cc", last_platform(form).locator(".item-tier"))),
    "volume names": (both(wrong(on("tier", 1), name="aa"), wrong(on("tier", 2), name="aa-1-bb"),
                          lambda form: form.add("volume", form.item("tier", 1), name="bb-1-cc", size="1"),
                          lambda form: form.add("volume", form.item("tier", 2), name="cc", size="1"),
                          lambda form: form.leave()),
                     "VOLUME-NAME-CLASH", removed("volume", 0)),
}  # fmt: skip


def contact(role):
    return lambda form: form.page.locator(f'[data-key="{role}"]')


def holds(nature):
    return lambda form: form.page.locator(f'[data-key="{nature}"] input').check()


def left(form):
    form.leave()


def reaches(address):
    return added("egress", to=address, ports="443/tcp", reason="Paiement")


POLICY = {
    "name of the State": (wrong(whole, tenant="vpn"), "POLICY-NAME", wrong(whole, tenant="mines")),
    "one contact": (wrong(contact("technical"), email="Owner@mines.example"), "POLICY-CONTACT-SAME",
                    wrong(contact("technical"), email="owner2@mines.example")),
    "one security": (wrong(contact("security"), email="technical@mines.example"), "POLICY-CONTACT-SECURITY",
                     classified("internal")),
    "foreign mail": (wrong(contact("owner"), email="owner@mines.example.org"), "POLICY-CONTACT-DOMAIN",
                     wrong(contact("owner"), email="owner@mines.org.example")),
    "review past": (wrong(whole, review_by="2026-11-23"), "POLICY-REVIEW-PAST", wrong(whole, review_by="2026-11-24")),
    "review far": (wrong(whole, review_by="2028-05-25"), "POLICY-REVIEW-FAR", wrong(whole, review_by="2028-05-24")),
    "open": (wrong(on("flow"), ports="443/tcp 8080/tcp"), "POLICY-EXPOSURE",
             wrong(on("flow"), ports="443/tcp 80/tcp")),
    "open udp": (wrong(on("flow"), ports="443/tcp 22/udp"), "POLICY-EXPOSURE", wrong(on("flow"), ports="443/tcp")),
    "open range": (wrong(on("flow"), ports="443-444/tcp"), "POLICY-EXPOSURE",
                   added("publish", name="b.mines.example", tier="web", port="444", listen="80")),
    "listening": (both(wrong(on("flow"), ports="8080/tcp"), wrong(on("publish"), port="8080")), "POLICY-EXPOSURE",
                  wrong(on("publish"), listen="443")),
    "database": (wrong(on("flow"), ports="443/tcp 5000-6000/tcp"), "POLICY-CLOSED-PORT",
                 wrong(on("flow"), ports="443/tcp")),
    "listening database": (wrong(on("publish"), listen="5432"), "POLICY-CLOSED-PORT",
                           wrong(on("publish"), listen="80")),
    "abroad": (reaches("203.0.113.128/32"), "POLICY-EGRESS", wrong(on("egress"), to="203.0.113.127/32")),
    "partly abroad": (reaches("198.51.100.0/23"), "POLICY-EGRESS", wrong(on("egress"), to="198.51.100.0/24")),
    "transfer": (both(holds("personal"), reaches("203.0.113.128/32")), "POLICY-TRANSFER",
                 wrong(on("egress"), to="203.0.113.127/32")),
    "health transfer": (both(holds("health"), reaches("203.0.113.127/32")), "POLICY-TRANSFER-HEALTH",
                        wrong(on("egress"), to="198.51.100.7/32")),
    "personal": (both(holds("personal"), classified("public"), left), "POLICY-NATURE",
                 classified("internal")),
    "health": (both(holds("health"), classified("internal"), left), "POLICY-NATURE",
               classified("restricted")),
    "health in clear": (both(holds("health"), classified("internal"), wrong(on("volume"), type="standard")),
                        "POLICY-UNENCRYPTED", both(classified("restricted"), wrong(on("volume"), type="encrypted"))),
}  # fmt: skip
LIVE |= POLICY


@pytest.mark.parametrize("case", LIVE)
def test_a_wrong_value_is_told_beside_its_field_and_its_neighbour_accepted(filled, case):
    spoil, code, mend = LIVE[case]

    spoil(filled)

    assert code in filled.codes
    fixed = max(re.split(r"\{\w+\}", MESSAGES[code].text), key=len).strip()
    assert any(fixed in text for text in filled.shown)
    if code not in {"SHAPE-EMPTY", "WRITING-EXISTS", "YAML-DUPLICATE-KEY"}:  # check sees no field, and one of two names
        assert code in checked(filled.text, parse(filled.text.encode(), "x").values.get("tenant", "mines"))

    mend(filled)
    filled.leave()

    assert filled.codes == set()
    assert filled.shown == []
    assert checked(filled.text) == set()


def test_a_renamed_network_or_tier_stays_chosen(filled):
    filled.put_all(filled.item("network"), name="facade")
    filled.put_all(filled.item("tier"), name="portail")

    assert filled.codes == set()
    values = parse(filled.text.encode(), "mines.yaml").values
    platform = values["platforms"]["dossier-patient"]
    assert platform["tiers"]["portail"]["network"] == "facade"
    assert platform["flows"][0]["to"] == platform["flows"][1]["from"] == "portail"
    assert platform["publish"]["dossier.mines.example"]["tier"] == "portail"


HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7 * 7 }} {% raw %}", "${HOME} $(id) `id`",
    "\"'\\ \\n", "a: b #c", "!!python/object:os", "&a *a <<", "- x", "yes", "1.55e1", "😀 é 中",
    "\u202eabc", "\u200bx", "a\x07b", "\u00a0x",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_out_inert_and_whole_or_is_refused(filled, text):
    filled.put("reason", f"oui {text}")
    filled.put_all(filled.item("bucket"), name=text)
    filled.put_all(filled.item("network"), name=text)
    filled.leave()
    refused = filled.codes
    filled.put_all(filled.item("bucket"), name="archives")
    filled.put_all(filled.item("network"), name="dmz")

    assert "SHAPE-NAME" in refused or "YAML-ESCAPE" in refused or text == "yes"
    assert filled.page.locator("#request script, #request img").count() == 0
    document = parse(filled.text.encode(), "mines.yaml")
    if filled.codes:
        assert checked(filled.text)
    else:
        assert document.values["reason"] == f"oui {text}".strip()
        assert checked(filled.text) == set()


def test_the_page_in_french_says_everything_in_french(open_form):
    form = open_form("fr")
    fill_sante(form)

    form.put_all(form.item("tier"), count="30")
    form.leave()

    assert form.page.locator("html").get_attribute("lang") == "fr"
    told = translated(MESSAGES["NETWORK-FULL"].text, "fr").format(needed="31", network="dmz", found="20")
    assert any(told in text for text in form.shown)
    shown = form.page.locator("body").inner_text()
    for english in ("Choose", "Add a", "Remove", "Network", "optional", "The site"):
        assert english not in shown


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_control_has_a_label_a_hint_and_a_place_for_findings(open_form, lang):
    form = open_form(lang)
    fill_sante(form)
    form.add("egress")

    bare = form.page.evaluate(
        """[...document.querySelectorAll("#request :is(input, select)")].filter((control) => !control.labels.length
        || !control.labels[0].textContent.trim() || control.getAttribute("aria-describedby").split(" ")
        .some((id) => !document.getElementById(id))).map((control) => control.outerHTML)"""
    )
    repeated = form.page.evaluate(
        """[...document.querySelectorAll("[id]")].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) !== at)"""
    )

    assert bare == repeated == []


def test_a_request_can_be_begun_by_keyboard_alone(open_form):
    form = open_form()
    keys = form.page.keyboard

    keys.press("Tab")
    keys.press("Enter")  # past the head of the page
    keys.press("Tab")
    keys.type("mines")
    keys.press("Tab")
    keys.type("Mines")
    form.page.locator('.many[data-template="bucket"] > [data-add]').focus()
    keys.press("Enter")
    keys.type("archives")

    values = parse(form.text.encode(), "x").values
    assert (values["tenant"], values["ministry"], list(values["buckets"])) == ("mines", "Mines", ["archives"])
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    assert form.page.locator(".item-bucket").count() == 0
    assert form.page.evaluate("document.activeElement.matches('[data-add]')")


@pytest.mark.parametrize("options", [
    {"viewport": {"width": 360, "height": 740}}, {"color_scheme": "dark"}, {"viewport": {"width": 900, "height": 700}},
])  # fmt: skip
def test_nothing_is_wider_than_the_screen(open_form, options):
    form = open_form("fr", **options)
    fill_sante(form)
    form.put_all(form.item("tier"), count="30")
    form.page.locator("#download").click()

    assert form.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_an_audit_of_accessibility_finds_nothing_in_the_form(open_form, lang, colours):
    form = open_form(lang, color_scheme=colours)

    assert violations(form.page) == []
    form.page.locator("#s-result").focus()
    for button in form.page.locator("[data-add]").all():
        if button.is_visible():
            button.click()
    form.leave()
    assert violations(form.page) == []
