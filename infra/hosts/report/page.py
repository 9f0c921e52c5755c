"""A report as one self-contained page, for a browser and for paper.

All that hosts and requests say reaches it through Jinja's escaping, or as JSON from which its script makes text. It
loads nothing, and its policy lets run nothing but its own script and style.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from infra.hosts.record import DeviationRecord, HostRecord, RuleVerdict, RunRecord, Verdict
from infra.hosts.report.contents import Contents
from infra.hosts.report.drift import Cause, Change
from infra.hosts.report.page_data import MOST_RUNS, VERDICTS, page_data
from infra.hosts.report.reasons import deviation_words, verdict_words
from infra.hosts.report.register import RegisterEntry
from infra.hosts.report.rule_text import Weight, recommendation_order
from infra.hosts.report.score import Score, level_order, score, whose
from infra.hosts.report.shown import shown
from infra.hosts.report.wording import (
    SYMBOLS,
    accelerator_words,
    asked_word,
    kind_words,
    level_word,
    limits_words,
    owner_word,
    problem_word,
    translations,
    word,
)
from infra.review.translation import day, number
from infra.writing.self_contained import content_policy, embedded

HERE = Path(__file__).parent
SCRIPTS = ("matrix.js", "detail.js", "filters.js")
"""In the order in which they are loaded."""
MOST_PAIRS = 3
"""Different pairs of before and now that are told of one rule's drift."""


def render(contents: Contents, lang: str) -> str:
    """The page, in ``en`` or ``fr``."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]  # its own
    style = (HERE / "report.css").read_text(encoding="utf-8")
    scripts = [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS]
    return environment.get_template("report.html.jinja").render(
        lang=lang,
        report=contents,
        told=_Telling(contents, lang),
        policy=content_policy(style, scripts),
        style=Markup(style),  # noqa: S704  our own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704  our own files
        data=embedded(page_data(contents, lang)),
    )


@dataclass(frozen=True, kw_only=True)
class DriftRow:
    """One rule's changes of one cause, or the hosts that a cause is about."""

    rule: str
    title: str
    hosts: Sequence[str]
    pairs: Sequence[tuple[str, str]]
    more: bool


class _Telling:
    """What the template asks for, in the page's language."""

    symbols = SYMBOLS
    verdicts = VERDICTS

    def __init__(self, contents: Contents, lang: str) -> None:
        self._contents, self._lang = contents, lang

    def word(self, member: Any) -> str:  # noqa: ANN401  a member of a vocabulary
        return word(member, self._lang)

    def level(self, level: str) -> str:
        return level_word(level, self._lang)

    @property
    def accelerator(self) -> str:
        return accelerator_words(self._contents.record.accelerator, self._lang)

    @property
    def kind(self) -> str:
        return kind_words(self._contents.record, self._lang)

    @property
    def limits(self) -> list[str]:
        return limits_words(self._contents.record, self._lang)

    def number(self, value: float) -> str:
        return number(value, self._lang)

    def percent(self, value: Score) -> str:
        """With a no-break space, as both languages' percent signs here."""
        return "\N{EN DASH}" if value.percent is None else f"{number(value.percent, self._lang)}\N{NO-BREAK SPACE}%"

    def day(self, text: str | date) -> str:
        """A date in words; what is no date as it is written."""
        try:
            return day(text if isinstance(text, date) else date.fromisoformat(text), self._lang)
        except ValueError:
            return shown(str(text))

    def moment(self, text: str) -> str:
        """A time in words, UTC."""
        try:
            return format_datetime(datetime.fromisoformat(text), "d MMMM y, HH:mm 'UTC'", locale=self._lang)
        except ValueError:
            return shown(text)

    @property
    def place(self) -> str:
        """What the report is about."""
        return ", ".join(self._contents.scopes) or asked_word(self._contents.record.asked, self._lang)

    def problem(self, host: HostRecord) -> str:
        return problem_word(host.problem, self._lang)

    @property
    def tenants(self) -> list[tuple[str, str]]:
        return sorted({(f"{host.site}.{host.tenant}", self.owner(host)) for host in self._contents.record.hosts})

    @property
    def levels(self) -> list[str]:
        return sorted({host.level for host in self._contents.record.hosts}, key=level_order)

    @property
    def recommendations(self) -> list[tuple[str, str]]:
        found = {rule.recommendation: rule.recommended.get(self._lang, "") for rule in self._contents.rules.values()}
        return sorted(found.items(), key=lambda each: recommendation_order(each[0]))

    @property
    def severities(self) -> list[Weight]:
        found = {rule.severity for rule in self._contents.rules.values()}
        return [weight for weight in Weight if weight in found]

    def title(self, rule: str) -> str:
        text = self._contents.rules.get(rule)
        return text.title.get(self._lang, "") if text else ""

    def owner(self, host: HostRecord) -> str:
        return owner_word(whose(host), self._lang)

    @property
    def trend(self) -> Sequence[tuple[RunRecord, Score]]:
        """This run, and as many before it as the histories tell of."""
        return self._contents.trend[-MOST_RUNS - 1 :]

    def group(self, value: Score) -> str:
        return owner_word(value.name, self._lang, value.site)

    def host_score(self, host: HostRecord) -> Score:
        return score(host.name, [host])

    def of(self, host: HostRecord, verdict: Verdict) -> list[RuleVerdict]:
        return [each for each in host.verdicts if each.verdict is verdict]

    def deviation(self, entry: RegisterEntry) -> DeviationRecord:
        return deviation_words(entry.deviation, self._lang)

    def drift(self) -> list[tuple[Cause, int, list[DriftRow]]]:
        """Each cause with its number of changes, and their rules."""
        if self._contents.drift is None:
            return []
        return [
            (cause, len(changes), self._rows(changes)) for cause, changes in self._contents.drift.by_cause().items()
        ]

    def _rows(self, changes: Sequence[Change]) -> list[DriftRow]:
        by_rule: dict[str, list[Change]] = {}
        for change in changes:
            by_rule.setdefault(change.rule, []).append(change)
        rows = []
        for rule, found in by_rule.items():
            pairs = list(dict.fromkeys(pair for each in found if (pair := self._pair(each))))
            rows.append(
                DriftRow(
                    rule=rule,
                    title=self.title(rule),
                    hosts=[each.host for each in found],
                    pairs=pairs[:MOST_PAIRS],
                    more=len(pairs) > MOST_PAIRS,
                )
            )
        return sorted(rows, key=lambda row: -len(row.hosts))

    def _pair(self, change: Change) -> tuple[str, str] | None:
        """What was and what is, of a rule or of a host's level."""
        if change.levels:
            before, now = change.levels
            return self.level(before), self.level(now)
        return (self._seen(change.before), self._seen(change.now)) if change.rule else None

    def _seen(self, verdict: RuleVerdict | None) -> str:
        """A verdict with what it was made from."""
        if verdict is None:
            return "\N{EN DASH}"
        expected, *observed = verdict_words(verdict, self._lang)
        told = next((each for each in observed if each), "")
        colon = "\N{NO-BREAK SPACE}:" if self._lang == "fr" else ":"
        seen = self.word(verdict.verdict) + (f"{colon} {shown(told, 80)}" if told else "")
        if verdict.verdict is not Verdict.FAIL or not expected:
            return seen
        return f"{seen} ({translations(self._lang).gettext('Expected').lower()}{colon} {shown(expected, 80)})"


def _finalized(value: object) -> object:
    """Every text that is not our own markup, with its invisible characters written out."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
