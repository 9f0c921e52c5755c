"""What modules tell Ansible."""

from __future__ import annotations

from typing import Any


def told(value: Any) -> Any:  # noqa: ANN401
    r"""A value of texts, lists and maps with bytes that are no UTF-8 as ``\xe9``.

    Python has such bytes of a file's name as lone surrogates, for one of which Ansible refuses the whole answer.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {told(key): told(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(each) for each in value]
    return value
