"""Whether an observed value is what a rule expects.

A plain expectation must be equal. A map with one of the operators below asks that; any other map asks each of its
fields of an observed map. Numbers that were observed as text count as numbers.
"""

from __future__ import annotations

import re
from typing import Any


def complies(value: Any, expected: Any) -> bool:  # noqa: ANN401  what YAML holds
    """Whether a value is as expected. Absence (None) complies only with ``null``, ``empty: true`` and ``one_of``."""
    if isinstance(expected, dict):
        if len(expected) == 1 and next(iter(expected)) in OPERATORS:
            ((name, operand),) = expected.items()
            return OPERATORS[name](value, operand)
        return isinstance(value, dict) and all(complies(value.get(key), each) for key, each in expected.items())
    return _same(value, expected)


def _same(value: Any, expected: Any) -> bool:  # noqa: ANN401
    if isinstance(expected, (int, float)) and not isinstance(expected, bool) and isinstance(value, str):
        found = number(value)
        return found is not None and found == expected
    if isinstance(expected, list) and isinstance(value, list):
        return sorted(map(str, value)) == sorted(map(str, expected))
    return bool(value == expected) and isinstance(value, bool) == isinstance(expected, bool)


def number(value: Any) -> float | None:  # noqa: ANN401
    """A value as a number; None if it is none."""
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return None


def _at_least(value: Any, least: Any) -> bool:  # noqa: ANN401
    found = number(value)
    return found is not None and found >= least


def _at_most(value: Any, most: Any) -> bool:  # noqa: ANN401
    found = number(value)
    return found is not None and found <= most


def _mode_at_most(value: Any, most: Any) -> bool:  # noqa: ANN401
    """Whether a mode (octal text) has no bit that the other lacks."""
    try:
        return not int(str(value), 8) & ~int(str(most), 8)
    except ValueError:
        return False


def _contains(value: Any, wanted: Any) -> bool:  # noqa: ANN401
    wanted = wanted if isinstance(wanted, list) else [wanted]
    return isinstance(value, (list, str)) and all(each in value for each in wanted)


def _lacks(value: Any, unwanted: Any) -> bool:  # noqa: ANN401
    unwanted = unwanted if isinstance(unwanted, list) else [unwanted]
    return isinstance(value, (list, str)) and not any(each in value for each in unwanted)


OPERATORS = {
    "equals": _same,
    "one_of": lambda value, accepted: any(_same(value, each) for each in accepted),
    "at_least": _at_least,
    "at_most": _at_most,
    "mode_at_most": _mode_at_most,
    "contains": _contains,
    "lacks": _lacks,
    "subset_of": lambda value, accepted: isinstance(value, list) and all(each in accepted for each in value),
    "empty": lambda value, wanted: (not value) is wanted,
    "matches": lambda value, pattern: value is not None and re.fullmatch(pattern, str(value)) is not None,
}
