"""A decision sheet from the project's files, and from those of the commit that they are compared with."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from infra.intake.findings import Finding, ordered
from infra.intake.inventory import Request, SiteInventory
from infra.model.site import Site
from infra.plan.capacity import Demand, demand, usage
from infra.plan.price import price
from infra.review.change import Kind
from infra.review.sheet import Row, Sheet
from infra.review.since import SiteComparison


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a sheet is made of, beside the request: the whole site, what is wrong, and how it was before if asked."""

    inventory: SiteInventory
    findings: Sequence[Finding]
    commit: str
    comparison: SiteComparison | None = None
    since: str | None = None
    operations: Sequence[Row] | None = None


def sheet(request: Request, facts: Facts, lang: str) -> Sheet | None:
    """The sheet of an accepted request, or of one that only rules refuse; None where the site or country has errors."""
    inventory, name = facts.inventory, request.tenant.name
    site, country = inventory.site, inventory.country
    if site is None or country is None:
        return None
    others = {each: _demand(inventory, each, site) for each in inventory.requests if each != name}
    own = _demand(inventory, name, site)
    compared = facts.comparison
    difference = next((each for each in compared.differences if each.tenant == name), None) if compared else None
    earlier = compared.before if compared and difference else inventory if compared else None  # else nothing differs
    was = earlier.requests.get(name) if earlier else None
    then = (earlier and earlier.site) or site  # what the earlier request names may have left the catalogue since
    before = [_demand(earlier, name, then)] if earlier and was else []
    return Sheet(
        lang=lang,
        site=site,
        country=country,
        tenant=request.tenant,
        allocation=inventory.register.tenants.get(name),
        findings=ordered([each for each in facts.findings if _about(each, request)]),
        usages=usage(site, [*others.values(), *before], [*others.values(), own]),
        price=price(request.tenant, site),
        before=was.tenant if was else None,
        price_before=price(was.tenant, then) if was else None,
        compared=compared is not None and (difference is None or difference.kind is not Kind.UNCLEAR),
        commit=facts.commit,
        since=facts.since,
        difference=difference,
        operations=facts.operations,
    )


def _demand(inventory: SiteInventory, name: str, site: Site) -> Demand:
    return demand(inventory.requests[name].tenant, site, inventory.register.tenants.get(name))


def _about(finding: Finding, request: Request) -> bool:
    """Whether a finding stands in the request or leads to it."""
    own = request.file.parts[-3:]  # a tenant may be called like another file: `site`, or a tenant of another site
    return any(Path(place.file).parts[-3:] == own for place in (finding.place, *finding.related))


def commit(root: Path) -> str:
    """The short id of the checked-out commit, with ``+`` if files differ from it; ``-`` where Git tells none."""
    git = ["git", "-C", str(root)]
    if which(git[0]) is None:
        return "-"
    asked = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    if asked.returncode:
        return "-"
    status = subprocess.run(
        [*git, "status", "--porcelain", "--", "inventories"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() + ("+" if status.stdout.strip() else "")
