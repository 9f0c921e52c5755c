"""A request while it is being written: each value is judged, as `joliba check` would, before it is kept."""

import copy
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from infra.intake.findings import Finding, Path, Place, path_text, refused
from infra.intake.inventory import Judgement
from infra.writing.request_text import request_text

if TYPE_CHECKING:
    from infra.intake.reading import Tree

Judge = Callable[[str, str], Judgement]
"""Judges a tenant's text: ``judge(tenant, text)``."""
_MENDED_LATER = frozenset({
    "SHAPE-MISSING-KEY", "SHAPE-ONE-OF", "SHAPE-COUNT", "VALUE-MISSING", "VALUE-NO-NETWORK", "NAME-FILE",
    "ADDRESS-MISSING", "PUBLISH-NO-FLOW", "FLOW-ONE-SIDED", "FLOW-PEER-BROKEN", "FLOW-PEER-NO-BLOCK",
})  # fmt: skip
"""What a request may lack while it is being written, or what another tenant mends."""


class Draft:
    """The values so far, and what the real checks say of them."""

    def __init__(self, judge: Judge) -> None:
        self.values: Tree = {"schema": 1}
        self._judge = judge
        self._told: set[object] = set()
        self.merged: Tree = {}

    @property
    def name(self) -> str:
        """The tenant's name; until there is one, one that nobody has."""
        return str(self.values.get("tenant", "x--"))

    def put(self, path: Path, value: Any) -> list[Finding]:  # noqa: ANN401  a plain value
        """Keep a value if it adds no error to what is wrong already.

        Returns:
            The errors that it would add, or the warnings that it adds.
        """
        before = copy.deepcopy(self.values)
        if _get(before, path[:-1]) is not None and path[-1] in _keys(_get(before, path[:-1])) and value == {}:
            return [Finding("YAML-DUPLICATE-KEY", Place("", path=path_text(path)), {"key": str(path[-1])})]
        _set(self.values, path, value)
        judgement = self._judge(self.name, request_text(self.values))
        added = [found for found in judgement.findings if _identity(found) not in self._told]
        wrong = [found for found in added if found.code not in _MENDED_LATER]
        if refused(wrong):
            self.values = before
            return wrong
        self.merged = judgement.values
        self._told = {_identity(found) for found in judgement.findings}
        return wrong

    def take_back(self, path: Path) -> None:
        """Drop what was begun at a path and not finished."""
        around = _get(self.values, path[:-1])
        if isinstance(around, list) and around:
            around.pop()
        elif isinstance(around, dict):
            around.pop(path[-1], None)

    def inherited(self, path: Path) -> Any:  # noqa: ANN401  a plain value
        """The value that the site gives if the request says none."""
        return _get(self.merged, path)

    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong in the whole request."""
        return self._judge(self.name, self.text()).findings

    def text(self) -> str:
        """The request's file so far, without the empty maps of questions that were answered with nothing."""
        return request_text(_without_empty(self.values))


def _identity(found: Finding) -> object:
    return found.code, found.place.path, tuple(sorted(found.values.items()))


def _keys(around: Any) -> Collection[Any]:  # noqa: ANN401  a map or a list
    return around if isinstance(around, Mapping) else range(len(around))


def _get(values: Any, path: Path) -> Any:  # noqa: ANN401  plain values
    for step in path:
        if step not in _keys(values) if isinstance(values, Mapping | list) else True:
            return None
        values = values[step]
    return values


def _set(values: Any, path: Path, value: Any) -> None:  # noqa: ANN401  plain values
    for step, following in pairwise(path):
        if isinstance(values, list) and step == len(values):
            values.append({})
        elif isinstance(values, dict) and step not in values:
            values[step] = [] if isinstance(following, int) else {}
        values = values[step]
    values[path[-1]] = value


def _without_empty(values: Any) -> Any:  # noqa: ANN401  plain values
    if isinstance(values, dict):
        kept = {key: _without_empty(value) for key, value in values.items()}
        return {key: value for key, value in kept.items() if value not in ({}, [])}
    return [_without_empty(value) for value in values] if isinstance(values, list) else values
