"""A report's own words, in English and French: a gettext catalogue read by Babel."""

import re
from enum import StrEnum
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from string import Formatter

from infra.hosts.catalogue import Answer
from infra.hosts.record import Assessment, Kind, RunRecord, Verdict
from infra.hosts.report.drift import Cause
from infra.hosts.report.register import State
from infra.hosts.report.rule_text import Weight
from infra.review.translation import read_translations

LOCALE = Path(__file__).parent / "locale"

_WORDS: tuple[tuple[StrEnum, str], ...] = (
    (Verdict.PASS, "Passes"),
    (Verdict.FAIL, "Fails"),
    (Verdict.DEVIATION, "Deviation"),
    (Verdict.UNMEASURED, "Unmeasured"),
    (Verdict.NOT_APPLICABLE, "Not applicable"),
    (Assessment.ASSESSED, "Assessed"),
    (Assessment.UNREACHABLE, "Not assessed: unreachable"),
    (Assessment.FAILED, "Not assessed: the run failed there"),
    (Assessment.NOT_STARTED, "Not assessed: not started"),
    (Kind.AUDIT, "Audit"),
    (Kind.HARDEN, "Hardening"),
    (Kind.ROLLBACK, "Rollback"),
    (Weight.HIGH, "High severity"),
    (Weight.MEDIUM, "Medium severity"),
    (Weight.LOW, "Low severity"),
    (Weight.UNKNOWN, "Unknown severity"),
    (Answer.AUTOMATED, "Automated"),
    (Answer.AUDITED, "Audited only"),
    (Answer.ORGANISATIONAL, "Organisational"),
    (Answer.NOT_APPLICABLE, "Does not apply"),
    (State.EXPIRED, "Expired"),
    (State.UNREGISTERED, "Not in the register"),
    (State.ENDING, "Ends within 30 days"),
    (State.USELESS, "Covers nothing"),
    (State.VALID, "Valid"),
    (Cause.REGRESSED, "Regressed on the host"),
    (Cause.DEVIATION_EXPIRED, "Deviation expired"),
    (Cause.DEVIATION_WITHDRAWN, "Deviation withdrawn"),
    (Cause.RULE_CHANGED, "Rule changed"),
    (Cause.LEVEL_CHANGED, "Level changed"),
    (Cause.NEWLY_APPLICABLE, "Newly applicable"),
    (Cause.NEWLY_UNMEASURED, "Newly unmeasured"),
    (Cause.HOST_NOT_ASSESSED, "Host no longer assessed"),
    (Cause.UNREPAIRED, "Still failing, passed once"),
    (Cause.NEVER_APPLIED, "Never applied"),
    (Cause.HOST_GONE, "Host gone"),
    (Cause.HOST_NEW, "New host"),
    (Cause.NO_LONGER_APPLICABLE, "No longer applicable"),
    (Cause.ACCEPTED, "Accepted by a deviation"),
    (Cause.HOST_ASSESSED_AGAIN, "Host assessed again"),
    (Cause.MENDED, "Now passes"),
)
WORDS = {(type(member), member): told for member, told in _WORDS}
"""What people read for each word of a record, by its vocabulary: two vocabularies may have the same word."""
LEVEL_WORDS = {"minimal": "Minimal", "intermediary": "Intermediary", "enhanced": "Enhanced", "high": "High"}
ACCELERATORS = {
    "kvm": "The lab's machines ran under KVM.",
    "tcg": "The lab's machines ran under software emulation (TCG).",
}
PROBLEMS = (
    "its request cannot be read: joliba check",
    "its request is gone, and its stack is not",
    "a request that its own names, or the address register, cannot be read: joliba check",
    "the run was stopped before it was done here",
    "its answer is malformed",
    "its host key is not known yet",
    "its console log cannot be read: {reason}",
    "the console log announces two different host keys of {algorithm}: none is trusted",
    "{said} (the host was put back)",
    "{said} (the host was put back, but not wholly)",
    "{said} (the host goes back by itself to how it was before this)",
)
"""Why hosts were not assessed, where it is our own text; all else is as a host or a program said it.

A ``{name}`` stands for a value, which is kept.
"""
SYMBOLS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.DEVIATION: "D",
    Verdict.UNMEASURED: "?",
    Verdict.NOT_APPLICABLE: "\N{EN DASH}",
}
"""So that no verdict is told by its colour alone."""


def translations(lang: str) -> NullTranslations:
    """The translations of ``fr``; for English the texts themselves."""
    return NullTranslations() if lang == "en" else read_translations(LOCALE / lang / "LC_MESSAGES" / "report.po")


def word(member: StrEnum, lang: str) -> str:
    """What people read for a word of a record."""
    return translations(lang).gettext(WORDS[type(member), member])


def accelerator_words(accelerator: str, lang: str) -> str:
    """What the lab's machines ran under, in a sentence; nothing for real hosts."""
    return translations(lang).gettext(ACCELERATORS[accelerator]) if accelerator in ACCELERATORS else ""


def kind_words(run: RunRecord, lang: str) -> str:
    """What a run did, and whether it was a dry one."""
    told = word(run.kind, lang)
    return f"{told} ({translations(lang).gettext('dry run')})" if run.check else told


def limits_words(run: RunRecord, lang: str) -> list[str]:
    """In what a run asked another thing of its hosts than all of their own levels, a sentence without its stop each."""
    say = translations(lang).gettext
    told = []
    if run.rules:
        told.append(f"{say('Only some recommendations were asked about:')} {', '.join(run.rules)}")
    if run.level:
        told.append(f"{say('Every host was held to this level, not to its own:')} {level_word(run.level, lang)}")
    return told


def problem_word(problem: str, lang: str) -> str:
    """Why a host was not assessed."""
    fits = ((text, pattern(text).fullmatch(problem)) for text in PROBLEMS)
    told = (translations(lang).gettext(text).format(**found.groupdict()) for text, found in fits if found)
    return next(told, problem)


@cache
def pattern(text: str) -> re.Pattern[str]:
    """What a text of ours looks like once its ``{name}``s are filled, with a group of each name."""
    parts = (re.escape(own) + (f"(?P<{name}>.*?)" if name else "") for own, name, *_ in Formatter().parse(text))
    return re.compile("".join(parts), re.DOTALL)


def value_word(value: str, lang: str) -> str:
    """A value that was asked for or observed: the host's own, but for what stands for an empty list."""
    return translations(lang).gettext("none") if value == "none" else value


def asked_word(asked: str, lang: str) -> str:
    """Which part of the datacenters a run was asked for, as it was typed."""
    return translations(lang).gettext("All hosts") if asked in ("", "all") else asked


def owner_word(owner: str, lang: str, site: str = "") -> str:
    """Whose hosts these are, as `infra.hosts.report.score.whose` says it: no owner's are the datacenter's own."""
    told = owner or translations(lang).gettext("Datacenter")
    return f"{site} · {told}" if site else told


def level_word(level: str, lang: str) -> str:
    """A hardening level's name; a level that we do not know as it is written."""
    return translations(lang).gettext(LEVEL_WORDS[level]) if level in LEVEL_WORDS else level
