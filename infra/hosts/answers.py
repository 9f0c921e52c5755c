"""What a host says, made fit to be shown and kept: anything may stand in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.hosts.record import Verdict

_LONGEST = 300  # characters; the end of a complaint says most
_LONGEST_TEXT = 2000  # our module's are shorter
_SAID = {verdict.value for verdict in Verdict} - {Verdict.DEVIATION.value}
"""What a host may say of itself; what is accepted is not its to say."""
_ALWAYS = {"rule", "recommendation", "verdict", "expected"}
_OFTEN = {"effective", "persistent", "why"}


class AnswerError(ValueError):
    """A host's answer is none to what it was asked; the text says so."""


def audited(answer: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]) -> tuple[str, list[dict[str, str | None]]]:
    """The system and the verdicts of a host's answer to `questions`, with nothing else in them.

    Raises:
        AnswerError: it is malformed, or is not about the rules that were asked.
    """
    system, verdicts = answer.get("os"), answer.get("verdicts")
    if not isinstance(system, str) or not isinstance(verdicts, list) or not all(map(_is_verdict, verdicts)):
        raise AnswerError("its answer to the audit is malformed")
    if [_about(each) for each in verdicts] != [_about(each) for each in asked]:
        raise AnswerError("its answer to the audit is not about the rules that were asked")
    return fit(system), [{key: value and fit(value) for key, value in each.items()} for each in verdicts]


def _is_verdict(plain: object) -> bool:
    if not isinstance(plain, dict) or not _ALWAYS <= plain.keys() <= _ALWAYS | _OFTEN:
        return False
    texts = (value for key, value in plain.items() if value is not None or key not in ("effective", "persistent"))
    return all(isinstance(each, str) for each in texts) and plain["verdict"] in _SAID


def _about(plain: Mapping[str, Any]) -> tuple[Any, Any]:
    return plain["rule"], plain["recommendation"]


def fit(said: object, longest: int = _LONGEST_TEXT) -> str:
    """A host's words as a record can hold them: Unicode, and bounded."""
    return str(said).encode("utf-8", "backslashreplace").decode()[:longest]


def one_line(said: str) -> str:
    """A host's words on one line, without control characters; the end of what is long."""
    return "".join(letter if letter.isprintable() else " " for letter in said).strip()[-_LONGEST:]
