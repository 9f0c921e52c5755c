"""Whether a change of requests may be: no data and no server is lost that the request does not name, no file vanishes.

`joliba up` has the last word on data (``--delete-data``); what is refused here never gets so far.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath
from shlex import quote

from infra.intake.findings import Finding, Place, Severity
from infra.intake.inventory import INVENTORIES, Request, SiteInventory
from infra.model.classification import Lifecycle
from infra.model.site import MOST_DESTROYED
from infra.model.tenant import Tenant
from infra.review.change import Action, Change, Kind, Subject, TenantDifference, nearest
from infra.review.servers import tiers

_LOST = {Subject.VOLUME: "LOSS-VOLUME", Subject.BUCKET: "LOSS-BUCKET"}


def judge(
    differences: Sequence[TenantDifference],
    before: SiteInventory | None,
    after: SiteInventory | None,
    *,
    commit: str,
    touched: Collection[str],
    platform_team: bool = False,
) -> Iterator[Finding]:
    """What is wrong with the differences of one site.

    ``commit`` is what they are compared with, as a person would write it; ``touched`` are the tenants whose own file
    changed. For the platform team, what cannot be told is only a warning.
    """
    site = before.site if before else None  # not the new one: no change widens what it may do itself
    most = site.most_destroyed if site else MOST_DESTROYED
    for difference in differences:
        was = before.requests.get(difference.tenant) if before else None
        now = after.requests.get(difference.tenant) if after else None
        if difference.kind is Kind.UNCLEAR:
            yield from _unclear(difference.tenant, before, platform_team=platform_team)
        if difference.tenant in touched and after is not None and before is not None:
            yield from _vanished(difference.tenant, was, before, after, commit)
        if now is None:
            continue
        yield from _losses(difference.changes, was, now, most)
        if difference.tenant in touched and difference.kind is not Kind.UNCLEAR:
            yield from _needless(difference.changes, now)


def _unclear(name: str, before: SiteInventory | None, *, platform_team: bool) -> Iterator[Finding]:
    """Only if it was so before: errors of the new request are findings of their own."""
    if before is None or name not in before.names or name in before.requests:
        return
    file = tenant_file(before.name, name)
    severity = Severity.WARNING if platform_team else Severity.ERROR
    yield Finding("CHANGE-UNCLEAR", Place(file), {"name": name, **reason(before, file)}, (), severity)


def reason(inventory: SiteInventory, *files: str) -> dict[str, str]:
    """The first error of some files, in both languages, as values of a finding."""
    errors = [each for each in inventory.findings if each.severity is Severity.ERROR]
    told = next((each for each in errors if each.place.file in files), errors[0] if errors else None)
    if told is None:
        return {"reason": "—"}
    return {"reason": f"{told.place}: {told.text('en')}", "reason_fr": f"{told.place} : {told.text('fr')}"}


def tenant_file(site: str, tenant: str) -> str:
    """A tenant's file, relative to the project's root."""
    return str(PurePosixPath(INVENTORIES, site, "tenants", f"{tenant}.yaml"))


def _vanished(
    name: str, was: Request | None, before: SiteInventory, after: SiteInventory, commit: str
) -> Iterator[Finding]:
    if name not in before.names or name in after.names:
        return
    if was is None or was.tenant.lifecycle is not Lifecycle.RETIRED:
        file = tenant_file(before.name, name)
        yield Finding("LOSS-FILE", Place(file), {"name": name, "file": quote(file), "commit": commit})


def _losses(changes: Sequence[Change], was: Request | None, now: Request, most: int) -> Iterator[Finding]:
    named = set(now.tenant.removes)
    servers = [each for each in changes if each.action is Action.DESTROY and each.subject is Subject.SERVER]
    for change in changes:
        values = {"name": change.name, "entry": change.entry, "count": str(change.count)}
        values |= {"before": change.before or "", "after": change.after or ""}
        place = nearest(now, change.path)
        if change.action is Action.DESTROY and change.loses_data and change.entry not in named:
            if change.subject in _LOST:
                yield Finding(_LOST[change.subject], place, values)
        elif change.code == "DIFF-VOLUME-SHRUNK":
            yield Finding("LOSS-VOLUME-SHRUNK", place, values)
        elif change.code == "DIFF-SERVER-MOVED" and not _rebuild_said(changes, change):
            yield Finding("LOSS-REBUILD", place, values)
        elif change.code == "DIFF-CLASSIFICATION-LOWERED":
            yield Finding("CHANGE-CLASSIFICATION-LOWERED", place, values, (), Severity.WARNING)
    if was is not None:
        yield from _servers(servers, was.tenant, now, most)


def _rebuild_said(changes: Sequence[Change], moved: Change) -> bool:
    return any(each.code == "DIFF-SERVER-REBUILT" and each.path == moved.path for each in changes)


def _servers(gone: Sequence[Change], was: Tenant, now: Request, most: int) -> Iterator[Finding]:
    """Servers that go: a few of those that stay equal are no loss, a whole tier or more than ``most`` percent is."""
    named = set(now.tenant.removes)
    total = sum(tier.count for tier in tiers(was).values())
    many = sum(change.count for change in gone) * 100 > most * total
    for change in gone:
        before = tiers(was)[change.path].count
        platform = f"platforms.{change.path[1]}"
        covered = change.entry in named or (platform in named and change.path[1] not in now.tenant.platforms)
        if not covered and (many or change.count == before):
            values = {"name": change.name, "entry": change.entry, "count": str(change.count), "total": str(before)}
            yield Finding("LOSS-SERVERS", nearest(now, change.path), values | {"share": str(most)})


def _needless(changes: Sequence[Change], now: Request) -> Iterator[Finding]:
    gone = [each for each in changes if each.action is Action.DESTROY]
    leaving = {each.entry for each in gone if each.subject in (Subject.SERVER, Subject.VOLUME, Subject.BUCKET)}
    leaving |= {
        f"platforms.{each.path[1]}"
        for each in gone
        if each.subject is Subject.SERVER and each.path[1] not in now.tenant.platforms
    }
    for entry in now.tenant.removes:
        if entry not in leaving:
            yield Finding("CHANGE-REMOVES-NOTHING", nearest(now, ("removes",)), {"entry": entry})
