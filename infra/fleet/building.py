"""``up`` and ``preview`` of one stack: finish what was interrupted, run Pulumi once, then do the complement."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from infra.errors import CloudError, JolibaError
from infra.fleet import locks, recovery
from infra.fleet.backend import Backend
from infra.fleet.datacenter import Datacenter
from infra.fleet.events import Change, Outcome, Status, Tally
from infra.fleet.running import Operation, Runner, StoppedError, Watcher, run_folder, told
from infra.fleet.stacks import StackName
from infra.fleet.state import State, read
from infra.model.contract import FOUNDATION
from infra.plan.complement import NO_COMPLEMENT

if TYPE_CHECKING:
    from openstack.connection import Connection

_COMPLEMENT = "foundation's complement"
UNFINISHED = "an earlier run was interrupted; the next up puts in order what it left"


@dataclass(frozen=True)
class Job:
    """A stack to work on: where it is, what starts Pulumi, who watches."""

    stack: StackName
    datacenter: Datacenter
    runner: Runner
    watch: Watcher | None = None

    def waiting(self, pid: int) -> None:
        """Told while the run with that process is awaited: it works on the stack, and its Joliba was killed.

        Raises:
            StoppedError: the person no longer wants to wait.
        """
        told(self.watch, self.stack, Tally(awaited=pid))
        if self.runner.stopping:
            raise StoppedError(f"{self.stack}: not begun; an earlier run is still at work on it (process {pid})")


def up(job: Job, *, refresh: bool = False, delete_data: bool = False) -> Outcome:
    """Build a stack as its request says.

    After an interrupted run the state is first compared with the cloud (``refresh``), since nobody knows how far its
    updates and deletions came. A request that would lose data is refused; with ``delete_data`` the person has confirmed
    it, and the protection is lifted of exactly what the request no longer holds.
    """
    flags = ["--refresh"] if refresh else []
    try:
        with locks.claimed(job.stack, run_folder()):
            _refuse_birth_in_an_open_cloud(job)
            outcome = run_alone(job, Operation.UP, flags)
            if outcome.status is Status.REFUSED and delete_data:
                for urn in outcome.protected:
                    job.datacenter.backend.pulumi("state", "unprotect", urn, "--yes", stack=job.stack)
                outcome = run_alone(job, Operation.UP, flags)
            return _with_gateways_closed(job, _with_complement(job, outcome, dry=False))
    except JolibaError as error:
        return failed(job.stack, error)


def preview(job: Job, *, refresh: bool = False) -> Outcome:
    """What `up` would do now. Changes nothing and takes no lock."""
    flags = ["--refresh"] if refresh else []
    try:
        backend = job.datacenter.backend
        _refuse_birth_in_an_open_cloud(job)
        outcome, tally = job.runner.run(Operation.PREVIEW, job.stack, backend, flags=flags, watch=job.watch)
        outcome = _with_complement(job, _judged(outcome, tally, job), dry=True)
        unfinished = [UNFINISHED] if recovery.is_unfinished(job.stack, backend) else []
        return replace(outcome, notes=(*outcome.notes, *unfinished))
    except JolibaError as error:
        return failed(job.stack, error)


def _refuse_birth_in_an_open_cloud(job: Job) -> None:
    """Look at the cloud itself before a tenant's first build: its groups are born as the default rules are then.

    The program looks at the mark alone, which stays when somebody puts a rule or an encryption back by hand. Of a
    foundation that is not built the program tells better.

    Raises:
        CloudError: the complement is not whole, or the cloud does not answer.
    """
    stack, backend, site = job.stack, job.datacenter.backend, job.datacenter.site
    foundation = StackName(stack.site, FOUNDATION)
    if stack.is_foundation or _is_built(stack, backend) or not _is_built(foundation, backend):
        return
    from infra.datacenter import complement  # noqa: PLC0415  needs the SDK, whose import takes a second

    if job.datacenter.ask(lambda cloud: complement.plan(site, cloud)):
        raise CloudError(NO_COMPLEMENT, site=site.name, foundation=FOUNDATION)


def _is_built(stack: StackName, backend: Backend) -> bool:
    state = read(stack, backend)
    return bool(state and state.contract)


def run_alone(job: Job, operation: Operation, flags: Sequence[str] = ()) -> Outcome:
    """Recover, then run; once more if a dead process had locked the stack. The caller has claimed the stack.

    Raises:
        CloudError: somebody else is at work on it, or the cloud does not answer.
    """
    try:
        return _recover_and_run(job, operation, flags)
    except locks.LockedError as locked:
        locks.release(locked, job.stack, job.datacenter.backend, job.waiting)
        return _recover_and_run(job, operation, flags)


def _recover_and_run(job: Job, operation: Operation, flags: Sequence[str]) -> Outcome:
    stack, backend = job.stack, job.datacenter.backend
    found, journal = recovery.recover(stack, job.datacenter, job.waiting), recovery.Journal(stack)
    if found:
        broken = found.broken if operation is Operation.UP else []
        flags = list(dict.fromkeys([*flags, "--refresh", *(f"--replace={urn}" for urn in broken)]))
    journal.begin(time.time())
    try:
        outcome, tally = job.runner.run(operation, stack, backend, flags=flags, watch=job.watch)
    except JolibaError:
        journal.end()  # it was not begun
        raise
    recovery.note_run(outcome, tally, backend)
    notes = found.notes() if found else []
    if outcome.status is not Status.OK and tally.cloud_is_gone():
        notes.append("what was built is recorded; run the same command again to continue")
    return _judged(replace(outcome, notes=(*outcome.notes, *notes)), tally, job)


def _judged(outcome: Outcome, tally: Tally, job: Job) -> Outcome:
    """The outcome, told as a refusal if it failed since the request no longer holds data that is protected."""
    if outcome.status is not Status.FAILED or not tally.protected:
        return outcome
    state = read(job.stack, job.datacenter.backend) or State({})
    lost = ", ".join(map(str, state.data(tally.protected)))
    told = (
        f"the request would lose data, and nothing was removed: {lost}; put it back into the request, or remove it "
        f"with: joliba up {job.stack} --delete-data --confirm {job.stack.part}"
    )
    return replace(outcome, status=Status.REFUSED, errors=(told,), protected=tuple(sorted(tally.protected)))


def _with_complement(job: Job, outcome: Outcome, *, dry: bool) -> Outcome:
    """A foundation's outcome, with what its complement changed, or in a dry run would; any other as it is."""
    if not job.stack.is_foundation or outcome.status is not Status.OK:
        return outcome
    from infra.datacenter import complement  # noqa: PLC0415  needs the SDK, whose import takes a second

    act = complement.plan if dry else complement.apply
    try:
        done = job.datacenter.ask(lambda cloud: act(job.datacenter.site, cloud))
    except CloudError as error:
        return replace(outcome, status=Status.FAILED, errors=(f"{_COMPLEMENT}: {error}",))
    counts = dict(outcome.counts)
    for change in done:
        counts[f"{change.action}d"] = counts.get(f"{change.action}d", 0) + 1
    changes = tuple(Change(change.action.value, change.kind, change.target) for change in done)
    return replace(outcome, counts=counts, changes=(*outcome.changes, *changes))


def _with_gateways_closed(job: Job, outcome: Outcome) -> Outcome:
    """The outcome, with the gateways closed that a request has dropped with its last way out; Pulumi then knows it."""
    state = read(job.stack, job.datacenter.backend) if outcome.status is Status.OK else None
    if state is None or not state.forgotten_gateways:
        return outcome
    gateways = state.forgotten_gateways

    def close(cloud: "Connection") -> None:
        for router in gateways.values():
            cloud.network.update_router(router, external_gateway_info={})

    try:
        job.datacenter.ask(close)
        targets = [f"--target={urn}" for urn in gateways]
        job.datacenter.backend.pulumi("refresh", "--yes", "--skip-preview", *targets, stack=job.stack)
    except CloudError as error:
        return replace(outcome, status=Status.FAILED, errors=(f"closing the router's gateway: {error}",))
    counts = {**outcome.counts, "updated": outcome.counts.get("updated", 0) + len(gateways)}
    changes = tuple(Change("update", "router's gateway, closed", urn.rpartition("::")[2]) for urn in gateways)
    return replace(outcome, counts=counts, changes=(*outcome.changes, *changes))


def failed(stack: StackName, error: JolibaError) -> Outcome:
    """The outcome of a stack that could not be run."""
    status = Status.STOPPED if isinstance(error, StoppedError) else Status.FAILED
    return Outcome(stack=stack, status=status, errors=(str(error).removeprefix(f"{stack}: "),))
