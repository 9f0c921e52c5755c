"""Who may log in to a tenant's hosts: the people of its access groups, each by an account and keys of their own.

A key's comment names its owner (``ssh-ed25519 AAAA… a.traore@sante.example``): actions must be imputable to one person
(ANSSI-BP-028 R33), so a key without a comment belongs to nobody and is left out.
"""

from collections.abc import Iterable
from typing import Any

from infra.model.account import account
from infra.model.classification import Role
from infra.model.tenant import AccessGroup


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
            if name := account(comment[0]) if comment else "":
                one = found.setdefault(name, {"name": name, "keys": [], "administrator": False})
                one["keys"] = sorted({*one["keys"], f"{kind} {public}"})
                one["administrator"] |= group.role is Role.MEMBER
    return [found[name] for name in sorted(found)]
