"""What every form of a report tells, and that no text of a host, a request or a deviation does harm in it."""

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from run_records import DEVIATIONS, TODAY, make_rules

from infra.environment import PLAYBOOKS
from infra.hosts import collecting, known_hosts, recorder
from infra.hosts.record import Assessment, Verdict, decode_record
from infra.hosts.report import arf, csv_table, json_form, page, page_data, sarif, text
from infra.hosts.report.contents import contents
from infra.hosts.report.wording import PROBLEMS
from infra.intake.findings import invisible
from infra.lab.guests import console

RENDER = {"text": text, "html": page, "json": json_form, "sarif": sarif, "csv": csv_table, "xml": arf}
FOR_PEOPLE_AND_PROGRAMS = [text, page, sarif, csv_table, arf]
"""Every form that has words for what the JSON has fields for."""
FORMS = pytest.mark.parametrize("form", list(RENDER))


@FORMS
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_nothing_invisible_reaches_anything_but_the_jsons_escapes(form, lang, hostile, poisoned):
    written = RENDER[form].render(poisoned(hostile), lang)

    written.encode("utf-8")
    found = {each for each in written if invisible(each)}
    assert found <= {"\n"} | ({"\r", csv_table.BYTE_ORDER_MARK} if form == "csv" else set())
    assert not [line for line in written.splitlines() if line.startswith("::")]


@pytest.mark.parametrize("form", ["text", "html", "csv", "json"])
def test_a_long_value_is_cut_wherever_people_read_it_and_whole_in_the_json(form, poisoned):
    written = RENDER[form].render(poisoned("x" * 100_000), "en")

    assert ("x" * 100_000 in written) is (form == "json")


def test_the_page_has_no_element_and_no_attribute_of_a_hosts(hostile, poisoned):
    written = page.render(poisoned(hostile), "en")
    plain = page.render(poisoned("plain"), "en")

    def shape(html: str):
        return [re.sub(r"\s.*", "", tag) for tag in re.findall(r"<[/!a-zA-Z][^>]*>", html)]

    outside = re.sub(r"(?s)<script>.*?</script>|<style>.*?</style>", "", written)
    assert "<img" not in outside
    assert shape(outside) == shape(re.sub(r"(?s)<script>.*?</script>|<style>.*?</style>", "", plain))


def test_no_cell_of_the_table_is_a_formula(hostile, poisoned):
    written = csv_table.render(poisoned(hostile), "en").removeprefix(csv_table.BYTE_ORDER_MARK)

    lines = list(csv.reader(io.StringIO(written)))
    assert {len(line) for line in lines} == {len(csv_table.COLUMNS)}
    assert len(lines) == 1 + 4
    assert not [cell for line in lines for cell in line if cell.strip()[:1] in {*"=+-@"} and cell.strip()]


def test_a_cell_that_is_no_formula_stays_as_it_is(poisoned):
    written = csv_table.render(poisoned("a=1 'b' \"c\""), "en")

    assert '"a=1 \'b\' ""c"""' in written
    assert csv_table.render(poisoned("=1"), "en").count('"\'=1"') > 5


def test_the_french_table_has_french_heads_and_semicolons(fleet):
    head, first, *_ = csv_table.render(fleet, "fr").splitlines()

    assert head.removeprefix(csv_table.BYTE_ORDER_MARK).split(";")[1:3] == ['"Locataire"', '"Ministère"']
    assert '"Intermédiaire"' in first


def test_hosts_that_were_not_assessed_are_lines_of_the_table(fleet):
    lines = list(csv.DictReader(io.StringIO(csv_table.render(fleet, "en").removeprefix(csv_table.BYTE_ORDER_MARK))))

    missing = [line for line in lines if line["Verdict"].startswith("Not assessed")]
    assert [line["Host"] for line in missing] == [host.name for host in fleet.not_assessed] != []
    assert len(lines) - len(missing) == sum(len(host.verdicts) for host in fleet.record.hosts)


def test_a_host_that_nothing_was_asked_of_is_told_in_every_form(unasked):
    name = "ml-bko.sante.web-3"
    written = {form: room.render(unasked, "en") for form, room in RENDER.items()}

    assert "All hosts  50 %  (3 hosts, 1 not assessed, 1 nothing asked; " in written["text"]
    assert f"  {name}  Intermediary" in written["text"]
    assert json.loads(written["json"])["derived"]["nothing_asked"] == [name]
    lines = list(csv.DictReader(io.StringIO(written["csv"].removeprefix(csv_table.BYTE_ORDER_MARK))))
    assert [line["Verdict"] for line in lines] == ["Passes", "Not assessed: unreachable", "Nothing asked"]
    (invocation,) = json.loads(written["sarif"])["runs"][0]["invocations"]
    assert [each["level"] for each in invocation["toolExecutionNotifications"]] == ["error", "warning", "note", "note"]
    assert f"{name}: Nothing asked" in written["sarif"]
    elements = re.findall(r'<joliba:(\S+) asset="asset(\d)"', written["xml"])
    assert elements == [("not-assessed", "2"), ("nothing-asked", "3")]
    for form in ("text", "html", "csv", "sarif", "xml"):
        assert "Rien d'exig" in html.unescape(RENDER[form].render(unasked, "fr")), form


def test_a_run_that_asked_nothing_of_anybody_is_no_success(small):
    whole = small(Verdict.PASS)
    empty = replace(whole, hosts=(replace(whole.hosts[0], verdicts=()),))

    def succeeded(record):
        made = contents(record, made=TODAY, known={})
        (told,) = json.loads(sarif.render(made, "en"))["runs"]
        return told["invocations"][0]["executionSuccessful"], made.scores.whole.percent

    assert (succeeded(empty), succeeded(whole)) == ((False, None), (True, 100))


def test_ministries_of_two_countries_that_have_one_name_have_a_score_each(small):
    passes, fails = small(Verdict.PASS, Verdict.FAIL).hosts
    there = replace(fails, name="ne-nia.tresor.web-1", site="ne-nia", tenant="tresor", ministry=passes.ministry)
    own = replace(passes, name="ne-nia.foundation.bastion", site="ne-nia", tenant="foundation", ministry="")
    made = contents(replace(small(), hosts=(passes, there, own)), made=TODAY, known={})
    name = passes.ministry

    assert [(each.site, each.name, each.percent) for each in made.scores.ministries] == [
        ("ml-bko", name, 100),
        ("ne-nia", "", 100),
        ("ne-nia", name, 0),
    ]
    told = json.loads(json_form.render(made, "fr"))["derived"]["scores"]["ministries"]
    assert list(told) == [f"ml-bko · {name}", "ne-nia · ", f"ne-nia · {name}"]
    groups = [f"ml-bko · {name}", "ne-nia · Centre de données", f"ne-nia · {name}"]
    lines = text.render(made, "fr").split("Par ministère")[1].splitlines()[1:4]
    assert [line.strip().split("  ")[0] for line in lines] == groups
    written = html.unescape(page.render(made, "fr"))
    assert all(f'<th scope="row">{group}</th>' in written for group in groups)
    alone = contents(replace(small(), hosts=(passes,)), made=TODAY, known={})
    assert [(each.site, each.name) for each in alone.scores.ministries] == [("", name)]


def test_hosts_of_a_request_that_is_gone_are_their_tenants_and_not_the_datacenters(small):
    record = small(Verdict.PASS, None, Verdict.PASS, Verdict.PASS)
    tenants = (("sante", "Ministère de la Santé"), ("education", ""), ("education", ""), ("foundation", ""))
    hosts = [
        replace(host, tenant=tenant, ministry=ministry)
        for host, (tenant, ministry) in zip(record.hosts, tenants, strict=True)
    ]
    made = contents(replace(record, hosts=tuple(hosts)), made=TODAY, known={})
    written = {form: room.render(made, "en") for form, room in RENDER.items()}

    groups = {each.name: (each.hosts, each.not_assessed) for each in made.scores.ministries}
    assert groups == {"": (1, 0), "Ministère de la Santé": (1, 0), "education": (2, 1)}
    assert json.loads(written["json"])["derived"]["scores"]["ministries"].keys() == groups.keys()
    own = written["text"].split("By ministry")[1].splitlines()[1:4]
    assert [line.split("  ")[1] for line in own] == ["Datacenter", "Ministère de la Santé", "education"]
    lines = list(csv.DictReader(io.StringIO(written["csv"].removeprefix(csv_table.BYTE_ORDER_MARK))))
    assert [line["Ministry"] for line in lines] == ["Ministère de la Santé", "education", "education", "Datacenter"]
    organizations = [each.text for each in ET.fromstring(written["xml"]).iter(f"{{{arf.XCCDF}}}organization")]  # noqa: S314
    assert organizations == ["Ministère de la Santé", "education", "Datacenter"]
    assert '<th scope="row">education</th>' in written["html"]
    assert "<td>education</td>" in written["html"]
    assert [host["ministry"] for host in page_data.page_data(made, "fr")["hosts"]][2:] == [
        "education",
        "Centre de données",
    ]


@pytest.mark.parametrize(("asked", "lang", "told"), [
    ("all", "fr", "Tous les hôtes"), ("", "fr", "Tous les hôtes"), ("all", "en", "All hosts"),
    ("ml-bko", "fr", "ml-bko"),
])  # fmt: skip
def test_a_reports_head_says_in_words_which_hosts_a_run_was_asked_for(small, asked, lang, told):
    made = contents(small(Verdict.PASS, asked=asked), made=TODAY, known={})

    assert text.render(made, lang).splitlines()[0].split("  ")[1] == told
    assert f" · {told} · 2026-11-24</title>" in page.render(made, lang)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_why_a_host_was_not_assessed_is_told_in_french_where_it_is_our_own_text(small, problem):
    record = small(None)
    made = contents(
        replace(record, hosts=(replace(record.hosts[0], problem=problem),)), made=TODAY, known=make_rules(1)
    )
    french, english = (
        {form: html.unescape(room.render(made, lang)) for form, room in RENDER.items()} for lang in ("fr", "en")
    )

    assert [form for form in RENDER if problem in french[form]] == ["json"]
    assert [form for form in RENDER if problem not in english[form]] == []


def test_the_texts_of_problems_that_are_translated_are_those_that_runs_write():
    written = "".join(
        Path(room.__file__).read_text(encoding="utf-8") for room in (collecting, console, known_hosts, recorder)
    )
    playbooks = "".join((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8") for name in ("harden", "rollback"))

    strange = [problem for problem in PROBLEMS if f'"{problem}"' not in written]
    assert [problem for problem in strange if problem.removeprefix("{said}") not in playbooks] == []


@pytest.mark.parametrize("form", FOR_PEOPLE_AND_PROGRAMS)
def test_a_limited_run_and_a_dry_one_say_so(small, form):
    limited = contents(small(Verdict.PASS, check=True, rules=("R33",)), made=TODAY, known={})
    whole = contents(small(Verdict.PASS), made=TODAY, known={})
    told = "Only some recommendations were asked about: R33"

    assert [words in form.render(limited, "en") for words in ("Audit (dry run)", told)] == [True, True]
    assert [words in form.render(whole, "en") for words in ("(dry run)", told)] == [False, False]


@pytest.mark.parametrize("form", [text, page])
def test_what_was_not_measured_on_which_host_is_told_without_scripts(small, form):
    one, other = small(Verdict.UNMEASURED, Verdict.PASS), small(Verdict.PASS, Verdict.UNMEASURED)
    made = [form.render(contents(each, made=TODAY, known={}), "en") for each in (one, other, small(Verdict.PASS))]

    told = [re.sub(r"(?s)<script.*?</script>", "", each) for each in made]
    assert told[0] != told[1]
    words = (
        "Unmeasured</b> <code>root-login-refused"
        if form is page
        else "What was not measured\n  R33  root-login-refused"
    )
    assert [words in each for each in told] == [True, True, False]


def test_the_page_tells_of_no_more_runs_over_time_than_histories_do(small):
    before = [small(Verdict.PASS, run=f"run-{day}", started=f"2026-11-{day:02}T03:00:00Z") for day in range(1, 20)]
    made = contents(small(Verdict.FAIL), made=TODAY, known={}, earlier=before)

    rows = re.findall(r'<th scope="row">(\d+) November', page.render(made, "en").split("Over time:")[1])
    assert [int(day) for day in rows] == [*range(8, 20), 24]
    assert len(json.loads(json_form.render(made, "en"))["derived"]["trend"]) == 20


def test_a_table_tells_until_when_a_deviation_accepts_and_whether_it_still_does(small):
    had = replace(DEVIATIONS[1], rule="R33", expires="2026-12-31")
    record = small(Verdict.DEVIATION, Verdict.PASS, None, deviations=(had,))
    accepted = replace(record.hosts[0].verdicts[0], deviation=had.name)
    record = replace(record, hosts=(replace(record.hosts[0], verdicts=(accepted,)), *record.hosts[1:]))

    def ends(day):
        written = csv_table.render(contents(record, made=date.fromisoformat(day), known={}), "en")
        lines = csv.DictReader(io.StringIO(written.removeprefix(csv_table.BYTE_ORDER_MARK)))
        return [(line["Until"], line["State"]) for line in lines]

    assert ends("2026-11-24") == [("2026-12-31", "Valid"), ("", ""), ("", "")]
    assert ends("2027-01-01") == [("2026-12-31", "Expired"), ("", ""), ("", "")]


@pytest.mark.parametrize("form", [page, arf])
def test_a_moment_that_is_none_has_its_invisible_characters_written_out(small, form):
    strange = {"started": "\u202e\x1b[2J2026", "ended": "\u202e"}
    made = contents(small(Verdict.FAIL, **strange), made=TODAY, known={}, since=small(Verdict.PASS, **strange))

    written = form.render(made, "en")
    assert [each for each in ("\u202e", "\x1b", "&#8238;") if each in written] == []
    assert "\\x1b[2J2026" in written


@pytest.mark.parametrize("form", FOR_PEOPLE_AND_PROGRAMS)
def test_a_run_that_held_hosts_to_another_level_than_their_own_says_so(small, form):
    lowered, own = (contents(small(Verdict.PASS, level=level), made=TODAY, known={}) for level in ("minimal", ""))

    assert "Every host was held to this level, not to its own: Minimal" in form.render(lowered, "en")
    assert "Every host was held" not in form.render(own, "en")


def test_the_json_holds_the_record_itself_and_what_is_derived(fleet):
    told = json.loads(json_form.render(fleet, "en"))

    assert decode_record(json.dumps(told["record"])) == fleet.record
    derived = told["derived"]
    assert derived["scores"]["whole"]["percent"] == fleet.scores.whole.percent
    assert derived["scores"]["tenants"].keys() == {"ml-bko.finances", "ml-bko.justice", "ml-bko.sante"}
    assert len(derived["drift"]["changes"]) == len(fleet.drift.changes)
    assert derived["not_assessed"] == [host.name for host in fleet.not_assessed]
    assert derived["register"][0]["state"] == "expired"


@pytest.mark.parametrize(
    ("accelerator", "told"),
    [
        ("tcg", ["sous émulation logicielle (TCG)", "under software emulation (TCG)"]),
        ("kvm", ["sous KVM", "under KVM"]),
        ("", []),
        ("another", []),
    ],
)
@pytest.mark.parametrize("form", [page, text])
def test_a_report_says_what_the_labs_machines_ran_under(small, form, accelerator, told):
    made = contents(small(Verdict.PASS, accelerator=accelerator), made=TODAY, known={}, scopes=[])

    written = html.unescape(form.render(made, "fr") + form.render(made, "en"))

    assert [words for words in told if words not in written] == []
    assert ("laboratoire" in written, "lab's machines" in written) == (bool(told), bool(told))


def test_every_hostile_value_is_in_the_json_as_the_host_said_it(hostile, poisoned):
    told = json.loads(json_form.render(poisoned(hostile), "en"))

    assert told["record"]["hosts"][0]["verdicts"][0]["effective"] == hostile


def test_a_run_without_any_verdict_is_a_report_too(small):
    empty = contents(small(None), made=TODAY, known={})

    for form in RENDER.values():
        assert form.render(empty, "fr")
    assert empty.scores.whole.percent == 0
    assert empty.not_assessed[0].assessment is Assessment.UNREACHABLE


def test_a_page_names_every_host_of_a_long_list(small):
    now, before = small(*[Verdict.FAIL] * 300), small(*[Verdict.PASS] * 300, run="before")
    made = page.render(contents(now, made=TODAY, known={}, since=before, earlier=[before]), "en")

    (listed,) = re.findall(r"<details><summary>300 hosts</summary>([^<]*)</details>", made)

    assert {*listed.split(", ")} == {host.name for host in now.hosts}
