"""Findings about the most hostile values that a request, or a file's name, can hold."""

import pytest

from infra.cli.formats.report import Report
from infra.intake.findings import Finding, Place, Severity

HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b | c",
    "`rm -rf /` ``` ~~~",
    "`",
    "@team @team/all",
    "![x](http://evil.example/y)",
    "[click](javascript:alert(1))",
    "http://evil.example www.evil.example a@evil.example",
    "]]> <![CDATA[ &amp; &#64;",
    "\u202egnp.exe\u200b\u2066",
    "::error file=x::owned",
    "##[add-mask]e ##[stop-commands]x",
    "line\n::set-output name=a::b\n/approve\n# title\n- item",
    "#1 !2 ~label $x^2$ :boom: **bold** _it_ \\",
    "{found} {0.__class__} %s ${x} $(id)",
    "\ue000 \ue001 \udcff \ufffe \uffff",
]


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request):
    return request.param


@pytest.fixture
def report():
    """``report(value, lang)``: a value wherever a finding holds one: file, path, what was found, what is accepted."""

    def made(value: str, lang: str = "en") -> Report:
        place = Place(f"inventories/ml-bko/tenants/{value}.yaml", 3, 9, f'networks["{value}"]')
        other = Place(f"inventories/ml-bko/{value}", 2, 1, value)
        values = {"found": value, "accepted": f"standard, {value}", "classification": value}
        nearest = {"found": value, "nearest": value, "accepted": value}
        findings = [
            Finding("CLASS-UNENCRYPTED", place, values, (other,)),
            Finding("NAME-UNKNOWN-IMAGE", place, nearest, severity=Severity.WARNING),
        ]
        return Report(findings=findings, files=["inventories/ml-bko/site.yaml", place.file], lang=lang, mended=[value])

    return made
