"""What is wrong in a file: where, what was found, what is accepted, how to mend it."""

import json
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from infra.intake.messages import MESSAGES, translated

Path = tuple[str | int, ...]
"""Where a value stands in a file: keys of maps and positions in lists, from the top."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
MOST_TOLD = 100
"""Findings of one file; more help nobody."""
_LONGEST_SHOWN = 80
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing: joiner, Hangul fillers, empty braille cell."""


class Severity(StrEnum):
    """Whether a finding refuses the request (``error``) or only tells (``warning``)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Place:
    """A value in a file: ``file`` relative to the project root, ``line`` and ``column`` from 1, ``path`` as text."""

    file: str
    line: int = 1
    column: int = 1
    path: str = ""

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``code`` is stable; ``related`` are other places that it is about.

    ``values`` fill the message. A value whose name ends in ``_word`` is one of our own words and is translated; a value
    ``x`` that has a ``x_fr`` beside it is replaced by that one in French.
    """

    code: str
    place: Place
    values: Mapping[str, str] = field(default_factory=dict)
    related: tuple[Place, ...] = ()
    severity: Severity = Severity.ERROR

    def text(self, lang: str) -> str:
        """What is wrong, in ``en`` or ``fr``, safe for a terminal."""
        return self._filled(MESSAGES[self.code].text, lang)

    def fix(self, lang: str) -> str:
        """How to mend it, in ``en`` or ``fr``, safe for a terminal."""
        return self._filled(MESSAGES[self.code].fix, lang)

    def _filled(self, template: str, lang: str) -> str:
        shown = {}
        for name, value in self.values.items():
            if name.endswith("_word"):
                shown[name] = translated(value, lang)
            else:
                shown[name] = printable(self.values.get(f"{name}_{lang}", value))
        return translated(template, lang).format_map(shown)

    def as_dict(self, lang: str) -> dict[str, object]:
        """For machines: the code, where, and the two texts."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            **_place_dict(self.place),
            "text": self.text(lang),
            "fix": self.fix(lang),
            "related": [_place_dict(place) for place in self.related],
        }

    @property
    def order(self) -> tuple[Place, str, tuple[tuple[str, str], ...]]:
        """Where it sorts: by file, line and column, then by code."""
        return self.place, self.code, tuple(sorted(self.values.items()))


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Each finding once, sorted by place."""
    return sorted({finding.order: finding for finding in findings}.values(), key=lambda finding: finding.order)


def refused(findings: Sequence[Finding]) -> bool:
    """Whether one of them is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def language(environ: Mapping[str, str] | None = None) -> str:
    """The user's language, ``en`` or ``fr``: from JOLIBA_LANG, then LC_ALL, LC_MESSAGES, LANG; else English."""
    variables = os.environ if environ is None else environ
    for name in ("JOLIBA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := variables.get(name):
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def path_text(path: Path) -> str:
    """A path as a person reads it: ``platforms.dossier.flows[2].ports``, ``publish["dossier.sante.example"].port``."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif _PLAIN_KEY.fullmatch(part):
            parts.append(f".{part}" if parts else part)
        else:
            parts.append(f"[{json.dumps(_cut(part), ensure_ascii=True)}]")
    return "".join(parts)


def printable(text: str) -> str:
    r"""A text that cannot move a terminal's cursor or reverse its reading order: such characters become ``\u202e``.

    Longer texts than a line are cut.
    """
    if text.isascii() and text.isprintable():
        return _cut(text)
    return _cut("".join(_escaped(character) for character in text))


def invisible(character: str) -> bool:
    """Whether a character is a control, a format mark (bidirectional, zero width), unassigned, or breaks lines."""
    return character in _BLANK or unicodedata.category(character) in _INVISIBLE


def _escaped(character: str) -> str:
    if not invisible(character):
        return character
    return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"  # noqa: PLR2004  two digits


def _cut(text: str) -> str:
    return text if len(text) <= 4 * _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _place_dict(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column, "path": place.path}
