"""JUnit XML as GitLab, Forgejo and Jenkins show it: one suite, a case a file, its errors as failures.

In ASCII, so that no encoding of a terminal or a log matters.
"""

from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from infra.cli.formats.report import Report
from infra.cli.output import plain
from infra.cli.wording import labelled
from infra.intake.findings import Finding, printable, refused
from infra.wording import say_in

_LABELS = ("path", "fix", "found", "nearest", "accepted", "source")


def render(report: Report) -> str:
    """XML: files that were checked without a finding are cases that passed; warnings are told in ``system-out``."""
    found = {file: list(group) for file, group in groupby(report.findings, key=lambda finding: finding.place.file)}
    files = sorted({*report.files, *found})
    failing = sum(refused(found.get(file, [])) for file in files)
    counts = {"tests": str(len(files)), "failures": str(failing), "errors": "0", "skipped": "0"}
    suites = Element("testsuites", {"name": "joliba", **counts})
    suite = SubElement(suites, "testsuite", {"name": "joliba check", **counts, "time": "0"})
    for file in files:
        _case(suite, file, found.get(file, []), report.lang)
    indent(suites)
    return f'<?xml version="1.0" encoding="us-ascii"?>\n{tostring(suites, encoding="us-ascii").decode("ascii")}\n'


def _case(suite: Element, file: str, findings: list[Finding], lang: str) -> None:
    name = printable(file)
    case = SubElement(suite, "testcase", {"name": name, "classname": "joliba.check", "file": name, "time": "0"})
    if not findings:
        return
    text = "\n\n".join(_told(finding, lang) for finding in findings)
    if refused(findings):
        codes = ", ".join(dict.fromkeys(finding.code for finding in findings))
        failure = SubElement(case, "failure", {"message": f"{len(findings)}: {codes}", "type": "error"})
        failure.text = plain(text)
    else:
        SubElement(case, "system-out").text = plain(text)


def _told(finding: Finding, lang: str) -> str:
    told = finding.as_dict(lang)
    lines = [f"{finding.place}: {say_in(lang, finding.severity.value)}: {told['text']} [{finding.code}]"]
    lines += [f"  {labelled(lang, key, printable(str(told[key])))}" for key in _LABELS if told.get(key)]
    lines += [f"  {say_in(lang, 'see also')} {place} {printable(place.path)}".rstrip() for place in finding.related]
    return "\n".join(lines)
