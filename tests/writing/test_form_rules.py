"""The page's rules against check's: of thousands of requests, what the page accepts check accepts, word for word."""

import copy
import random
import re
from datetime import date

import pytest
from request_form import ROOT, checked, fill_sante

from infra.intake.lookalikes import lookalike
from infra.intake.reading import parse
from infra.policy.days import months_after
from infra.writing.form_data import TOLD, character_classes
from infra.writing.request_text import request_text

SAMPLES = ROOT / "inventories" / "ml-bko" / "tenants"
VALUES = [
    "", "web", "app", "base", "dmz", "interne", "internet", "administration",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "a-b", "A", "no", "1.5", "2027-02-30", "2027-06-30",
    "dossier.mines.example", "a.b.example", "www.mines.example", "mines", "mines-audit", "sante",
    "restricted", "secret", "public", "standard", "encrypted", "hard", "SCS-2V-4", "debian-12",
    "ubuntu-24.04", "limite-1g", "icmp", "443/tcp", "20-30/tcp", "9-1/tcp", "99999/udp", "10.64.0.0/24",
    "8.8.8.8/32", "203.0.113.7/32", "10.200.0.0/16", "198.51.100.0/23", "203.0.113.128/25", "2026-11-23",
    "2028-05-24", "2029-01-01", "minimal", "enhanced", "80/tcp", "8080/tcp", "a@b.org",
    "203.0.113.7/24", "0.0.0.0/0", "01.2.3.4/32", "a@b.example", "\u00e9: #'", "\u202e",
    "S\u0430nté", "\u0421\u041e\u0405", "\u0633\u062f",
    "\U0001fae8", 0, 1, 2, 19, 20, 80, 443, 5000, 70000, 10**9,
]  # fmt: skip
IN_THE_PAGE = {"SHAPE-MISSING-KEY", "VALUE-MISSING"}  # its fields are required


NAMED = {"networks", "platforms", "tiers", "volumes", "publish", "buckets", "groups"}


def mutated(values, draw: random.Random):
    """A request with one to three values changed, names among them; entries copied or removed, as the page can."""
    made = copy.deepcopy(values)
    for _ in range(draw.randint(1, 3)):
        key, around = draw.choice(list(containers("", made)))
        if isinstance(around, list) and around:
            if draw.random() < 0.5:
                around.append(copy.deepcopy(draw.choice(around)))
            else:
                around.pop()
        elif isinstance(around, dict) and around.keys() - {"schema"}:
            inner = draw.choice(sorted(around.keys() - {"schema"}))
            if key in NAMED:
                around[str(draw.choice(VALUES)) or "x"] = copy.deepcopy(around[inner])
            elif not isinstance(around[inner], dict | list | bool):
                numbers = isinstance(around[inner], int)
                around[inner] = draw.choice([value for value in VALUES if numbers or isinstance(value, str)])
    return made


def containers(key, values):
    if isinstance(values, dict | list):
        yield key, values
        for inner, value in values.items() if isinstance(values, dict) else enumerate(values):
            yield from containers(inner, value)


def base(name: str):
    """A sample as the page can write it: without keys, flows to other tenants, and what it does not ask."""
    values = parse((SAMPLES / f"{name}.yaml").read_bytes(), name).values
    own = {"tenant": "mines", "ministry": "Ministère des Mines"}
    text = request_text({**values, **own}).replace(f"{name}.", "mines.").replace(f"{name}-", "mines-")
    values = parse(text.encode(), name).values
    for key in ("profile", "tier", "deviations"):
        values.pop(key, None)
    for platform in values["platforms"].values():
        platform["flows"] = [flow for flow in platform.get("flows", []) if "/" not in flow["from"] + flow["to"]]
        for tier in platform["tiers"].values():
            tier.pop("rebuild", None)
    values.get("access", {}).get("groups", {}).pop("mines-exploitation", None)
    return values


@pytest.mark.parametrize("name", ["sante", "finances", "numerique", "etat-civil", "justice"])
def test_what_the_page_accepts_check_accepts_and_writes_the_same(filled, request, name):
    draw = random.Random(request.config.option.seed)
    number = 2000 if request.config.option.full else 150
    requests = [base(name), *(mutated(base(name), draw) for _ in range(number))]

    told = filled.page.evaluate(
        "(all) => all.map((values) => ({text: yaml.write(values), codes: findingsOf(values).map(({code}) => code)}))",
        requests,
    )

    accepted = 0
    for values, page in zip(requests, told, strict=True):
        written = request_text(values)
        codes = checked(written, "mines" if page["codes"] else values["tenant"])  # the page names an accepted file so
        if not page["codes"]:
            accepted += 1
            assert page["text"] == written
            assert codes <= IN_THE_PAGE, written
        elif not codes:
            pytest.fail(f"the page refuses {page['codes']}:\n{written}")
    assert told[0]["codes"] == []
    assert 0 < accepted < len(requests)


def test_the_page_knows_the_characters_that_check_refuses(filled):
    page = filled.page.evaluate(
        "(text) => [...text].map((one) => shape.invisible.test(one))", "a\u202e\u200bé\U0001f600\x85\u3164"
    )

    assert page == [False, True, True, False, False, True, True]
    assert "\\u{34f}" in character_classes()["invisible"]


def test_the_page_takes_the_same_words_for_others_as_check(filled, request):
    draw = random.Random(request.config.option.seed)
    letters = "aé \u0301ɛ'0\u0430\u0436\u03b5\u03c9\u0633\u2d4d\u07d2\U0001d412\uff53µª\u02bc\u212a_-"
    texts = ["".join(draw.choices(letters, k=draw.randint(1, 6))) for _ in range(2000)]

    page = filled.page.evaluate("(texts) => texts.map((text) => shape.lookalike(text))", texts)

    own = [lookalike(text) for text in texts]
    assert page == [found and found._asdict() for found in own]
    assert 200 < sum(found is None for found in own) < 1800


def test_every_finding_that_the_scripts_name_has_its_text_in_the_page():
    scripts = "".join(file.read_text() for file in (ROOT / "infra" / "writing").glob("*.js"))

    for code in TOLD:
        named = "NAME-UNKNOWN-${kind}" if f'check("{code[13:]}"' in scripts else code
        assert re.search(rf'["`]{re.escape(named)}["`]', scripts), f"{code} is sent to the page, which never tells it"


SANTE = {key: value for key, value in base("sante").items() if key != "data"}
"""Any request: what asks more of health data says that it is."""
HEALTH = {"data": {"health": True}}
DAILY, BRIEF = {"every_hours": 24, "keep_days": 60}, {"every_hours": 24, "keep_days": 59}
BY_HAND = {
    "hardening": ({"hardening": {"level": "minimal"}}, "POLICY-HARDENING", {"hardening": {"level": "intermediary"}}),
    "rare": ({"backups": DAILY | {"every_hours": 25}}, "POLICY-BACKUP-RARE", {"backups": DAILY}),
    "short": ({"backups": BRIEF}, "POLICY-BACKUP-SHORT", {"backups": DAILY}),
    "short for health": (HEALTH | {"backups": DAILY}, "POLICY-BACKUP-SHORT", {"backups": DAILY}),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_what_the_page_does_not_ask_is_judged_as_check_judges_it(filled, case):
    refused, code, accepted = BY_HAND[case]

    assert both(filled, SANTE | refused) == ({code}, {code})
    assert both(filled, SANTE | accepted) == (set(), set())


@pytest.mark.parametrize(("day", "codes"), [("2028-06-30", set()), ("2028-07-01", {"POLICY-IMAGE-ENDED"})])
def test_an_image_is_told_when_its_support_has_ended_on_the_readers_day(open_form, monkeypatch, day, codes):
    form = open_form()
    form.page.clock.set_fixed_time(f"{day}T12:00:00")
    monkeypatch.setenv("JOLIBA_TODAY", day)

    found = both(form, SANTE | {"review_by": day if not codes else "2028-07-01"})

    assert found == (codes, codes)


@pytest.mark.parametrize("day", ["2026-08-31", "2027-02-28", "2028-02-29", "2026-12-31"])
def test_the_latest_review_is_the_same_day_for_both(open_form, monkeypatch, day):
    form = open_form()
    form.page.clock.set_fixed_time(f"{day}T12:00:00")
    monkeypatch.setenv("JOLIBA_TODAY", day)
    latest = months_after(date.fromisoformat(day), 18)

    assert form.page.evaluate("monthsAfter(today(), 18)") == latest.isoformat()


def test_a_site_without_backups_is_told_at_the_classification(open_form):
    form = open_form()
    fill_sante(form)
    assert form.codes == set()

    form.page.evaluate("Object.values(data.defaults).forEach((each) => { delete each.backups; }); refresh()")

    assert form.codes == {"POLICY-BACKUP-MISSING"}
    assert "The request says nothing of backups." in form.page.locator('[data-key="classification"]').inner_text()
    assert "`backups: {every_hours: 24, keep_days: 60}`" in form.shown[0]


def both(form, values):
    """What the page and check say of a request, by code."""
    page = form.page.evaluate("(values) => findingsOf(values).map(({code}) => code)", values)
    return set(page), checked(request_text(values))
