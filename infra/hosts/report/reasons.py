"""Why verdicts are what they are, and why shipped deviations are accepted, in the reader's language.

A record holds the English text: a host says it, and knows no other language. Its French is looked up when a report is
made, in ``reasons.po`` (what hosts and `infra.hosts.asking` say; a ``{name}`` stands for a value, which is kept) and in
the catalogue of rules. What is no text of ours stays as it was said.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from string import Formatter
from typing import NamedTuple

from babel.messages.pofile import read_po

from infra.hosts.catalogue import read_catalogue
from infra.hosts.deviations import SOURCE, shipped_deviations
from infra.hosts.record import DeviationRecord, RuleVerdict
from infra.hosts.report.shown import LONGEST
from infra.hosts.report.wording import LOCALE, pattern, value_word

REASONS = LOCALE / "fr" / "LC_MESSAGES" / "reasons.po"
_LANGUAGES = ("fr", "en")
_TEXTS = ("reason", "owner", "approver")


def reason_word(why: str, lang: str) -> str:
    """A verdict's reason. A host may say anything: what is too long to be shown whole is none of ours."""
    return _known(why, lang) if len(why) <= LONGEST else why


class Words(NamedTuple):
    """What a verdict was made from, as people read it: see `RuleVerdict`."""

    expected: str
    effective: str | None
    persistent: str | None
    why: str


def verdict_words(verdict: RuleVerdict, lang: str) -> Words:
    """What a verdict was made from."""
    return Words(
        value_word(verdict.expected, lang),
        verdict.effective and value_word(verdict.effective, lang),
        verdict.persistent and value_word(verdict.persistent, lang),
        reason_word(verdict.why, lang),
    )


def deviation_words(deviation: DeviationRecord, lang: str) -> DeviationRecord:
    """A deviation with its texts: of a shipped one they are ours, of others their authors'."""
    if deviation.source != SOURCE:
        return deviation
    said = {name: getattr(deviation, name) for name in _TEXTS}
    return replace(deviation, **{name: _of_register(lang).get(text, text) for name, text in said.items()})


@lru_cache(maxsize=4096)
def _known(why: str, lang: str) -> str:
    if exact := _of_rules(lang).get(why):
        return exact
    fits = ((pattern.fullmatch(why), french) for pattern, french in (_french() if lang == "fr" else ()))
    return next((french.format(**found.groupdict()) for found, french in fits if found), why)


@cache
def _of_rules(lang: str) -> Mapping[str, str]:
    """Why rules do not apply, by the text in either language: records of earlier releases hold the French one."""
    rules = read_catalogue().rules.values()
    texts = [each for rule in rules for each in (*rule.exempt.values(), rule.needs) if each]
    return {each[said]: each[lang] for each in texts for said in _LANGUAGES}


@cache
def _of_register(lang: str) -> Mapping[str, str]:
    """The same of the shipped deviations' texts."""
    told = shipped_deviations(lang)
    pairs = (pair for said in _LANGUAGES for pair in zip(shipped_deviations(said), told, strict=True))
    return {getattr(one, name): getattr(other, name) for one, other in pairs for name in _TEXTS}


@cache
def _french() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the English texts with their French; those with most words of ours first, as others may fit too."""
    with REASONS.open("rb") as file:
        told = [(str(each.id), str(each.string)) for each in read_po(file, locale="fr") if each.id]
    told.sort(key=lambda each: -sum(len(own) for own, *_ in Formatter().parse(each[0])))
    return [(pattern(english), french) for english, french in told]
