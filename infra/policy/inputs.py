"""What a declared resource may be given: each input of a type is judged, or listed as harmless with the reason.

A type's row names every input that Joliba's own program uses. An input that is not in the row is refused, whether its
value is known or not: most of what OpenStack's API takes, no request can ask for. Whoever needs another input in the
program adds it to the row, with its rule or with the reason why it needs none.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netaddr import AddrFormatError, IPNetwork

from infra.policy.bounds import UNKNOWN, Declared

Refusals = Iterator[tuple[str, dict[str, str]]]
Accepts = Callable[[Any, str, Declared, Any], bool]
"""Whether a value of an input, here called by its name, is accepted within some bounds."""


@dataclass(frozen=True)
class Judged:
    """An input with a rule. A list's entries are judged one by one.

    ``listed`` is the field of the bounds that says what is accepted. With ``present`` the input is refused as soon as
    it is there, before its value is known.
    """

    accepts: Accepts
    code: str = "RESOURCE-FOREIGN"
    listed: str = ""
    present: bool = False


Row = Mapping[str, "Judged | Row | str"]
"""The inputs of a type: a rule, the row of what is nested in it, or the reason why it needs none."""

LABEL = "a label, which nothing acts on"
TOGETHER = "judged with the resource's other inputs, by a function of its own"


def own(kind: str, code: str = "RESOURCE-FOREIGN", *, listed: str = "") -> Judged:
    """The id of a resource of a type that the program itself declares, or one that the bounds list."""
    return Judged(
        lambda value, _, declared, within: (
            value in declared.own.get(kind, ()) or (bool(listed) and value in getattr(within, listed))
        ),
        code,
        listed,
    )


def among(listed: str, code: str = "RESOURCE-FOREIGN") -> Judged:
    """One of the values that the bounds list."""
    return Judged(lambda value, _, __, within: value in getattr(within, listed), code, listed)


def inside(listed: str, code: str = "RESOURCE-FOREIGN") -> Judged:
    """An address or a range within one of the ranges that the bounds list."""
    return Judged(lambda value, _, __, within: in_ranges(value, getattr(within, listed)), code, listed)


def never(code: str, *, present: bool = True) -> Judged:
    """Nothing is accepted; unless ``present``, what says no by itself is."""
    return Judged(lambda value, *_: not present and not is_true(value) and value is not UNKNOWN, code, present=present)


def refusals(row: Row, inputs: Mapping[str, Any], declared: Declared, within: object, around: str = "") -> Refusals:
    """Every input that the row refuses."""
    for key, value in inputs.items():
        rule = row.get(key)
        if isinstance(rule, str) or value is None or value in ("", [], {}):
            continue
        name = f"{around}{key}"
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(rule, Judged):
                if each is UNKNOWN and not rule.present:
                    continue
                if not rule.accepts(each, key, declared, within):
                    yield rule.code, {"input": name, "found": str(each), "accepted": _accepted(within, rule.listed)}
            elif rule is not None and isinstance(each, Mapping):
                yield from refusals(rule, each, declared, within, f"{name}.")
            elif rule is None or each is not UNKNOWN:
                yield "RESOURCE-INPUT", {"found": name}
                break


def _accepted(within: object, listed: str) -> str:
    """What the bounds list, in words: the names of what has an id."""
    found = getattr(within, listed) if listed else ()
    return ", ".join(sorted(str(each) for each in (found.values() if isinstance(found, Mapping) else found))) or "—"


def in_ranges(text: object, ranges: tuple[IPNetwork, ...]) -> bool:
    """Whether an address or a range lies in one of some ranges."""
    found = as_range(text)
    return found is not None and any(
        found.version == block.version and block.first <= found.first and found.last <= block.last for block in ranges
    )


def as_range(text: object) -> IPNetwork | None:
    """An address or a range; None if it is neither."""
    try:
        return IPNetwork(text)
    except (AddrFormatError, ValueError, TypeError):
        return None


def is_true(value: object) -> bool:
    """Providers take a truth value as a text, too."""
    return value is True or (isinstance(value, str) and value.lower() in {"true", "1"})


def is_false(value: object) -> bool:
    """As `is_true`."""
    return value is False or (isinstance(value, str) and value.lower() in {"false", "0"})
