"""What a code means, whatever it was found in."""

import re
from dataclasses import dataclass

from infra.intake.examples import Example, example
from infra.intake.message import Severity
from infra.intake.messages import MESSAGES, translated

_FIELD = re.compile(r"(?<!\{)\{\w+\}")
GAP = "[…]"
"""Stands for what a finding would name."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A code in one language; ``text``, ``fix`` and ``source`` have a `GAP` where a finding names what it found.

    ``example`` is a part of a request in YAML: most codes about requests have one.
    """

    code: str
    severity: Severity
    text: str
    fix: str
    source: str
    example: Example | None = None


def explained(code: str, lang: str, *, gap: str = GAP) -> Explanation:
    """A code explained in ``en`` or ``fr``.

    Raises:
        KeyError: there is no such code.
    """
    message = MESSAGES[code]
    text, fix, source = (_general(translated(part, lang), gap) for part in (message.text, message.fix, message.source))
    return Explanation(code=code, severity=message.severity, text=text, fix=fix, source=source, example=example(code))


def by_prefix() -> dict[str, list[str]]:
    """All codes, in their order, by what stands before their first hyphen."""
    found: dict[str, list[str]] = {}
    for code in MESSAGES:
        found.setdefault(code.partition("-")[0], []).append(code)
    return found


def _general(template: str, gap: str) -> str:
    return _FIELD.sub(gap, template).replace("{{", "{").replace("}}", "}")
