"""What the page's script draws the matrix from: every text once, every different verdict once, a number a cell."""

from collections.abc import Mapping
from typing import Any

from infra.hosts.record import Assessment, HostRecord, RuleVerdict, RunRecord, Verdict
from infra.hosts.report.contents import Contents
from infra.hosts.report.history import chronological
from infra.hosts.report.reasons import verdict_words
from infra.hosts.report.score import nothing_asked, whose
from infra.hosts.report.shown import shown
from infra.hosts.report.wording import SYMBOLS, level_word, owner_word, problem_word, translations, word

VERDICTS = (Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED, Verdict.PASS, Verdict.NOT_APPLICABLE)
"""As the page numbers them."""
MOST_RUNS = 12
"""Earlier runs whose verdicts are told."""
NOT_ASKED = -1
_SAID = (
    "Hosts: {hosts}, rules: {rules}, verdicts: {cells}", "Nothing fits.", "Expected",
    "Observed now", "Observed after a reboot", "Reason", "Deviation", "Why it is asked for", "History",
    "No change in the runs that are known", "Remedied by this run", "Host", "Rule", "Verdict", "Nothing is observed",
    "Level", "Severity",
    "The matrix and the tables by rule and by host are filtered.",
)  # fmt: skip


class _Texts:
    """Texts by number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, text: str | None) -> int:
        """A text's number; -1 for none."""
        return -1 if text is None else self.numbers.setdefault(shown(text), len(self.numbers))


def page_data(contents: Contents, lang: str) -> dict[str, Any]:
    """Plain values for JSON; all that hosts and requests say has its invisible characters written out."""
    texts, kinds = _Texts(), dict[tuple[int, ...], int]()
    order = {rule: index for index, rule in enumerate(contents.rules)}
    cells = [_row(host, order, texts, kinds, lang) for host in contents.record.hosts]
    runs = chronological(contents.earlier)[-MOST_RUNS:]
    say = translations(lang).gettext
    return {
        "verdicts": [
            {"name": each, "word": word(each, lang), "symbol": SYMBOLS[each]} for each in VERDICTS
        ],
        "hosts": [_host(host, lang) for host in contents.record.hosts],
        "rules": [
            {
                "name": shown(rule.rule),
                "recommendation": shown(rule.recommendation),
                "title": rule.title.get(lang, ""),
                "reason": rule.reason.get(lang, ""),
                "severity": rule.severity,
                "severityWord": word(rule.severity, lang),
                "level": level_word(rule.level, lang),
            }
            for rule in contents.rules.values()
        ],
        "texts": list(texts.numbers),
        "kinds": list(kinds),
        "cells": cells,
        "runs": [[run.run, run.started] for run in (*runs, contents.record)],
        "history": _history(contents.record, runs, order),
        "words": {text: say(text) for text in _SAID},
        "notAsked": NOT_ASKED,
    }  # fmt: skip


def _row(
    host: HostRecord, order: Mapping[str, int], texts: _Texts, kinds: dict[tuple[int, ...], int], lang: str
) -> list[int]:
    row = [NOT_ASKED] * len(order) if host.verdicts else []
    changed = set(host.changed)
    for each in host.verdicts:
        kind = _kind(each, texts, lang, remedied=each.rule in changed)
        row[order[each.rule]] = kinds.setdefault(kind, len(kinds))
    return row


def _kind(verdict: RuleVerdict, texts: _Texts, lang: str, *, remedied: bool) -> tuple[int, ...]:
    *values, why = verdict_words(verdict, lang)
    told = (*values, why or None, verdict.deviation)
    return (VERDICTS.index(verdict.verdict), *(texts(each) for each in told), int(remedied))


def _host(host: HostRecord, lang: str) -> dict[str, Any]:
    return {
        "name": shown(host.name),
        "short": shown(host.name.removeprefix(f"{host.site}.{host.tenant}.")),
        "tenant": shown(f"{host.site}.{host.tenant}"),
        "ministry": shown(owner_word(whose(host), lang)),
        "about": shown(" ".join(filter(None, (host.platform, host.tier, host.role, host.os)))),
        "level": shown(host.level),
        "levelWord": shown(level_word(host.level, lang)),
        "state": _state(host),
        "assessment": _assessment(host, lang),
        "problem": shown(problem_word(host.problem, lang)),
    }


def _state(host: HostRecord) -> str:
    """What a host without verdicts is; empty for one that has some."""
    if host.assessment is not Assessment.ASSESSED:
        return "missing"
    return "unasked" if nothing_asked(host) else ""


def _assessment(host: HostRecord, lang: str) -> str:
    if nothing_asked(host):
        return translations(lang).gettext("Nothing asked")
    return word(host.assessment, lang) if _state(host) else ""


def _history(now: RunRecord, earlier: list[RunRecord], order: Mapping[str, int]) -> dict[int, dict[int, list[int]]]:
    """By host and rule the verdicts of the earlier runs and this one, where they were not all the same.

    A list a run, of verdicts' numbers; -1 where a run has none.
    """
    if not earlier:
        return {}
    runs = [{host.name: {each.rule: each.verdict for each in host.verdicts} for host in run.hosts} for run in earlier]
    found: dict[int, dict[int, list[int]]] = {}
    for index, host in enumerate(now.hosts):
        then = [run.get(host.name, {}) for run in runs]
        for each in host.verdicts:
            verdicts = [*(known.get(each.rule) for known in then), each.verdict]
            if len({verdict for verdict in verdicts if verdict}) > 1:
                numbers = [VERDICTS.index(verdict) if verdict else -1 for verdict in verdicts]
                found.setdefault(index, {})[order[each.rule]] = numbers
    return found
