"""The reasons of real verdicts, as reports in both languages tell them."""

import csv
import html
import io
import json
import re
from dataclasses import asdict, replace

import pytest
from ansible.module_utils.joliba.judging import judge
from host_state import CATALOGUE, FACTS
from run_records import TODAY, make_record

from infra.hosts.asking import questions, with_deviations
from infra.hosts.catalogue import HostRole
from infra.hosts.deviations import shipped_deviations
from infra.hosts.record import Assessment, RuleVerdict, Verdict
from infra.hosts.report import arf, csv_table, json_form, page, page_data, sarif, text
from infra.hosts.report.contents import contents
from infra.hosts.report.known_rules import known_rules

SHIPPED = [each for rule in CATALOGUE.rules.values() for each in (*rule.exempt.values(), rule.needs) if each]
EXPIRED = [{"name": "old", "rule": rule.name, "expires": "2026-01-31"} for rule in CATALOGUE.rules.values()]
OF_THE_SYSTEM = re.compile(r"/[a-z/.-]+: [A-Z][a-z ]+")
"""What the system says of a file: no text of ours."""


@pytest.fixture
def audited(host):
    """A report of five hosts, one a role, with few files; of the bastion the site says nothing."""
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    host.file("/proc/self/mountinfo", "22 1 0:20 / /proc rw,relatime - proc proc rw\n")
    host.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    host.file("/etc/login.defs", "UMASK 077\n")
    host.says("systemd-detect-virt --vm", "kvm\n")
    hosts = [_record(role, {} if role is HostRole.BASTION else FACTS) for role in HostRole]
    run = replace(make_record(0, 0), hosts=tuple(hosts), deviations=shipped_deviations("en"))
    return contents(run, made=TODAY, known=known_rules())


def _record(role, facts):
    judged = judge(questions(CATALOGUE, {"level": "high", "facts": facts}), role.value)
    verdicts = with_deviations(judged, EXPIRED if role is HostRole.ROUTER else [], TODAY)
    told = tuple(RuleVerdict(**{**each, "verdict": Verdict(each["verdict"])}) for each in verdicts)
    plain = replace(make_record(1, 1).hosts[0], assessment=Assessment.ASSESSED, role=role, level="high")
    return replace(plain, name=f"ml-bko.sante.{role}", verdicts=told, changed=())


def told_in(made, lang):
    """What a page tells of each reason of a record; a table must tell the same."""
    data, columns = page_data.page_data(made, lang), list(made.rules)
    table = csv.reader(io.StringIO(csv_table.render(made, lang)), delimiter=";" if lang == "fr" else ",")
    lines = iter(list(table)[1:])
    found = {}
    for row, host in zip(data["cells"], made.record.hosts, strict=True):
        for verdict in host.verdicts:
            *_, why, _, _ = data["kinds"][row[columns.index(verdict.rule)]]
            found[verdict.why] = data["texts"][why] if verdict.why else ""
            assert next(lines)[csv_table.COLUMNS.index("Reason")] == found[verdict.why]
    return {why: told for why, told in found.items() if why}


def test_every_reason_of_an_audit_is_in_the_reports_language(audited):
    english, french = (told_in(audited, lang) for lang in ("en", "fr"))

    assert english == {why: why for why in english}
    assert [why for why, told in french.items() if told == why and not OF_THE_SYSTEM.fullmatch(why)] == []
    assert english.keys() & {each["fr"] for each in SHIPPED} == set()
    assert len(english.keys() & {each["en"] for each in SHIPPED}) > 20
    assert french["its deviation expired on 2026-01-31"] == "sa dérogation a expiré le 2026-01-31"
    assert french["this kernel has no kernel.sysrq"] == "ce noyau n'a pas kernel.sysrq"
    assert len(english) > 50


def test_what_is_empty_is_told_in_the_reports_language(audited):
    for lang, told, untold in (("fr", "aucun", "none"), ("en", "none", "aucun")):
        for values in (page_data.page_data(audited, lang)["texts"], csv_table.render(audited, lang).split('"')):
            assert (told in values, untold in values) == (True, False)


def test_the_fields_for_machines_are_english_in_both_languages(audited):
    verdicts = [each for host in audited.record.hosts for each in host.verdicts if each.why]
    whys = {each.why for each in verdicts if each.verdict is Verdict.UNMEASURED}

    for lang in ("fr", "en"):
        plain, results = json.loads(json_form.render(audited, lang)), json.loads(sarif.render(audited, lang))
        of_plain = [each for host in plain["record"]["hosts"] for each in host["verdicts"] if each["why"]]
        assert of_plain == [asdict(each) for each in verdicts]
        assert whys <= {each["properties"].get("why") for each in results["runs"][0]["results"]}
        assert [why for why in whys if f"why: {why}<" not in html.unescape(arf.render(audited, lang))] == []


def test_a_message_for_people_is_in_the_reports_language(audited):
    results = json.loads(sarif.render(audited, "fr"))["runs"][0]["results"]

    messages = [each["message"]["text"] for each in results if each["properties"].get("why", "").startswith("its dev")]
    assert messages
    assert [each for each in messages if "sa dérogation a expiré le" not in each or "its deviation" in each] == []


@pytest.mark.parametrize("form", [page, text])
def test_shipped_deviations_are_in_the_reports_language(audited, form):
    for lang, other in (("fr", "en"), ("en", "fr")):
        shown = html.unescape(form.render(audited, lang))
        told, untold = (shipped_deviations(each)[0].owner for each in (lang, other))
        assert (told in shown, untold in shown) == (True, False)
    assert shipped_deviations("fr")[0].reason in html.unescape(page.render(audited, "fr"))
