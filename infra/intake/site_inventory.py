"""What a site's folder holds: the names of its tenants, and all that was read of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as File

from infra.intake.defaults import Origins
from infra.intake.findings import Finding, refused
from infra.intake.reading import Tree
from infra.model.contract import FOUNDATION
from infra.model.country import Country
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Tenant

INVENTORIES = "inventories"
RESERVED_TENANTS = frozenset({FOUNDATION})
"""Names of stacks that are no tenant's."""
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A tenant's file, accepted: the tenant, and the merged plain values with the place each came from."""

    tenant: Tenant
    file: File
    values: Tree
    origins: Origins


@dataclass(frozen=True, kw_only=True)
class SiteInventory:
    """Everything read of a site. ``site``, ``country`` and a request are absent when they have errors.

    A request whose only errors are about its blocks, the country's policy or the site's capacity is there, for
    `allocate` and for a sheet that says why it is refused. ``peers`` are the
    other tenants that the flows of these requests name, as far as their own files are sound: a request without errors
    finds all it names here or in ``requests``, with its blocks. ``names`` are all its tenants by their files' names,
    ``findings`` everything wrong in what was read. ``refusals`` are the tenants of these requests that have an error,
    also where that stands in the site's file, at a default that does not suit them; ``shared`` are the findings that
    are no request's own.
    """

    name: str
    site: Site | None
    country: Country | None
    register: Register
    requests: Mapping[str, Request]
    peers: Mapping[str, Tenant]
    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    refusals: frozenset[str]
    shared: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether a finding is an error: then nothing of it may be applied."""
        return refused(self.findings)


def sites(root: File) -> list[str]:
    """The names of the sites, from their folders."""
    return sorted(file.parent.name for file in (root / INVENTORIES).glob("*/site.yaml"))


def tenants(root: File, site: str) -> list[str]:
    """The names of a site's tenants, from their files; nothing is read."""
    files = (root / INVENTORIES / site / "tenants").glob("*.yaml")
    return sorted(file.stem for file in files if _NAME.fullmatch(file.stem))
