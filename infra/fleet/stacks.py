"""Stacks by name: ``<site>.foundation`` and ``<site>.<tenant>``."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import total_ordering
from pathlib import Path

from infra.environment import stack_configuration_folder
from infra.errors import JolibaError
from infra.model.contract import FOUNDATION, PROJECT

_PART = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")


@total_ordering
@dataclass(frozen=True)
class StackName:
    """A stack: its site, and its part (``foundation`` or a tenant). Sorts by site, foundation first.

    >>> str(StackName.parse("ml-bko.sante"))
    'ml-bko.sante'
    """

    site: str
    part: str

    @classmethod
    def parse(cls, text: str) -> "StackName":
        """Read ``<site>.<part>``.

        Raises:
            JolibaError: not of that form.
        """
        site, _, part = text.partition(".")
        if not _PART.fullmatch(site) or not _PART.fullmatch(part):
            told = "{found!r} is no stack's name: write <site>.<tenant> or <site>.{foundation}"
            raise JolibaError(told, found=text, foundation=FOUNDATION)
        return cls(site, part)

    @property
    def is_foundation(self) -> bool:
        """Whether it is what a site's tenants share, not a tenant."""
        return self.part == FOUNDATION

    @property
    def qualified(self) -> str:
        """The name with organization and project, as backends without organizations write it."""
        return f"organization/{PROJECT}/{self}"

    @property
    def configuration(self) -> Path:
        """The stack's configuration file."""
        return stack_configuration_folder() / f"Pulumi.{self}.yaml"

    def __str__(self) -> str:
        return f"{self.site}.{self.part}"

    def __lt__(self, other: "StackName") -> bool:
        return (self.site, not self.is_foundation, self.part) < (other.site, not other.is_foundation, other.part)


def select(root: Path, patterns: Sequence[str], *, everything: bool = False) -> list[StackName]:
    """The stacks that a user means: ``ml-bko`` (a site: its foundation and every tenant) or ``ml-bko.sante``.

    Args:
        root: the project root.
        patterns: what was typed.
        everything: all sites instead.

    Returns:
        Each stack once; foundations before their tenants.

    Raises:
        JolibaError: nothing was named, or there is no such site or tenant; the message lists what there is.
    """
    from infra.intake.inventory import sites, tenants  # noqa: PLC0415  with all that reads and checks YAML

    known = sites(root)
    if everything == bool(patterns):
        raise JolibaError("name sites or stacks, or say --all; sites: {sites}", sites=_list(known))
    found: set[StackName] = set()
    for pattern in known if everything else patterns:
        site, dot, part = pattern.partition(".")
        if site not in known:
            raise JolibaError("there is no site {found!r}; sites: {sites}", found=site, sites=_list(known))
        parts = [FOUNDATION, *tenants(root, site)]
        if dot and part not in parts:
            told = "{site} has no tenant {found!r}; tenants: {tenants}"
            raise JolibaError(told, site=site, found=part, tenants=_list(parts[1:]))
        found |= {StackName(site, each) for each in ([part] if dot else parts)}
    return sorted(found)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "—"
