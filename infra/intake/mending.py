"""What is mechanical in a file, mended: its formatting, and the name that it must have. Text in, text out.

Each mend is read before and after: one that changes anything but what it is named for is not made. Comments, quotes and
order stay.
"""

import codecs
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import yaml
from yaml._yaml import CParser

from infra.intake.reading import MOST_ENTRIES, Document, parse

_TRAILING = re.compile(r"[ \t]+(?=\n|\Z)")
_COMMENT = re.compile(r"(?:(?<=\s)|(?<=^))#", re.MULTILINE)


class MendKind(StrEnum):
    """What was mended."""

    MARK = "mark"  # a byte-order mark at the start
    LINE_ENDS = "line-ends"  # CR LF
    TABS = "tabs"  # between words, outside values and comments
    TRAILING = "trailing"  # spaces at the end of lines
    END = "end"  # no line end at the end of the file
    NAME = "name"  # the key that must say the file's name
    BLOCK = "block"  # what an allocation changed in the register


@dataclass(frozen=True, kw_only=True)
class Mend:
    """One thing that was mended, on so many ``lines``; ``found`` and ``now`` are the values of a name or a block."""

    kind: MendKind
    lines: int = 1
    found: str = ""
    now: str = ""


def mended(content: bytes, file: str, *, key: str, name: str, most: int = MOST_ENTRIES) -> tuple[bytes, list[Mend]]:
    """A file's bytes with what is mechanical mended, and the mends; a file that cannot be read whole stays as it is.

    Args:
        content: the file's bytes.
        file: its path, for the reading.
        key: the top-level key that must say the file's name: ``tenant``, ``site`` or ``country``.
        name: that name.
        most: the entries that one map or list may have.
    """
    mends: list[Mend] = []
    before = parse(content, file, most=most)
    for kind, step in _STEPS.items():
        if before.unreadable:
            break
        made = step(content)
        after = parse(made, file, most=most)
        if made != content and _told(before) == _told(after):
            mends.append(Mend(kind=kind, lines=_changed_lines(content, made)))
            content = made
    found = before.values.get(key)
    if isinstance(found, str) and found != name and not before.unreadable:
        made = _renamed(content, parse(content, file, most=most).marks.get((key,)), name)
        if _told(parse(made, file, most=most)) == _told(before, {key: name}):
            mends.append(Mend(kind=MendKind.NAME, found=found, now=name))
            content = made
    return content, mends


def _told(document: Document, changed: dict[str, str] | None = None) -> tuple[object, ...]:
    """All that a file says, apart from where it says it: ``True`` is not ``1`` here."""
    findings = sorted(
        (finding.code, finding.place.path, sorted(finding.values.items())) for finding in document.findings
    )
    return repr(document.values | (changed or {})), findings, document.broken


def _changed_lines(before: bytes, after: bytes) -> int:
    pairs = zip(before.split(b"\n"), after.split(b"\n"), strict=False)
    return max(1, sum(one != other for one, other in pairs))


def _without_mark(content: bytes) -> bytes:
    return content.removeprefix(codecs.BOM_UTF8)


def _with_line_feeds(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")


def _with_end(content: bytes) -> bytes:
    return content if content.endswith(b"\n") else content + b"\n"


def _without_tabs(content: bytes) -> bytes:
    return _edited(content, _tabs)


def _without_trailing(content: bytes) -> bytes:
    return _edited(
        content, lambda text, outside: (m.span() for m in _TRAILING.finditer(text) if outside(*m.span())), ""
    )


def _tabs(text: str, outside: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        comment = next(
            (m.start() for m in _COMMENT.finditer(line) if outside(start + m.start(), start + m.end())), None
        )
        for match in re.finditer("\t", line[:comment]):
            if outside(start + match.start(), start + match.end()):
                yield start + match.start(), start + match.end()
        start += len(line)


def _edited(
    content: bytes,
    places: Callable[[str, Callable[[int, int], bool]], Iterable[tuple[int, int]]],
    instead: str = " ",
) -> bytes:
    """The text with what stands at some places replaced; ``places`` is told whether a place lies outside all values."""
    text = content.decode()
    spans = _spans(text)
    if spans is None:
        return content
    starts = [start for start, _ in spans]

    def outside(first: int, last: int) -> bool:
        before = bisect_right(starts, last - 1) - 1
        return before < 0 or spans[before][1] <= first

    cuts = sorted(places(text, outside))
    pieces = [text[end:start] for (_, end), (start, _) in pairwise([(0, 0), *cuts, (len(text), len(text))])]
    return instead.join(pieces).encode()


def _spans(text: str) -> list[tuple[int, int]] | None:
    """Where each scalar begins and ends, in characters; None where the text is no YAML."""
    parser, found = CParser(text), []
    try:
        while not isinstance(event := parser.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
                found.append((event.start_mark.index, event.end_mark.index))
    except yaml.YAMLError:
        return None
    return [(start, end) for start, end in found if end > start]


def _renamed(content: bytes, mark: tuple[int, int] | None, name: str) -> bytes:
    """The text with another scalar at a line and column; the text itself where none is there."""
    text = content.decode("utf-8-sig")
    lines = text.split("\n")
    spans = _spans(text)
    if mark is None or spans is None:
        return content
    start = sum(len(line) + 1 for line in lines[: mark[0] - 1]) + mark[1] - 1
    end = dict(spans).get(start)
    return content if end is None else f"{text[:start]}{name}{text[end:]}".encode()


_STEPS: dict[MendKind, Callable[[bytes], bytes]] = {
    MendKind.MARK: _without_mark,
    MendKind.LINE_ENDS: _with_line_feeds,
    MendKind.TABS: _without_tabs,
    MendKind.TRAILING: _without_trailing,
    MendKind.END: _with_end,
}
