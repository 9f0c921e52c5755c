"""From what was typed to stacks that may be worked on: chosen, checked, their clouds answering."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from infra.cli.findings import show_findings
from infra.cli.output import emit
from infra.environment import project_root
from infra.errors import CloudError, JolibaError, RefusedError
from infra.fleet.backend import Backend
from infra.fleet.building import Job, failed
from infra.fleet.datacenter import Datacenter
from infra.fleet.events import Outcome
from infra.fleet.preparation import UnwritableError, prepare
from infra.fleet.running import Runner, Watcher
from infra.fleet.stacks import StackName, select
from infra.fleet.state import read
from infra.intake.findings import Finding, language, ordered
from infra.intake.findings import refused as has_error
from infra.intake.inventory import SiteInventory, read_site
from infra.model.classification import Lifecycle
from infra.model.contract import FOUNDATION, decode_foundation
from infra.model.site import Site


@dataclass(frozen=True)
class Selection:
    """Stacks with their datacenters.

    ``retired``: tenants that are left alone, since their request says so. ``refused``: those whose request has errors.
    ``unready``: how those ended that could not be made ready.
    """

    stacks: list[StackName]
    datacenters: dict[str, Datacenter]
    retired: list[StackName] = field(default_factory=list)
    refused: list[StackName] = field(default_factory=list)
    unready: list[Outcome] = field(default_factory=list)

    def job(self, stack: StackName, runner: Runner, watch: Watcher | None = None) -> Job:
        """One of the stacks as a job."""
        return Job(stack, self.datacenters[stack.site], runner, watch)

    def verify(self) -> None:
        """See that every cloud answers.

        Raises:
            CloudError: one does not.
        """
        for datacenter in self.datacenters.values():
            datacenter.verify()

    def waiting(self) -> list[StackName]:
        """The tenants that their foundation, selected too, does not serve yet: they can be previewed once it is built.

        A preview makes nothing, so a tenant's program finds there only what the last build left.
        """
        found = []
        for foundation in (stack for stack in self.stacks if stack.is_foundation):
            datacenter = self.datacenters[foundation.site]
            state = None
            with suppress(CloudError):  # the foundation's own run tells it
                state = read(foundation, datacenter.backend)
            tenants = [each for each in self.stacks if each.site == foundation.site and not each.is_foundation]
            found += [each for each in tenants if not _serves(state.contract if state else {}, datacenter.site, each)]
        return found

    def prepare(self, jobs: int, *, leaving: Collection[StackName] = ()) -> tuple["Selection", list[StackName]]:
        """Make every stack ready, some left out.

        Returns:
            The selection, without those that cannot be made ready and hold up no other; and those that were not ready.

        Raises:
            UnwritableError: configuration files cannot be written, of no stack.
        """

        def one(stack: StackName) -> Outcome | bool:
            try:
                return prepare(stack, self.datacenters[stack.site])
            except UnwritableError:
                raise
            except JolibaError as error:
                return failed(stack, error)

        wanted = [stack for stack in self.stacks if stack not in leaving]
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            done = dict(zip(wanted, pool.map(one, wanted), strict=True))
        unready = [made for made in done.values() if isinstance(made, Outcome)]
        left = {outcome.stack for outcome in unready}
        ready = replace(self, stacks=[each for each in self.stacks if each not in left], unready=unready)
        return ready, [stack for stack, made in done.items() if made is True]


def _serves(contract: Mapping[str, Any], site: Site, tenant: StackName) -> bool:
    """Whether a foundation as last built, none for an empty contract, has all that the tenant's program asks of it."""
    try:
        foundation = decode_foundation(contract)
    except TypeError:
        return False
    return tenant.part in foundation.zones and not foundation.missing(site)


def checked(patterns: Sequence[str], *, everything: bool, as_json: bool) -> Selection:
    """The stacks of accepted requests. Only the requests that were asked for are judged, and the site's own files.

    Findings are shown. Retired tenants are left out. So is, of a whole site, a tenant whose request is refused: an
    expired review of one ministry stops nobody else's work.

    Raises:
        RefusedError: a request that was named is refused, or the site's own files are; the findings have been shown.
    """
    root = project_root()
    chosen = select(root, patterns, everything=everything)
    inventories = {
        site: read_site(root, site, only=[s.part for s in chosen if s.site == site and not s.is_foundation])
        for site in dict.fromkeys(stack.site for stack in chosen)
    }
    refused = _judge(inventories, chosen, patterns, as_json=as_json)
    retired = [stack for stack in chosen if _retired(stack, inventories[stack.site])]
    left_out = {*retired, *refused}
    datacenters = {
        name: Datacenter(inventory.site, Backend.of(inventory.site))
        for name, inventory in inventories.items()
        if inventory.site
    }
    return Selection([stack for stack in chosen if stack not in left_out], datacenters, retired, refused)


def _judge(
    inventories: dict[str, SiteInventory], chosen: Sequence[StackName], named: Sequence[str], *, as_json: bool
) -> list[StackName]:
    """Show what is wrong; the stacks that it refuses."""
    lang = language()
    findings: list[Finding] = ordered([each for inventory in inventories.values() for each in inventory.findings])
    refused = [stack for stack in chosen if stack.part in inventories[stack.site].refusals]
    shared = any(inventory.site is None or has_error(inventory.shared) for inventory in inventories.values())
    nothing = shared or any(str(stack) in named for stack in refused)
    if as_json and nothing:
        emit({"ok": False, "findings": [finding.as_dict(lang) for finding in findings]})
    elif findings:
        show_findings(findings, lang, stderr=True)
    if nothing:
        raise RefusedError("nothing was done: the findings come first")
    return refused


def _retired(stack: StackName, inventory: SiteInventory) -> bool:
    request = inventory.requests.get(stack.part)
    return request is not None and request.tenant.lifecycle is Lifecycle.RETIRED


def existing(patterns: Sequence[str]) -> Selection:
    """The stacks that exist, whatever their requests say now: for looking at them and for removing them.

    Raises:
        JolibaError: there is no such site, or neither a request nor a stack of such a name.
    """
    sites = dict.fromkeys(pattern.partition(".")[0] for pattern in patterns)
    datacenters = {site: Datacenter.open(site) for site in sites}
    built = {site: datacenter.backend.stacks() for site, datacenter in datacenters.items()}
    known = {site: set(select(project_root(), [site])) | set(built[site]) for site in sites}
    found: set[StackName] = set()
    for pattern in patterns:
        site, dot, _ = pattern.partition(".")
        if not dot:
            found |= {StackName(site, FOUNDATION), *built[site]}
        elif (stack := StackName.parse(pattern)) in known[site]:
            found.add(stack)
        else:
            raise JolibaError(f"there is no {pattern}; stacks: {', '.join(map(str, sorted(known[site])))}")
    return Selection(sorted(found), datacenters)
