"""The values of an ordinary file, without the place of any: for files of which nothing will be told.

Reading with places (`infra.intake.reading`) takes half of the time of judging a thousand requests. This reads the same
bytes with the same parser, and gives up at whatever is unusual (what the other refuses, and more): the other decides.
"""

import stat
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import yaml
from yaml._yaml import CParser

from infra.intake.reading import DEEPEST, LARGEST_REQUEST, MOST_ENTRIES, Tree, is_ordinary, meant

_Next = Callable[[], Any]


def read_plainly(file: File) -> Tree | None:
    """The values of a request that `infra.intake.reading.read` finds nothing wrong with; None: ask that."""
    try:
        status = file.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_REQUEST:
            return None
        return plain_values(file.read_bytes())
    except OSError:
        return None


def plain_values(content: bytes) -> Tree | None:
    """What `infra.intake.reading.parse` makes of these bytes, where it finds nothing wrong; None: ask that."""
    try:
        text = content.decode()
        if not is_ordinary(text):
            return None
        following = CParser(text).get_event
        following()  # the stream begins
        if type(following()) is not yaml.DocumentStartEvent or type(following()) is not yaml.MappingStartEvent:
            return None
        values = _map(following, 1)
        following()  # the document ends
        return values if type(following()) is yaml.StreamEndEvent else None
    except (UnicodeDecodeError, OverflowError, yaml.YAMLError, _UnusualError):
        return None


class _UnusualError(Exception):
    """Something that an ordinary file has not."""


def _map(following: _Next, depth: int) -> Tree:
    found: Tree = {}
    while type(event := following()) is yaml.ScalarEvent:
        key = event.value
        if event.anchor or event.tag or event.style == '"' or key == "<<" or key in found:
            raise _UnusualError
        found[key] = _value(following, following(), depth)
    if type(event) is not yaml.MappingEndEvent or len(found) > MOST_ENTRIES:
        raise _UnusualError
    return found


def _list(following: _Next, depth: int) -> list[Any]:
    found = []
    while type(event := following()) is not yaml.SequenceEndEvent:
        found.append(_value(following, event, depth))
    if len(found) > MOST_ENTRIES:
        raise _UnusualError
    return found


def _value(following: _Next, event: Any, depth: int) -> Any:  # noqa: ANN401  libyaml's event; a tree of plain values
    if event.anchor is not None or event.tag is not None:  # an alias has the first
        raise _UnusualError
    kind = type(event)
    if kind is yaml.ScalarEvent:
        value: str = event.value
        if event.implicit[0]:
            return meant(value)
        if event.style == '"' and not (value.isascii() and value.isprintable()):
            raise _UnusualError
        return value
    if depth >= DEEPEST:
        raise _UnusualError
    return _map(following, depth + 1) if kind is yaml.MappingStartEvent else _list(following, depth + 1)
