"""A report for a terminal: the score, who was not assessed, what to mend first, what changed and why."""

from collections.abc import Iterator, Sequence

from infra.hosts.record import Verdict
from infra.hosts.report.contents import Contents
from infra.hosts.report.drift import Change
from infra.hosts.report.history import history
from infra.hosts.report.reasons import deviation_words
from infra.hosts.report.register import State
from infra.hosts.report.score import Score
from infra.hosts.report.shown import shown
from infra.hosts.report.wording import (
    accelerator_words,
    asked_word,
    kind_words,
    level_word,
    limits_words,
    owner_word,
    problem_word,
    translations,
    value_word,
    word,
)
from infra.review.translation import number

MOST = 15
"""Lines of a list; the page has the rest."""
_LONGEST = 200


def render(contents: Contents, lang: str) -> str:
    """Lines of text, in which no host's word can move a cursor."""
    return "\n".join(shown(line, 1000) for line in _Telling(contents, lang).lines()) + "\n"


def render_history(contents: Contents, host: str, rule: str, lang: str) -> str:
    """What became of one rule on one host, a line a run."""
    lines = [f"{host} · {rule}"]
    for moment in history([*contents.earlier, contents.record], host, rule):
        told = word(moment.verdict or moment.assessment, lang)
        observed = f"  {shown(value_word(moment.observed, lang), _LONGEST)}" if moment.observed else ""
        mended = f"  ({translations(lang).gettext('remedied by this run')})" if moment.remedied else ""
        lines.append(f"  {moment.started}  {told:<18}{observed}{mended}  {moment.run}".rstrip())
    lines += _left_out(contents, lang)
    return "\n".join(shown(line, 1000) for line in lines) + "\n"


def _first(names: Sequence[str]) -> str:
    """Three as an example."""
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")  # noqa: PLR2004


def _left_out(contents: Contents, lang: str) -> list[str]:
    told = translations(lang).gettext("Left out of the history, since they could not be read or verified:")
    return [f"{told} {', '.join(contents.left_out)}"] if contents.left_out else []


class _Telling:
    def __init__(self, contents: Contents, lang: str) -> None:
        self._contents, self._lang = contents, lang
        self._say = translations(lang).gettext

    def lines(self) -> Iterator[str]:
        run = self._contents.record
        place = ", ".join(self._contents.scopes) or asked_word(run.asked, self._lang)
        yield f"{kind_words(run, self._lang)} {run.run}  {place}  {run.started}"
        yield from limits_words(run, self._lang)
        if told := accelerator_words(run.accelerator, self._lang):
            yield told
        if not self._contents.signed:
            yield self._say("the run's record is not signed")
        yield from _left_out(self._contents, self._lang)
        scores, lang = self._contents.scores, self._lang
        yield self._score(self._say("All hosts"), scores.whole)
        for title, groups, worded in (
            (
                self._say("By level that hosts are held to"),
                scores.levels,
                lambda each: level_word(each.name, self._lang),
            ),
            (self._say("By tenant"), scores.tenants, lambda each: each.name),
            (self._say("By ministry"), scores.ministries, lambda each: owner_word(each.name, lang, each.site)),
        ):
            if len(groups) > 1:
                yield from ("", title)
                yield from (f"  {self._score(worded(each), each)}" for each in groups)
        yield from self._not_assessed()
        yield from self._nothing_asked()
        yield from self._rules()
        yield from self._unmeasured()
        yield from self._drift()
        yield from self._register()

    def _score(self, name: str, score: Score) -> str:
        percent = "-" if score.percent is None else f"{number(score.percent, self._lang)} %"
        counts = ", ".join(
            f"{word(verdict, self._lang).lower()} {number(score.verdicts[verdict], self._lang)}"
            for verdict in (Verdict.FAIL, Verdict.DEVIATION, Verdict.UNMEASURED)
        )
        hosts = self._hosts(score.hosts)
        missing = f", {score.not_assessed} {self._say('not assessed')}" if score.not_assessed else ""
        unasked = f", {score.nothing_asked} {self._say('Nothing asked').lower()}" if score.nothing_asked else ""
        return f"{name}  {percent}  ({hosts}{missing}{unasked}; {counts})"

    def _hosts(self, count: int) -> str:
        return translations(self._lang).ngettext("%(num)s host", "%(num)s hosts", count) % {"num": count}

    def _not_assessed(self) -> Iterator[str]:
        hosts = self._contents.not_assessed
        if hosts:
            yield from ("", self._say("Not assessed: nothing is known of these hosts"))
        for host in hosts[:MOST]:
            problem = shown(problem_word(host.problem, self._lang), _LONGEST)
            yield f"  {host.name}  {word(host.assessment, self._lang)}  {problem}"
        yield from self._rest(hosts)

    def _nothing_asked(self) -> Iterator[str]:
        hosts = self._contents.nothing_asked
        if hosts:
            yield from ("", self._say("Nothing asked: no rule of this run is for these hosts"))
        yield from (f"  {host.name}  {level_word(host.level, self._lang)}" for host in hosts[:MOST])
        yield from self._rest(hosts)

    def _rules(self) -> Iterator[str]:
        rows = [row for row in self._contents.rows if row.failing]
        if rows:
            yield from ("", self._say("What fails, the gravest first"))
        for row in rows[:MOST]:
            severity = word(row.text.severity, self._lang).lower()
            title = row.text.title.get(self._lang, "")
            told = f"{row.text.recommendation:<4} {row.text.rule}  {self._hosts(len(row.failing))}, {severity}"
            yield f"  {told}  {title}".rstrip()
        yield from self._rest(rows)

    def _unmeasured(self) -> Iterator[str]:
        rows = [row for row in self._contents.rows if row.verdicts[Verdict.UNMEASURED]]
        if rows:
            yield from ("", self._say("What was not measured"))
        for row in rows[:MOST]:
            hosts = row.verdicts[Verdict.UNMEASURED]
            yield f"  {row.text.recommendation:<4} {row.text.rule}  {self._hosts(len(hosts))}: {_first(hosts)}"
        yield from self._rest(rows)

    def _drift(self) -> Iterator[str]:
        drift = self._contents.drift
        if drift is None:
            return
        yield from ("", f"{self._say('What changed since')} {drift.before.run}")
        for cause, changes in drift.by_cause().items():
            first = _first([self._changed(each) for each in changes])
            yield f"  {word(cause, self._lang)}: {len(changes)}  {first}"

    def _changed(self, change: Change) -> str:
        levels = " → ".join(level_word(each, self._lang) for each in change.levels or ())
        return f"{change.host} {change.rule or levels}".strip()

    def _register(self) -> Iterator[str]:
        open_ones = [entry for entry in self._contents.register if entry.state is not State.VALID]
        if open_ones:
            yield from ("", self._say("Deviations that ask for attention"))
        for entry in open_ones[:MOST]:
            each = deviation_words(entry.deviation, self._lang)
            yield f"  {each.name}  {each.rule}  {word(entry.state, self._lang)}  {each.expires}  {each.owner}"
        yield from self._rest(open_ones)

    def _rest(self, items: Sequence[object]) -> Iterator[str]:
        if len(items) > MOST:
            yield f"  … {len(items) - MOST} {self._say('more')}"
