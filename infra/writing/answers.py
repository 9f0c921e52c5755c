"""Answers from a file instead of a person: a request's own keys, of which only what is not usual need be said."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.errors import RefusedError
from infra.intake.findings import Finding, Path, path_text, refused
from infra.intake.reading import Tree
from infra.writing.dialogue import Question
from infra.writing.fields import ANY


class Answers:
    """A `Respondent` that answers from a tree. ``findings`` are those that it was told."""

    def __init__(self, values: Tree) -> None:
        self.findings: list[Finding] = []
        self._values = values
        self._used: set[Path] = {("schema",)}

    def begin(self, title: str, told: Sequence[str]) -> None:
        """Nothing: nobody reads."""

    def answer(self, question: Question) -> str:
        """What the tree has at the question's place; nothing if it has none."""
        if question.path[-1] == ANY:
            return self._next_name(question.path[:-1])
        found = _at(self._values, question.path)
        if isinstance(question.path[-1], int):  # an entry of a list of texts
            self._used.add(question.path[:-1])
        if found is None and question.path[-1] == "role":  # a role alone stands for the map
            found = _at(self._values, question.path[:-1])
            self._used.add(question.path[:-1])
        self._used.add(question.path)
        return _text(found)

    def tell(self, question: Question, findings: Sequence[Finding]) -> None:
        """Keep warnings.

        Raises:
            RefusedError: an answer is refused; ``findings`` say why.
        """
        self.findings += findings
        if refused(findings):
            raise RefusedError(f"{path_text(question.path)}: {findings[0].code}")

    def unused(self) -> list[str]:
        """The places of the tree that no question asked for."""
        return [path_text(path) for path in _leaves(self._values, ()) if path not in self._used]

    def _next_name(self, path: Path) -> str:
        around = _at(self._values, path)
        for name in around if isinstance(around, Mapping) else ():
            if (*path, name) not in self._used:
                self._used.add((*path, name))
                return str(name)
        return ""


def _at(values: Any, path: Path) -> Any:  # noqa: ANN401  plain values
    for step in path:
        if isinstance(values, Mapping):
            values = values.get(step)
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            values = values[step]
        else:
            return None
    return values


def _text(value: Any) -> str:  # noqa: ANN401  a plain value
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _leaves(value: Any, path: Path) -> list[Path]:  # noqa: ANN401  plain values
    if isinstance(value, Mapping) and value:
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*path, key))]
    if isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        return [leaf for at, inner in enumerate(value) for leaf in _leaves(inner, (*path, at))]
    return [path]
