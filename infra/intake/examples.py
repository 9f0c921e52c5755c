"""Examples of findings: a part of a request that is refused, and its nearest accepted neighbour; data, and tested."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import yaml
from yaml import CSafeLoader

_FILE = Path(__file__).with_name("message_examples.yaml")


@dataclass(frozen=True, kw_only=True)
class Example:
    """Lines of a request in YAML, as they are refused and as they are accepted."""

    refused: str
    accepted: str


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Lines that stand in the request instead of some of its own, or at its end."""

    instead_of: str
    refused: str
    accepted: str


def example(code: str) -> Example | None:
    """The example of a code; not every code has one."""
    parts = _parts().get(code)
    if parts is None:
        return None
    refused, accepted = ("\n".join(getattr(part, way) for part in parts) for way in ("refused", "accepted"))
    return Example(refused=dedent(refused).strip("\n"), accepted=dedent(accepted).strip("\n"))


def exemplified() -> tuple[str, ...]:
    """The codes that have an example."""
    return tuple(_parts())


def example_requests(code: str) -> Example:
    """The whole requests of a code's example.

    Raises:
        KeyError: the code has none.
    """
    refused = accepted = _data()["request"]
    for part in _parts()[code]:
        refused = _replaced(refused, part.instead_of, part.refused)
        accepted = _replaced(accepted, part.instead_of, part.accepted)
    return Example(refused=refused, accepted=accepted)


def _replaced(request: str, old: str, new: str) -> str:
    return request.replace(f"\n{old}\n", f"\n{new}\n", 1) if old else f"{request}{new}\n"


@cache
def _data() -> Any:  # noqa: ANN401  our own file
    return yaml.load(_FILE.read_text(encoding="utf-8"), CSafeLoader)


@cache
def _parts() -> Mapping[str, tuple[_Part, ...]]:
    return {code: tuple(_Part(**part) for part in parts) for code, parts in _data()["examples"].items()}
