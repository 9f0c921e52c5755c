"""Every form of a report, with the most hostile texts that a host, a request or a deviation can hold."""

import csv
import html
import io
import json
import re
import shutil
import subprocess
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
from run_records import DEVIATIONS, TODAY, make_rules

from infra.environment import PLAYBOOKS
from infra.hosts import collecting, known_hosts, recorder
from infra.hosts.record import Assessment, RunRecord, Verdict, decode_record
from infra.hosts.report import arf, csv_table, json_form, page, page_data, sarif, text
from infra.hosts.report.contents import Contents, contents
from infra.hosts.report.wording import PROBLEMS
from infra.intake.findings import invisible
from infra.lab.guests import console

HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=alert(1) x='",
    "]]> <![CDATA[ &amp; &#64; &bogus;",
    "\u202egnp.exe\u200b\u2066 \u2028 \ud800 \ufffe \x00",
    '=HYPERLINK("http://evil.example","x")',
    "+1", "-2+3", "@SUM(A1)", "\t=1", "  =1", "\r\n=cmd|' /C calc'!A0",
    "##[add-mask]e\n::error file=x::owned",
    "{{ 7*7 }} {% raw %} ${x} $(id) `id` %(name)s {hosts}",
    "[click](javascript:alert(1)) [3](0)",
    "x" * 20_000,
]  # fmt: skip
RENDER = {"text": text, "html": page, "json": json_form, "sarif": sarif, "csv": csv_table, "xml": arf}
FORMS = pytest.mark.parametrize("form", list(RENDER))


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request):
    return request.param


@pytest.fixture
def poisoned(small):
    """``poisoned(text)``: a report that holds a text wherever a record holds one."""

    def made(text: str) -> Contents:
        record = small(Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED, None)
        now = replace(_poison(record, text), hosts=tuple(_host(host, text) for host in record.hosts))
        before = replace(now, hosts=tuple(_other(host) for host in now.hosts), run="before")
        return contents(now, made=TODAY, known={}, scopes=[text], since=before, earlier=[before])

    return made


def _poison(value, text):
    """A record with a text in each of its free fields."""
    kept = {"rule", "recommendation", "run", "started", "ended", "level", "joliba"}
    free = {
        each.name: text for each in fields(value) if each.name not in kept and type(getattr(value, each.name)) is str
    }
    if isinstance(value, RunRecord):
        free["deviations"] = tuple(replace(_poison(each, text), hosts=(text,)) for each in DEVIATIONS[:1])
        free["notes"] = (text,)
    return replace(value, **free)


def _host(host, text):
    verdicts = tuple(
        replace(_poison(each, text), effective=text, persistent=text, deviation=text) for each in host.verdicts
    )
    return replace(_poison(host, text), name=f"{host.name}{text}", level=text, verdicts=verdicts)


def _other(host):
    return replace(host, verdicts=tuple(replace(each, verdict=Verdict.PASS) for each in host.verdicts))


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
    assert [each["level"] for each in invocation["toolExecutionNotifications"]] == ["error", "warning"]
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
        return sarif_of(made)["invocations"][0]["executionSuccessful"], made.scores.whole.percent

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
    organizations = [each.findtext(f"{{{arf.XCCDF}}}organization") for each in results_of(written["xml"])]
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


@pytest.mark.parametrize("form", [text, page])
def test_a_limited_run_and_a_dry_one_say_so(unasked, small, form):
    whole = contents(small(Verdict.PASS), made=TODAY, known={})
    told = "Only some recommendations were asked about: R33"

    assert [words in form.render(unasked, "en") for words in ("Audit (dry run)", told)] == [True, True]
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


def test_a_host_to_which_nothing_applies_has_a_score_of_none_of_none(small):
    record = small(Verdict.NOT_APPLICABLE, Verdict.FAIL, Verdict.PASS)
    written = arf.render(contents(record, made=TODAY, known={}), "en")

    scores = [each.find(f"{{{arf.XCCDF}}}score") for each in results_of(written)]
    assert [(each.text, each.get("maximum")) for each in scores] == [("0.0", "0"), ("0.0", "100"), ("100.0", "100")]


@pytest.mark.parametrize("form", [page, arf])
def test_a_moment_that_is_none_has_its_invisible_characters_written_out(small, form):
    strange = {"started": "\u202e\x1b[2J2026", "ended": "\u202e"}
    made = contents(small(Verdict.FAIL, **strange), made=TODAY, known={}, since=small(Verdict.PASS, **strange))

    written = form.render(made, "en")
    assert [each for each in ("\u202e", "\x1b", "&#8238;") if each in written] == []
    assert "\\x1b[2J2026" in written


@pytest.mark.parametrize("form", [text, page])
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


# --- SARIF


_MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "properties": {
                        "uri": {"type": "string", "format": "uri-reference"},
                        "uriBaseId": {"const": "HOSTS"},
                    }
                }
            },
        },
        "logicalLocations": {"type": "array", "items": {"required": ["fullyQualifiedName", "kind"]}},
    },
}
SHAPE = {
    "$comment": "The part of SARIF 2.1.0's schema that is written here, with 3.27.10: what is open has no level.",
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results", "invocations"],
                "properties": {
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "message", "kind", "level", "locations"],
                            "properties": {
                                "kind": {"enum": ["fail", "open"]},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": _MESSAGE,
                                "locations": {"minItems": 1, "items": _LOCATION},
                                "suppressions": {
                                    "items": {
                                        "required": ["kind"],
                                        "properties": {
                                            "kind": {"enum": ["inSource", "external"]},
                                            "status": {"enum": ["accepted", "underReview", "rejected"]},
                                        },
                                    }
                                },
                            },
                            "if": {"properties": {"kind": {"const": "open"}}},
                            "then": {"properties": {"level": {"const": "none"}}},
                            "else": {"properties": {"level": {"not": {"const": "none"}}}},
                        }
                    },
                    "invocations": {
                        "items": {
                            "required": ["executionSuccessful"],
                            "properties": {
                                "toolExecutionNotifications": {"items": {"properties": {"message": _MESSAGE}}}
                            },
                        }
                    },
                },
            }
        },
    },
}  # fmt: skip


def sarif_of(made: Contents) -> dict:
    told = json.loads(sarif.render(made, "en"))
    jsonschema_rs.validator_for(SHAPE).validate(told)
    return told["runs"][0]


def test_sarif_is_what_the_standard_asks_whatever_a_host_says(hostile, poisoned):
    run = sarif_of(poisoned(hostile))

    assert len(run["results"]) == 3
    assert not re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", run["results"][0]["message"]["text"])  # 3.11.6: no link


def test_sarif_has_what_fails_what_is_accepted_what_is_open_and_who_was_not_assessed(fleet):
    run = sarif_of(fleet)

    counted = fleet.scores.whole.verdicts
    kinds = [(each["kind"], each["suppressions"] != []) for each in run["results"]]
    assert kinds.count(("fail", False)) == counted[Verdict.FAIL] > 0
    assert kinds.count(("fail", True)) == counted[Verdict.DEVIATION] > 0
    assert kinds.count(("open", False)) == counted[Verdict.UNMEASURED] > 0
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == len(fleet.not_assessed) == 1
    assert run["invocations"][0]["executionSuccessful"] is False
    assert all(run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    prints = [each["partialFingerprints"]["jolibaHostRule/v1"] for each in run["results"]]
    assert len(set(prints)) == len(prints)


def test_a_deviation_that_has_expired_since_the_run_no_longer_suppresses(small):
    deviation = replace(DEVIATIONS[1], expires="2026-11-23")
    record = small(Verdict.DEVIATION, deviations=(deviation,))
    host = record.hosts[0]
    record = replace(record, hosts=(replace(host, verdicts=(replace(host.verdicts[0], deviation=deviation.name),)),))

    def status(day: str) -> str:
        made = replace(record, deviations=(replace(deviation, expires=day),))
        return sarif_of(contents(made, made=TODAY, known={}))["results"][0]["suppressions"][0]["status"]

    assert (status("2026-11-23"), status("2026-11-24")) == ("underReview", "accepted")


# --- ARF


SCHEMAS = Path("/usr/share/openscap/schemas")


def validated(document: str, schema: Path, tmp_path: Path) -> None:
    if shutil.which("xmllint") is None or not schema.exists():
        pytest.skip("no schemas to validate with: apt-get install openscap-common libxml2-utils")
    (tmp_path / "report.xml").write_text(document, encoding="ascii")
    done = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", schema, tmp_path / "report.xml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def results_of(document: str) -> list[ET.Element]:
    return list(ET.fromstring(document).iter(f"{{{arf.XCCDF}}}TestResult"))  # noqa: S314  our own


def test_the_collection_and_each_of_its_results_fit_the_standards_schemas(fleet, tmp_path):
    document = arf.render(fleet, "fr")

    validated(document, SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)
    for result in results_of(document)[:3]:
        validated(ET.tostring(result, "us-ascii").decode(), SCHEMAS / "xccdf/1.2/xccdf_1.2.xsd", tmp_path)


@pytest.mark.parametrize("text", HOSTILE[:8])
def test_hostile_texts_fit_them_too(text, poisoned, tmp_path):
    document = arf.render(poisoned(text), "en")

    validated(document, SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)
    for result in results_of(document):
        validated(ET.tostring(result, "us-ascii").decode(), SCHEMAS / "xccdf/1.2/xccdf_1.2.xsd", tmp_path)


def test_no_importer_counts_a_deviation_or_what_was_not_measured_as_passed(small):
    record = small(Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED, Verdict.NOT_APPLICABLE, None)
    document = arf.render(contents(record, made=TODAY, known={}), "en")

    found = [result.find(f".//{{{arf.XCCDF}}}result").text for result in results_of(document)]
    assert found == ["pass", "fail", "fail", "unknown", "notapplicable"]
    assert document.count("<ai:hostname>") == 6
    assert document.count("<joliba:not-assessed") == 1


def test_a_collection_without_any_result_fits_the_schema_and_tells_of_each_host(small, unasked, tmp_path):
    document = arf.render(contents(small(None, None), made=TODAY, known={}), "fr")

    assert document.count("<arf:report ") == document.count("<joliba:not-assessed") == 2
    validated(document, SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)
    validated(arf.render(unasked, "fr"), SCHEMAS / "arf/1.1/asset-reporting-format_1.1.0.xsd", tmp_path)


def test_the_score_of_a_result_is_rounded_down_as_in_the_other_forms(small):
    record = small(Verdict.PASS)
    rules = [replace(record.hosts[0].verdicts[0], rule=f"r{number}") for number in range(3)]
    host = replace(record.hosts[0], verdicts=(*rules[:2], replace(rules[2], verdict=Verdict.FAIL)))
    made = contents(replace(record, hosts=(host,)), made=TODAY, known={})

    (result,) = results_of(arf.render(made, "en"))

    assert float(result.find(f"{{{arf.XCCDF}}}score").text) == made.scores.whole.percent == 66.6


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
