"""What changed between two versions of a site's inventory: pure, of accepted requests and the register."""

from collections.abc import Collection, Iterator

from infra.intake.inventory import Request, SiteInventory
from infra.model.register import Allocation
from infra.review.change import Action, Change, Kind, Pair, Subject, TenantDifference
from infra.review.connections import egress_changes, flow_changes, name_changes, network_changes
from infra.review.servers import bucket_changes, server_changes
from infra.review.terms import group_changes, term_changes

_GRAVITY = list(Action)


def difference(
    before: SiteInventory | None, after: SiteInventory | None, *, only: Collection[str] | None = None
) -> tuple[TenantDifference, ...]:
    """What became of each tenant of a site, or of those named in ``only``; who could lose data comes first.

    A site that is not there before (or after) is nothing. A tenant whose file has errors of its own on one side is
    ``unclear``. Both inventories must have been read whole, or at least ``only`` of them.
    """
    names = sorted({name for each in (before, after) if each for name in each.names})
    found = [_tenant(name, before, after) for name in names if only is None or name in only]
    return tuple(sorted(found, key=lambda each: not each.loses_data))


def _tenant(name: str, before: SiteInventory | None, after: SiteInventory | None) -> TenantDifference:
    was, now = _request(before, name), _request(after, name)
    if (before and name in before.names and was is None) or (after and name in after.names and now is None):
        return TenantDifference(tenant=name, kind=Kind.UNCLEAR)
    given = [each.register.tenants.get(name) if each else None for each in (before, after)]
    if was and now and was.tenant == now.tenant and given[0] == given[1]:
        return TenantDifference(tenant=name, kind=Kind.UNCHANGED)
    pair = Pair(name, was, now)
    changes = sorted(_changes(pair, given[0], given[1]), key=_order)
    kind = Kind.CHANGED if changes else Kind.UNCHANGED
    if was is None or now is None:
        kind = Kind.REMOVED if now is None else Kind.NEW
    return TenantDifference(tenant=name, kind=kind, changes=tuple(changes))


def _request(inventory: SiteInventory | None, name: str) -> Request | None:
    return inventory.requests.get(name) if inventory else None


def _order(change: Change) -> tuple[bool, bool, int, bool]:
    """Lost data first, then lost system disks; then what is destroyed, rebuilt, changed, made.

    Last of each is what moves nothing yet.
    """
    system_disk = change.loses_data and change.subject in (Subject.SERVER, Subject.BLOCK)
    return not change.loses_data, system_disk, _GRAVITY.index(change.action), change.count == 0


def _changes(pair: Pair, was_given: Allocation | None, now_given: Allocation | None) -> Iterator[Change]:
    yield from _arrival(pair)
    yield from term_changes(pair)
    yield from server_changes(pair)
    yield from bucket_changes(pair)
    yield from network_changes(pair, was_given, now_given)
    yield from name_changes(pair)
    yield from flow_changes(pair)
    yield from egress_changes(pair)
    yield from group_changes(pair)


def _arrival(pair: Pair) -> Iterator[Change]:
    if pair.was is None and pair.now:
        yield pair.change(
            "DIFF-TENANT-NEW", Action.CREATE, Subject.TENANT, pair.name, ("tenant",), after=pair.now.ministry
        )
    if pair.now is None and pair.was:
        yield pair.change(
            "DIFF-TENANT-GONE", Action.DESTROY, Subject.TENANT, pair.name, ("tenant",), before=pair.was.ministry
        )
