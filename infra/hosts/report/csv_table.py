"""A report as a table for a spreadsheet: a line a host and rule, one for each host not assessed or not asked.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, whatever the quotes around it.
Such cells get an apostrophe before them (OWASP, "CSV Injection").
"""

import csv
import io
from collections.abc import Iterator, Mapping

from infra.hosts.record import HostRecord, RuleVerdict
from infra.hosts.report.contents import Contents
from infra.hosts.report.reasons import verdict_words
from infra.hosts.report.register import RegisterEntry
from infra.hosts.report.rule_text import RuleText
from infra.hosts.report.score import whose
from infra.hosts.report.shown import shown
from infra.hosts.report.wording import (
    kind_words,
    level_word,
    limits_words,
    owner_word,
    problem_word,
    translations,
    word,
)

COLUMNS = (
    "Site", "Tenant", "Ministry", "Host", "Platform", "Tier", "Role", "System", "Hardening level",
    "Recommendation", "Rule", "Title", "Severity", "Verdict", "Expected", "Observed now", "Observed after a reboot",
    "Reason", "Deviation", "Until", "State", "Run",
)  # fmt: skip
_FORMULA = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20")  # the last four are full-width forms of the first
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for the country's old encoding, and accents break."""


def render(contents: Contents, lang: str) -> str:
    """CSV (RFC 4180) in UTF-8 with a byte-order mark; separated as spreadsheets of the language expect it.

    Commas in English; semicolons in French, where the comma is the decimal mark.
    """
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";" if lang == "fr" else ",", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    say = translations(lang).gettext
    writer.writerow([say(column) for column in COLUMNS])
    accepted = {(entry.deviation.name, pair): entry for entry in contents.register for pair in entry.covered}
    run = ". ".join((kind_words(contents.record, lang), *limits_words(contents.record, lang)))
    for host in contents.record.hosts:
        writer.writerows([_cell(each) for each in (*line, run)] for line in _lines(host, contents, accepted, lang))
    return BYTE_ORDER_MARK + written.getvalue()


def _lines(
    host: HostRecord, contents: Contents, accepted: Mapping[tuple[str, tuple[str, str]], RegisterEntry], lang: str
) -> Iterator[list[str]]:
    place = [
        host.site, host.tenant, owner_word(whose(host), lang), host.name, host.platform, host.tier, host.role, host.os,
        level_word(host.level, lang),
    ]  # fmt: skip
    if host in contents.not_assessed:
        told = [word(host.assessment, lang), "", "", "", problem_word(host.problem, lang), "", "", ""]
        yield [*place, "", "", "", "", *told]
    elif not host.verdicts:
        yield [*place, "", "", "", "", translations(lang).gettext("Nothing asked"), "", "", "", "", "", "", ""]
    for verdict in host.verdicts:
        entry = accepted.get((verdict.deviation or "", (host.name, verdict.rule)))
        end = [entry.deviation.expires, word(entry.state, lang)] if entry else ["", ""]
        yield [*place, *_told(verdict, contents.rules[verdict.rule], lang), *end]


def _told(verdict: RuleVerdict, rule: RuleText, lang: str) -> list[str]:
    expected, effective, persistent, why = verdict_words(verdict, lang)
    return [
        verdict.recommendation, verdict.rule, rule.title.get(lang, ""), word(rule.severity, lang),
        word(verdict.verdict, lang), expected, effective or "", persistent or "",
        why, verdict.deviation or "",
    ]  # fmt: skip


def _cell(text: str) -> str:
    told = shown(text)
    return f"'{told}" if told.lstrip(" ")[:1] in _FORMULA and told.strip() else told
