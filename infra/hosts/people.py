"""Who may log in to a tenant's hosts: the people of its access groups, each by an account and keys of their own.

A key's comment names its owner (``ssh-ed25519 AAAA… a.traore@sante.example``): actions must be imputable to one person
(ANSSI-BP-028 R33), so a key without a comment belongs to nobody and is left out.
"""

import re
from collections.abc import Iterable
from typing import Any

from infra.model.classification import Role
from infra.model.tenant import AccessGroup

_NOT_ALLOWED = re.compile(r"[^a-z0-9-]+")
_LONGEST = 32  # characters of an account's name (useradd)
_RESERVED = frozenset({"root", "joliba", "debian", "ubuntu", "rocky"})


def people(groups: Iterable[AccessGroup]) -> list[dict[str, Any]]:
    """The accounts of a tenant's hosts, sorted by name.

    Returns:
        Each with ``name``, ``keys`` (one-line public keys without comments, sorted) and ``administrator``: whether
        they may use sudo there, as the members of a project may; readers may only look.
    """
    found: dict[str, dict[str, Any]] = {}
    for group in groups:
        for key in group.keys:
            kind, public, *comment = key.split()
            name = account(comment[0]) if comment else ""
            if name and name not in _RESERVED:
                one = found.setdefault(name, {"name": name, "keys": [], "administrator": False})
                one["keys"] = sorted({*one["keys"], f"{kind} {public}"})
                one["administrator"] |= group.role is Role.MEMBER
    return [found[name] for name in sorted(found)]


def account(comment: str) -> str:
    """The account that a key's comment names: what stands before the ``@``; empty if that makes no name.

    >>> account("A.Traore@sante.example")
    'a-traore'
    """
    name = _NOT_ALLOWED.sub("-", comment.partition("@")[0].lower()).strip("-")[:_LONGEST].rstrip("-")
    return name if name[:1].isalpha() else ""
