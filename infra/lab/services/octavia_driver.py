"""An octavia provider driver that reports every object active and online at once; nothing balances any load."""

import threading
from collections.abc import Callable
from typing import Any

from octavia.api.drivers.driver_agent import driver_updater
from octavia.api.drivers.noop_driver import driver as noop
from octavia.db import api as database
from octavia.db import repositories
from octavia_lib.api.drivers import exceptions

COLLECTIONS = {
    "loadbalancer": "loadbalancers", "listener": "listeners", "pool": "pools", "member": "members",
    "health_monitor": "healthmonitors", "l7policy": "l7policies", "l7rule": "l7rules",
}  # fmt: skip
COMMIT_SECONDS = 0.05
"""The API commits an object after it has called the driver."""
TRIES = 40
Family = dict[str, list[str]]


def family(kind: str, identifier: str) -> Family:
    """The object and those above it, which are all pending while it changes, by collection."""
    repository = repositories.Repositories()
    session = database.get_session()
    with session.begin():

        def get(name: str, key: str | None) -> Any:
            return getattr(repository, name).get(session, id=key) if key else None

        found: Family = {COLLECTIONS[kind]: [identifier]}
        rule = get("l7rule", identifier if kind == "l7rule" else None)
        policy = get("l7policy", identifier if kind == "l7policy" else rule and rule.l7policy_id)
        below = get(kind, identifier) if kind in ("member", "health_monitor") else None
        pool = get("pool", identifier if kind == "pool" else below and below.pool_id)
        listener = get("listener", identifier if kind == "listener" else policy and policy.listener_id)
        balancer = identifier if kind == "loadbalancer" else None
        if policy:
            found["l7policies"] = [policy.id]
        if pool:
            found["pools"], balancer = [pool.id], pool.load_balancer_id
            found["listeners"] = [above.id for above in pool.listeners]
        if listener:
            found["listeners"], balancer = [listener.id], listener.load_balancer_id
        return found | {"loadbalancers": [balancer] if balancer else []}


def report(kind: str, identifier: str, deleted: bool, tries: int = TRIES) -> None:
    """Report success for an object and those above it, again if it is not committed yet."""
    try:
        found = family(kind, identifier)
        if not found["loadbalancers"]:
            if tries:
                later(kind, identifier, deleted, tries - 1)
            return
        fine = {"provisioning_status": "ACTIVE", "operating_status": "ONLINE"}
        status = {name: [{"id": key, **fine} for key in keys] for name, keys in found.items()}
        if deleted:
            status[COLLECTIONS[kind]] = [{"id": identifier, "provisioning_status": "DELETED"}]
        driver_updater.DriverUpdater().update_loadbalancer_status(status)
    except Exception:  # noqa: BLE001 - of the thread of a timer, that nobody else would tell of
        noop.LOG.exception("the status of %s %s was not reported", kind, identifier)


def later(kind: str, identifier: str, deleted: bool = False, tries: int = TRIES) -> None:
    """Report in a moment."""
    timer = threading.Timer(COMMIT_SECONDS, report, (kind, identifier, deleted, tries))
    timer.daemon = True
    timer.start()


class LabProviderDriver(noop.NoopProviderDriver):
    """Accepts everything that octavia's API accepts."""

    def create_vip_port(self, *_: Any, **__: Any) -> None:
        """Octavia then makes the port itself."""
        raise exceptions.NotImplementedError

    def member_batch_update(self, pool_id: str, members: list[Any]) -> None:
        """Several members at once."""
        for member in members:
            later("member", member.member_id)
        later("pool", pool_id)


def _method(kind: str, deleted: bool) -> Callable[..., None]:
    key = kind.replace("_", "") + "_id"

    def change(_self: Any, thing: Any, *_: Any, **__: Any) -> None:
        later(kind, getattr(thing, key), deleted)

    return change


for _kind in COLLECTIONS:
    for _verb in ("create", "update", "delete"):
        setattr(LabProviderDriver, f"{_kind}_{_verb}", _method(_kind, _verb == "delete"))
