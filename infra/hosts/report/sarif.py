"""A report as SARIF 2.1.0 (OASIS): what fails, what could not be measured, what is accepted, who was not assessed.

What passes or does not apply is left out. A deviation is a result that is suppressed with its reason (3.35); what is
unmeasured is an ``open`` result (3.27.9); a host that was not assessed, or not asked anything, is a notification of the
invocation (3.20.21), and so is that a run was dry or limited.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from infra.hosts.record import HostRecord, RuleVerdict, Verdict
from infra.hosts.report.contents import Contents
from infra.hosts.report.reasons import Words, deviation_words, verdict_words
from infra.hosts.report.register import State
from infra.hosts.report.rule_text import RuleText, Weight
from infra.hosts.report.shown import shown
from infra.hosts.report.wording import kind_words, limits_words, problem_word, translations, word
from infra.intake.findings import as_json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Weight.HIGH: "error", Weight.MEDIUM: "warning", Weight.LOW: "note", Weight.UNKNOWN: "warning"}
_TOLD = (Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED)
_LINK = re.compile(r"([\\\[\]])")
_HOSTS = "HOSTS"
"""The base of the hosts' addresses, which stand where SARIF has files: a host is no file."""


def render(contents: Contents, lang: str) -> str:
    """One run of the tool, whose rules are those of the record."""
    order = {rule: index for index, rule in enumerate(contents.rules)}
    known = {(entry.deviation.name, pair): entry for entry in contents.register for pair in entry.covered}
    results = [
        _result(host, verdict, contents.rules[verdict.rule], order[verdict.rule], lang)
        | _suppressions(known.get((verdict.deviation or "", (host.name, verdict.rule))), lang)
        for host in contents.record.hosts
        for verdict in host.verdicts
        if verdict.verdict in _TOLD
    ]
    driver = {
        "name": "joliba",
        "semanticVersion": contents.record.joliba,
        "language": lang,
        "rules": [_rule(text, lang) for text in contents.rules.values()],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"joliba/{contents.record.kind}/{contents.record.run}"},
        "invocations": [_invocation(contents, lang)],
        "originalUriBaseIds": {_HOSTS: {"description": {"text": "Hosts by name; they are no files."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(text: RuleText, lang: str) -> dict[str, Any]:
    title = text.title.get(lang) or text.rule
    return {
        "id": text.rule,
        "shortDescription": {"text": _plain(title)},
        "fullDescription": {"text": _plain(f"{text.recommendation}. {text.recommended.get(lang) or title}")},
        "help": {"text": _plain(text.reason.get(lang) or title)},
        "defaultConfiguration": {"level": _LEVELS[text.severity]},
        "properties": {"tags": ["joliba", "ANSSI-BP-028", text.recommendation], "level": text.level},
    }


def _result(host: HostRecord, verdict: RuleVerdict, rule: RuleText, index: int, lang: str) -> dict[str, Any]:
    failing = verdict.verdict is not Verdict.UNMEASURED
    return {
        "ruleId": verdict.rule,
        "ruleIndex": index,
        "kind": "fail" if failing else "open",
        "level": _LEVELS[rule.severity] if failing else "none",
        "message": {"text": _plain(_message(host, verdict, rule, lang))},
        "locations": [_location(host)],
        "partialFingerprints": {
            "jolibaHostRule/v1": sha256(f"{host.name}\n{verdict.rule}".encode("utf-8", "surrogatepass")).hexdigest()
        },
        "properties": {
            "verdict": verdict.verdict,
            "tenant": f"{host.site}.{host.tenant}",
            "expected": shown(verdict.expected),
            **{name: shown(said) for name, said in _observed(verdict).items()},
        },
    }


def _observed(verdict: RuleVerdict | Words) -> Mapping[str, str]:
    told = {"effective": verdict.effective, "persistent": verdict.persistent, "why": verdict.why or None}
    return {name: value for name, value in told.items() if value is not None}


def _message(host: HostRecord, verdict: RuleVerdict, rule: RuleText, lang: str) -> str:
    """A sentence with what was observed, whatever a host said in it."""
    words = verdict_words(verdict, lang)
    say = translations(lang).gettext
    colon = "\N{NO-BREAK SPACE}:" if lang == "fr" else ":"
    parts = [f"{host.name}, {verdict.recommendation}{colon} {rule.title.get(lang) or verdict.rule}"]
    parts += [word(verdict.verdict, lang)]
    labels = {"effective": say("Observed now"), "persistent": say("Observed after a reboot"), "why": say("Reason")}
    parts += [f"{say('Expected')}{colon} {shown(words.expected)}"] if words.expected else []
    parts += [f"{labels[name]}{colon} {shown(value)}" for name, value in _observed(words).items()]
    return ". ".join(parts)


def _location(host: HostRecord) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(host.name, safe="", errors="surrogatepass"), "uriBaseId": _HOSTS},
            "region": {"startLine": 1, "startColumn": 1},
        },
        "logicalLocations": [{"fullyQualifiedName": shown(host.name), "kind": "resource"}],
    }


def _suppressions(entry: Any, lang: str) -> dict[str, Any]:  # noqa: ANN401  a register's entry or None
    """A deviation accepts its result; one that has expired since the run no longer does, and is under review.

    All results of a run have the property or none (3.27.23): without a deviation it is empty.
    """
    if entry is None:
        return {"suppressions": []}
    deviation = deviation_words(entry.deviation, lang)
    void = entry.state in (State.EXPIRED, State.UNREGISTERED)
    until = f" ({translations(lang).gettext('until')} {deviation.expires})" if deviation.expires else ""
    told = f"{deviation.name}{until}, {deviation.owner} / {deviation.approver}: {deviation.reason}"
    status = "underReview" if void else "accepted"
    return {"suppressions": [{"kind": "external", "status": status, "justification": shown(told)}]}


def _invocation(contents: Contents, lang: str) -> dict[str, Any]:
    notifications = [
        {
            "level": "error",
            "message": {"text": _plain(f"{host.name}: {word(host.assessment, lang)}. {_problem(host, lang)}".strip())},
            "locations": [_location(host)],
        }
        for host in contents.not_assessed
    ]
    unasked = translations(lang).gettext("Nothing asked")
    notifications += [
        {"level": "warning", "message": {"text": _plain(f"{host.name}: {unasked}")}, "locations": [_location(host)]}
        for host in contents.nothing_asked
    ]
    run = contents.record
    said = [*([kind_words(run, lang)] if run.check else []), *limits_words(run, lang)]
    notifications += [{"level": "note", "message": {"text": _plain(each)}} for each in said]
    return {
        "executionSuccessful": not contents.not_assessed and bool(contents.rules),
        "startTimeUtc": run.started,
        "endTimeUtc": run.ended,
        "toolExecutionNotifications": notifications,
    }


def _problem(host: HostRecord, lang: str) -> str:
    return shown(problem_word(host.problem, lang))


def _plain(text: str) -> str:
    """A text in which no brackets make a link (SARIF 2.1.0, 3.11.6)."""
    return _LINK.sub(r"\\\1", shown(text, 10_000))
