"""What is wrong in a file: where, what was found, what is accepted, how to mend it."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from infra.intake.message import Severity
from infra.intake.messages import MESSAGES, translated
from infra.wording import language

__all__ = [
    "END", "FOUND", "MOST_TOLD", "Finding", "Marked", "Path", "Place", "Severity", "as_json", "invisible",
    "language", "ordered", "path_text", "printable", "refused",
]  # fmt: skip

Path = tuple[str | int, ...]
"""Where a value stands in a file: keys of maps and positions in lists, from the top."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
MOST_TOLD = 100
"""Findings of one file; more help nobody."""
_LONGEST_SHOWN = 80
_COMMAND = "##["
"""What runners of GitHub and Azure obey anywhere in a line of their log."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
FOUND, END = "\ue000", "\ue001"
"""Marks around a value; private characters, which no printable text holds."""
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing: joiner, Hangul fillers, empty braille cell."""


@dataclass(frozen=True, order=True)
class Place:
    """A value in a file: ``file`` relative to the project root, ``line`` and ``column`` from 1, ``path`` as text."""

    file: str
    line: int = 1
    column: int = 1
    path: str = ""

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}:{self.column}"


class Marked(NamedTuple):
    """What a finding says, with marks around each value: the text, the fix, the rule's source."""

    text: str
    fix: str
    source: str


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

    def source(self, lang: str) -> str:
        """The rule's source, in ``en`` or ``fr``. Safe for a terminal."""
        return self._filled(MESSAGES[self.code].source, lang)

    def marked(self, lang: str) -> "Marked":
        """The three texts, with each value that a file or a site said between `FOUND` and `END`.

        No value holds these two characters, since they show nothing: an output that must keep the words of a request
        apart from ours (Markdown) finds them there.
        """
        message = MESSAGES[self.code]
        return Marked(*(self._filled(part, lang, mark=True) for part in (message.text, message.fix, message.source)))

    def _filled(self, template: str, lang: str, *, mark: bool = False) -> str:
        shown = {}
        for name, value in self.values.items():
            if name.endswith("_word"):
                shown[name] = printable(translated(value, lang))
            else:
                shown[name] = printable(self.values.get(f"{name}_{lang}", value))
                if mark and name != "about":  # which is a schema's
                    shown[name] = f"{FOUND}{shown[name]}{END}"
        return translated(template, lang).format_map(shown)

    def as_dict(self, lang: str) -> dict[str, object]:
        """For machines: the code, where, the two texts, the rule's source; what was found and is accepted if known."""
        known = {name: printable(self.values[name]) for name in ("found", "accepted", "nearest") if name in self.values}
        return {
            "code": self.code,
            "severity": self.severity.value,
            **_place_dict(self.place),
            "text": self.text(lang),
            "fix": self.fix(lang),
            **known,
            "source": self.source(lang),
            "related": [_place_dict(place) for place in self.related],
        }

    @property
    def order(self) -> tuple[Place, str, tuple[tuple[str, str], ...], tuple[Place, ...]]:
        """Where it sorts: by file, line and column, then by code; two that are alike in all of it are one."""
        return self.place, self.code, tuple(sorted(self.values.items())), self.related


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Each finding once, sorted by place."""
    return sorted({finding.order: finding for finding in findings}.values(), key=lambda finding: finding.order)


def refused(findings: Sequence[Finding]) -> bool:
    """Whether one of them is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def path_text(path: Path) -> str:
    """A path as a person reads it: ``platforms.dossier.flows[2].ports``, ``publish["dossier.sante.example"].port``."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif _PLAIN_KEY.fullmatch(part):
            parts.append(f".{part}" if parts else part)
        else:
            parts.append(f"[{as_json(_cut(part))}]")
    return "".join(parts)


def as_json(value: Any, indent: int | None = None) -> str:  # noqa: ANN401  whatever JSON holds
    """JSON in ASCII, so that no terminal is surprised, and without a runner's command: only texts can hold ``##[``."""
    return json.dumps(value, indent=indent, default=str).replace(_COMMAND, r"#\u0023[")


def printable(text: str) -> str:
    r"""A text that cannot move a terminal's cursor or reverse its reading order: such characters become ``\u202e``.

    Longer texts than a line are cut. ``##[``, which runners of GitHub and Azure obey anywhere in a line of their log,
    becomes ``#\\x23[``.
    """
    text = text.replace(_COMMAND, r"#\x23[")
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
