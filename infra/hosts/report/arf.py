"""A report as an Asset Reporting Format 1.1 collection (NIST IR 7694) of XCCDF 1.2 test results (NIST IR 7275r4).

It is what tools that read OpenSCAP's results read: an asset a host, a ``TestResult`` with a ``rule-result`` a verdict
for each assessed one, and relationships between them. It is *not* an SCAP result: no XCCDF benchmark or OVAL definition
of ours exists, so rules are named ``xccdf_joliba_rule_<rule>`` and observed values stand in messages. A deviation is
a ``fail`` with its acceptance as a message, since XCCDF knows no accepted failure that an importer would not count
as passed; ``unmeasured`` is ``unknown``. The report of a host that was not assessed, or not asked anything, holds an
element of ours that says so: a collection has one report at least. Signed, if at all, by the file's own ``.sig``, not
by XML signatures.
"""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from infra.hosts.record import HostRecord, RuleVerdict, Verdict
from infra.hosts.report.contents import Contents
from infra.hosts.report.rule_text import Weight
from infra.hosts.report.score import nothing_asked, score, whose
from infra.hosts.report.shown import shown
from infra.hosts.report.wording import (
    kind_words,
    limits_words,
    owner_word,
    problem_word,
    translations,
    word,
)

ARF = "http://scap.nist.gov/schema/asset-reporting-format/1.1"
CORE = "http://scap.nist.gov/schema/reporting-core/1.1"
ASSET = "http://scap.nist.gov/schema/asset-identification/1.1"
XCCDF = "http://checklists.nist.gov/xccdf/1.2"
JOLIBA = "urn:joliba:report:1"
_PREFIXES = {"arf": ARF, "core": CORE, "ai": ASSET, "xccdf": XCCDF, "joliba": JOLIBA}
_RESULTS = {
    Verdict.PASS: "pass",
    Verdict.FAIL: "fail",
    Verdict.DEVIATION: "fail",
    Verdict.UNMEASURED: "unknown",
    Verdict.NOT_APPLICABLE: "notapplicable",
}
_NO_NAME_CHARACTER = re.compile(r"[^A-Za-z0-9._-]")
_RELATION = "http://scap.nist.gov/specifications/arf/vocabulary/relationships/1.0#"


def render(contents: Contents, lang: str) -> str:
    """XML in ASCII; titles are in the language."""
    for prefix, namespace in _PREFIXES.items():
        register_namespace(prefix, namespace)
    root = Element(f"{{{ARF}}}asset-report-collection")
    _relationships(root, contents.record.hosts)
    assets = SubElement(root, f"{{{ARF}}}assets")
    for index, host in enumerate(contents.record.hosts, 1):
        _asset(assets, index, host)
    reports = SubElement(root, f"{{{ARF}}}reports")
    for index, host in enumerate(contents.record.hosts, 1):
        content = SubElement(SubElement(reports, f"{{{ARF}}}report", {"id": f"report{index}"}), f"{{{ARF}}}content")
        if host.verdicts:
            _result(content, index, host, contents, lang)
        else:
            _without_result(content, index, host, lang)
    indent(root, " ")
    return f'<?xml version="1.0" encoding="us-ascii"?>\n{tostring(root, encoding="us-ascii").decode("ascii")}\n'


def _relationships(root: Element, hosts: Sequence[HostRecord]) -> None:
    made = SubElement(root, f"{{{CORE}}}relationships")
    made.set("xmlns:arfvocab", _RELATION)  # a prefix that stands in values alone
    for index, _ in enumerate(hosts, 1):
        about = {"subject": f"report{index}", "type": "arfvocab:isAbout"}
        SubElement(SubElement(made, f"{{{CORE}}}relationship", about), f"{{{CORE}}}ref").text = f"asset{index}"


def _asset(assets: Element, index: int, host: HostRecord) -> None:
    asset = SubElement(assets, f"{{{ARF}}}asset", {"id": f"asset{index}"})
    device = SubElement(asset, f"{{{ASSET}}}computing-device")
    SubElement(device, f"{{{ASSET}}}hostname").text = _NO_NAME_CHARACTER.sub("-", host.name).strip("-.") or "host"


def _result(content: Element, index: int, host: HostRecord, contents: Contents, lang: str) -> None:
    run = contents.record
    result = SubElement(
        content,
        f"{{{XCCDF}}}TestResult",
        {
            "id": f"xccdf_joliba_testresult_{_name(run.run)}-{index}",
            "start-time": shown(run.started),
            "end-time": shown(run.ended),
            "version": shown(run.catalogue) or "0",
            "test-system": shown(f"joliba {run.joliba}"),
        },
    )
    _text(result, "title", f"ANSSI-BP-028, {host.level}, {host.name}")
    for remark in (kind_words(run, lang), *limits_words(run, lang)):
        _text(result, "remark", remark)
    _text(result, "organization", owner_word(whose(host), lang))
    _text(result, "target", host.name)
    facts = SubElement(result, f"{{{XCCDF}}}target-facts")
    told = {"site": host.site, "tenant": host.tenant, "platform": host.platform, "tier": host.tier}
    for name, value in {**told, "role": host.role, "level": host.level, "os": host.os}.items():
        fact = SubElement(facts, f"{{{XCCDF}}}fact", {"name": f"urn:joliba:{name}", "type": "string"})
        fact.text = shown(value)
    for verdict in host.verdicts:
        _rule_result(result, verdict, contents, lang)
    percent = score(host.name, [host]).percent
    whole = "0" if percent is None else "100"  # a result has a score; where nothing applies it is none of none
    _text(result, "score", f"{percent or 0:.1f}", system="urn:joliba:score:passed", maximum=whole)


def _rule_result(result: Element, verdict: RuleVerdict, contents: Contents, lang: str) -> None:
    rule = contents.rules[verdict.rule]
    severity = rule.severity if rule.severity is not Weight.UNKNOWN else "unknown"
    about = {"idref": f"xccdf_joliba_rule_{_name(verdict.rule)}", "severity": severity}
    told = SubElement(result, f"{{{XCCDF}}}rule-result", {**about, "time": shown(contents.record.ended)})
    _text(told, "result", _RESULTS[verdict.verdict])
    _text(told, "ident", verdict.recommendation, system="https://cyber.gouv.fr/ANSSI-BP-028")
    for label, value in (
        ("title", rule.title.get(lang)),
        ("verdict", verdict.verdict if verdict.verdict is Verdict.DEVIATION else None),
        ("expected", verdict.expected),
        ("effective", verdict.effective),
        ("persistent", verdict.persistent),
        ("why", verdict.why),
        ("deviation", verdict.deviation and _accepted(verdict.deviation, contents)),
    ):
        if value:
            _text(told, "message", f"{label}: {value}", severity="info")


def _accepted(name: str, contents: Contents) -> str:
    """A deviation in one line."""
    for entry in contents.register:
        each = entry.deviation
        if each.name == name:
            return f"{name} [{entry.state}] {each.expires} {each.owner} / {each.approver}: {each.reason}"
    return name


def _without_result(content: Element, index: int, host: HostRecord, lang: str) -> None:
    unasked = nothing_asked(host)
    told = translations(lang).gettext("Nothing asked") if unasked else word(host.assessment, lang)
    about = {"asset": f"asset{index}", "assessment": host.assessment, "told": told}
    name = "nothing-asked" if unasked else "not-assessed"
    SubElement(content, f"{{{JOLIBA}}}{name}", about).text = shown(problem_word(host.problem, lang))


def _text(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, f"{{{XCCDF}}}{tag}", attributes).text = shown(text)


def _name(text: str) -> str:
    """As a part of an XML name."""
    return _NO_NAME_CHARACTER.sub("-", text)
