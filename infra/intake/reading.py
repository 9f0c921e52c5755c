"""YAML files with the line and column of every value, whatever the bytes.

The subset that a request may use is small on purpose: one document of maps, lists and scalars. Anchors, aliases, merge
keys and tags are refused: they make bombs and surprises, and no request needs them. Plain scalars are read as in
YAML 1.2's core schema, less its octal and hexadecimal numbers: ``no``, ``0123``, ``12:30`` and ``2027-06-30`` are text.

PyYAML's binding of libyaml gives the events: it is 50 times as fast as a loader in Python, loads in half the time of
ruamel.yaml, which binds the same library, and is on every machine that has Pulumi or openstacksdk.
"""

import codecs
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path as File
from typing import Any, NoReturn

import yaml
from yaml._yaml import CParser

from infra.intake.findings import Finding, Path, Place, invisible, path_text
from infra.intake.lookalikes import lookalike
from infra.intake.messages import translated

LARGEST_REQUEST = 256 * 1024
"""Bytes of a tenant's file."""
LARGEST_FILE = 16 * 1024 * 1024
"""Bytes of a site's own files; a register of a thousand tenants has 200 KiB."""
DEEPEST = 16
"""Maps and lists inside each other; a tenant's file needs eight."""

MOST_ENTRIES = 1000
"""Entries of one map or list of a tenant's file: the time of checking many wrong ones grows as their square."""
MOST_REFUSED = 1000
"""Findings of one file after which it is not read on."""

Tree = dict[str, Any]
"""A file's content: maps, lists, texts, whole numbers, decimals, truth values, nothing."""

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NUMERIC = frozenset("-0123456789")
"""What a number begins with, and no word."""
_DIGITS = 18
_ORDINARY = re.compile("[\n -~\u00a1-\u00ac\u00ae-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac]*")
_WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_ENCODINGS = {codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32", codecs.BOM_UTF16_LE: "UTF-16",
              codecs.BOM_UTF16_BE: "UTF-16"}  # fmt: skip


@dataclass
class Document:
    """A file that was read. ``broken`` are the paths whose value was refused and left out of ``values``."""

    file: str
    values: Tree = field(default_factory=dict)
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)

    @property
    def unreadable(self) -> bool:
        """Whether nothing could be made of it."""
        return () in self.broken

    def place(self, path: Path = (), *, at_key: bool = False) -> Place:
        """Where a value stands (or its key); of what is not there, where the nearest map or list around it begins."""
        if at_key and path in self.keys:
            return Place(self.file, *self.keys[path], path_text(path))
        around = path
        while around and around not in self.marks:
            around = around[:-1]
        return Place(self.file, *self.marks.get(around, (1, 1)), path_text(path))

    def refuse(self, code: str, path: Path, /, **values: str) -> None:
        """Add a finding about a value of this file."""
        self.findings.append(Finding(code, self.place(path), values))

    def refuse_key(self, code: str, path: Path, /, **values: str) -> None:
        """Add a finding about the key of a value of this file."""
        self.findings.append(Finding(code, self.place(path, at_key=True), values))

    def is_broken(self, path: Path) -> bool:
        """Whether the value, or one around it, was refused already: then nothing more is said about it."""
        return bool(self.broken) and any(path[:length] in self.broken for length in range(len(path) + 1))

    def has_broken(self, path: Path) -> bool:
        """Whether something inside the value was refused: then nothing is said about what the value lacks."""
        return any(broken[: len(path)] == path for broken in self.broken)


def read(file: File, root: File, *, largest: int = LARGEST_REQUEST) -> Document:
    """Read a YAML file; what is wrong with it is in the document's ``findings``, never an exception."""
    name = file.relative_to(root).as_posix()
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode):
            return _lost(name, Finding("FILE-KIND", Place(name)))
        if status.st_size > largest:
            sizes = {"size": str(status.st_size), "largest": str(largest)}
            return _lost(name, Finding("FILE-SIZE", Place(name), sizes))
        most = MOST_ENTRIES if largest <= LARGEST_REQUEST else LARGEST_FILE
        return parse(file.read_bytes(), name, most=most)
    except OSError as error:
        return _lost(name, Finding("FILE-UNREADABLE", Place(name), {"error": error.strerror or type(error).__name__}))


def parse(content: bytes, name: str, *, most: int = MOST_ENTRIES) -> Document:
    """Read YAML from bytes; ``name`` is the file's in findings, ``most`` the entries that one map or list may have."""
    document = Document(name)
    text = _decoded(content, document)
    if document.findings and not text:
        document.broken.add(())
        return document
    text = _without_invisible(text, document)
    try:
        _Composer(text, document, most).compose()
    except yaml.YAMLError as error:
        document.findings.append(_syntax(error, name, text.count("\n") + 1))
        document.broken.add(())
    except _StoppedError:
        document.broken.add(())
    return document


def _lost(name: str, finding: Finding) -> Document:
    return Document(name, findings=[finding], broken={()})


def _decoded(content: bytes, document: Document) -> str:
    for mark, encoding in _ENCODINGS.items():
        if content.startswith(mark):
            document.findings.append(Finding("YAML-ENCODING", Place(document.file), {"encoding": encoding}))
            return ""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line_start = before.rfind(b"\n") + 1
        column = len(before[line_start:].decode("utf-8", "replace")) + 1
        place = Place(document.file, before.count(b"\n") + 1, column)
        byte = f"0x{content[error.start]:02x}"
        told = {"encoding": f"byte {byte}", "encoding_fr": f"octet {byte}"}
        document.findings.append(Finding("YAML-ENCODING", place, told))
        return ""


def _without_invisible(text: str, document: Document) -> str:
    if is_ordinary(text):
        return text
    text = text.replace("\r\n", "\n")  # a carriage return alone hides what stands before it
    wrong = {character for character in set(text) if character not in "\n\t" and invisible(character)}
    if not wrong:
        return text
    for number, line in enumerate(text.split("\n"), start=1):
        for column, character in enumerate(line, start=1):
            if character in wrong:
                place = Place(document.file, number, column)
                document.findings.append(Finding("YAML-CHARACTER", place, {"character": _named(character)}))
                break  # one a line says enough
    return text.translate({ord(character): "\ufffd" for character in wrong})


def is_ordinary(text: str) -> bool:
    """Whether a text has no character but those of French and English, and line feeds: then none is invisible."""
    return _ORDINARY.fullmatch(text) is not None


def meant(value: str) -> str | float | bool | None:
    """What a scalar without quotes means.

    Raises:
        OverflowError: it is a whole number of too many digits.
    """
    if value[:1] not in _NUMERIC:
        return _WORDS.get(value, value)
    if _WHOLE.fullmatch(value):
        if len(value) > _DIGITS:
            raise OverflowError
        return int(value)
    if _DECIMAL.fullmatch(value) and "." in value and len(value) <= _DIGITS:
        found = float(value)  # JSON Schema takes 20.0 for a whole number, which nothing else does: it stays a text
        return value if found.is_integer() or not isfinite(found) else found
    return value


def _named(character: str) -> str:
    return f"U+{ord(character):04X}"


def _syntax(error: yaml.YAMLError, name: str, lines: int) -> Finding:
    """What libyaml says, if there is French for it; of a file without a last line end it counts a line too many."""
    mark = getattr(error, "problem_mark", None)
    before = getattr(error, "context_mark", None)
    place = Place(name, min(mark.line + 1, lines), mark.column + 1) if mark else Place(name)
    related = (Place(name, before.line + 1, before.column + 1),) if before and before.line != place.line - 1 else ()
    problem = getattr(error, "problem", None) or ""
    told = problem if translated(problem, "fr") != problem else "not YAML"
    return Finding("YAML-SYNTAX", place, {"problem_word": told}, related)


def _start(event: Any) -> tuple[int, int]:  # noqa: ANN401  libyaml's event
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _hides(text: str) -> bool:
    """Whether an escape sequence of a quoted text made a character that the file itself may not hold."""
    if text.isascii() and text.isprintable():
        return False
    return any(character != "\n" and invisible(character) for character in text)


class _StoppedError(Exception):
    """Reading stopped; the finding is in the document."""


class _Left:
    """Stands for a value that was refused."""


_LEFT = _Left()


class _Composer:
    """Builds the tree of one document from libyaml's events."""

    def __init__(self, text: str, document: Document, most: int) -> None:
        self._next: Callable[[], Any] = CParser(text).get_event
        self._document = document
        self._most = most
        self._ordinary = is_ordinary(text)

    def compose(self) -> None:
        document = self._document
        self._next()  # the stream begins
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            document.refuse("YAML-EMPTY", ())
            document.broken.add(())
            return
        values = self._value(self._next(), ())
        self._next()  # the document ends
        if not isinstance(after := self._next(), yaml.StreamEndEvent):
            document.findings.append(Finding("YAML-DOCUMENTS", Place(document.file, *_start(after))))
            document.broken.add(())
        if isinstance(values, dict):
            document.values = values
            return
        if values is None:
            document.refuse("YAML-EMPTY", ())
        elif values is not _LEFT:
            document.refuse("YAML-NO-MAP", ())
        document.broken.add(())

    def _value(self, event: Any, path: Path) -> Any:  # noqa: ANN401  a tree of plain values
        kind = type(event)  # libyaml's binding makes exactly these; half of all reading is spent here
        self._document.marks[path] = _start(event)
        if kind is yaml.ScalarEvent and event.anchor is None and event.tag is None:
            return self._scalar(event, path)
        if kind is yaml.AliasEvent:
            return self._refused("YAML-ANCHOR", path, name=f"*{event.anchor}")
        if event.anchor is not None:
            self._refused("YAML-ANCHOR", path, name=f"&{event.anchor}")
        if event.tag is not None:
            self._refused("YAML-TAG", path, tag=event.tag)
        if kind is yaml.ScalarEvent:
            return self._scalar(event, path)
        if len(path) >= DEEPEST:
            self._too_deep(event)
        return self._map(path) if kind is yaml.MappingStartEvent else self._list(path)

    def _too_deep(self, event: Any) -> NoReturn:  # noqa: ANN401  libyaml's event
        """Stop reading: libyaml's time grows with the square of the depth."""
        place = Place(self._document.file, *_start(event))
        self._document.findings.append(Finding("YAML-DEPTH", place, {"deepest": str(DEEPEST)}))
        raise _StoppedError

    def _refused(self, code: str, path: Path, **values: str) -> _Left:
        self._document.refuse(code, path, **values)
        self._document.broken.add(path)
        if len(self._document.findings) >= MOST_REFUSED:
            raise _StoppedError
        return _LEFT

    def _too_many(self, path: Path) -> NoReturn:
        self._document.refuse("YAML-ENTRIES", path, most=str(self._most))
        raise _StoppedError

    def _map(self, path: Path) -> Tree:
        found: Tree = {}
        keys, most, following = self._document.keys, self._most, self._next
        while (kind := type(event := following())) is not yaml.MappingEndEvent:
            if kind is not yaml.ScalarEvent or event.anchor or event.tag:
                self._document.findings.append(Finding("YAML-KEY", Place(self._document.file, *_start(event))))
                self._drop(event)
                self._drop(self._next())
                continue
            name = event.value
            inner = (*path, name)
            if inner in keys:
                place = Place(self._document.file, *_start(event), path_text(inner))
                first = self._document.place(inner, at_key=True)
                self._document.findings.append(Finding("YAML-DUPLICATE-KEY", place, {"key": name}, (first,)))
                self._drop(self._next())
                continue
            keys[inner] = _start(event)
            if len(found) >= most:
                self._too_many(path)
            if name == "<<" and event.implicit[0]:
                self._document.refuse_key("YAML-MERGE", inner)
                self._document.broken.add(inner)
                self._drop(self._next())
            elif event.style == '"' and _hides(name):
                self._document.refuse_key("YAML-ESCAPE", inner)
                self._document.broken.add(inner)
                self._drop(self._next())
            elif (value := self._value(following(), inner)) is not _LEFT:
                found[name] = value
        return found

    def _list(self, path: Path) -> Any:  # noqa: ANN401  a list, or what stands for one that was refused
        found: list[Any] = []
        position = 0
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, position)))
            position += 1
            if position > self._most:
                self._too_many(path)
        if _LEFT in found:
            self._document.broken.add(path)
            return _LEFT
        return found

    def _scalar(self, event: Any, path: Path) -> Any:  # noqa: ANN401  libyaml's event; a plain value
        value: str = event.value
        if event.style == '"' and _hides(value):
            return self._refused("YAML-ESCAPE", path)
        if (not self._ordinary or event.style == '"') and (found := lookalike(value)):
            return self._refused("YAML-LOOKALIKE", path, word=found.word, letter=found.letter, name=found.name)
        if not event.implicit[0]:
            return value
        try:
            return meant(value)
        except OverflowError:
            return self._refused("YAML-NUMBER", path, found=value)

    def _drop(self, event: Any) -> None:  # noqa: ANN401  libyaml's event
        """Pass over a value that is not looked at."""
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._skip()

    def _skip(self) -> None:
        depth = 1
        while depth:
            event = self._next()
            depth += isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent))
            if depth > DEEPEST:
                self._too_deep(event)
            depth -= isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent))
