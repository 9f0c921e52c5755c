"""A report as JSON: the record as it is, and what is derived from it."""

from dataclasses import asdict
from typing import Any

from infra.hosts.report.contents import Contents
from infra.hosts.report.drift import Drift
from infra.hosts.report.register import RegisterEntry
from infra.hosts.report.rule_text import RuleText
from infra.hosts.report.score import Score, Scores
from infra.intake.findings import as_json

VERSION = 1


def render(contents: Contents, lang: str) -> str:  # noqa: ARG001  machines get both languages
    """JSON in ASCII. ``record`` has the form of `infra.hosts.record`, its hosts only those of the scopes."""
    derived = {
        "scores": _scores(contents.scores),
        "register": [_entry(each) for each in contents.register],
        "drift": _drift(contents.drift) if contents.drift else None,
        "trend": [{"run": run.run, "started": run.started, "score": _score(each)} for run, each in contents.trend],
        "left_out": contents.left_out,
        "rules": {name: _rule(text) for name, text in contents.rules.items()},
        "unprobed": [asdict(each) for each in contents.unprobed],
        "not_assessed": [host.name for host in contents.not_assessed],
        "nothing_asked": [host.name for host in contents.nothing_asked],
    }
    head = {"report": VERSION, "made": contents.made.isoformat(), "scopes": contents.scopes, "signed": contents.signed}
    return as_json({**head, "record": asdict(contents.record), "derived": derived}, indent=1) + "\n"


def _scores(scores: Scores) -> dict[str, Any]:
    groups = {
        "sites": scores.sites,
        "tenants": scores.tenants,
        "ministries": scores.ministries,
        "levels": scores.levels,
        "rule_levels": scores.rule_levels,
    }
    return {
        "whole": _score(scores.whole),
        **{name: {_key(each): _score(each) for each in found} for name, found in groups.items()},
    }


def _key(score: Score) -> str:
    return f"{score.site} · {score.name}" if score.site else score.name


def _score(score: Score) -> dict[str, Any]:
    return {
        "percent": score.percent,
        "hosts": score.hosts,
        "not_assessed": score.not_assessed,
        "nothing_asked": score.nothing_asked,
        "verdicts": {verdict.value: number for verdict, number in score.verdicts.items()},
    }


def _entry(entry: RegisterEntry) -> dict[str, Any]:
    return {**asdict(entry.deviation), "state": entry.state, "covered": entry.covered, "uncovered": entry.uncovered}


def _drift(drift: Drift) -> dict[str, Any]:
    changes = [
        {
            "cause": change.cause,
            "host": change.host,
            "rule": change.rule,
            "before": asdict(change.before) if change.before else None,
            "now": asdict(change.now) if change.now else None,
            "levels": change.levels,
        }
        for change in drift.changes
    ]
    return {"since": drift.before.run, "catalogue_changed": drift.catalogue, "changes": changes}


def _rule(text: RuleText) -> dict[str, Any]:
    return {
        "recommendation": text.recommendation,
        "level": text.level,
        "severity": text.severity,
        "title": dict(text.title),
        "reason": dict(text.reason),
    }
