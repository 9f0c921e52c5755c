"""What a site's files say: the site, its country, its register, and its tenants' requests."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path as File

from infra.errors import JolibaError
from infra.intake.findings import Finding
from infra.intake.memory import no_collection
from infra.intake.reading import Tree
from infra.intake.site_inventory import INVENTORIES, RESERVED_TENANTS, Request, SiteInventory, sites, tenants
from infra.intake.site_reading import SiteReading
from infra.intake.suggestion import suggestion

__all__ = [
    "INVENTORIES",
    "RESERVED_TENANTS",
    "Judgement",
    "Request",
    "SiteInventory",
    "judge",
    "read_site",
    "sites",
    "tenants",
]


def read_site(
    root: File, site: str, *, only: Collection[str] | None = None, today: date | None = None, forks: bool = False
) -> SiteInventory:
    """Read a site, whole or only some tenants of it (and what those tenants' flows name).

    Whether there is room for those is judged by the sum of all: where the site says its capacity, all files are read.
    Rules are judged on ``today``; without it, on the day that `infra.policy.days` says. ``forks``: this process has no
    other thread, so that a copy of it may do half of the counting.

    Raises:
        JolibaError: there is no such site, or no such tenant among ``only``.
    """
    _known(site, sites(root))
    names = tenants(root, site)
    for name in only or ():
        _known(name, names, site)
    chosen = names if only is None else sorted(set(only))
    with no_collection():
        return SiteReading(root, site, names, today=today, forks=forks).inventory(chosen, whole=only is None)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a request would be as that tenant's file: its merged values, and what is wrong in it."""

    values: Tree
    findings: tuple[Finding, ...]


def judge(root: File, site: str, tenant: str, text: str) -> Judgement:
    """Judge a request that is no file yet among all the site's others, as `read_site` will once it is one.

    Raises:
        JolibaError: there is no such site.
    """
    _known(site, sites(root))
    names = sorted({*tenants(root, site), tenant})
    reading = SiteReading(root, site, names, drafted={tenant: text})
    found = reading.inventory([tenant], whole=False).findings
    draft = reading.draft(tenant)
    own = tuple(finding for finding in found if finding.place.file == draft.document.file)
    return Judgement(values=draft.values, findings=own)


def _known(found: str, accepted: list[str], site: str = "") -> None:
    if found in accepted:
        return
    near = suggestion(found, accepted)
    if site:
        told = "there is no tenant {found!r} of {site}: did you mean {nearest}? There are: {accepted}"
        raise JolibaError(told, found=found, site=site, **near)
    raise JolibaError("there is no site {found!r}: did you mean {nearest}? There are: {accepted}", found=found, **near)
