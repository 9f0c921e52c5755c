"""``destroy`` of one stack, down to its configuration file.

- A tenant goes only while its request is there: a file that vanished is a mistake, not a wish. The wish is written
  ``lifecycle: retired`` (or is this explicit command).
- A tenant with data goes only after the person has typed what is lost; what came since then is not.
- A foundation goes only after its tenants.
- The register keeps a removed tenant's blocks.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from infra.errors import JolibaError, RefusedError
from infra.fleet import locks
from infra.fleet.building import Job, failed, run_alone
from infra.fleet.datacenter import Datacenter
from infra.fleet.events import Outcome, Status
from infra.fleet.recovery import Journal, write
from infra.fleet.running import Operation, run_folder
from infra.fleet.stacks import StackName
from infra.fleet.state import Data, State, read


def data_at_stake(stack: StackName, datacenter: Datacenter) -> list[Data]:
    """The volumes and buckets that a destroy would lose."""
    state = read(stack, datacenter.backend)
    return state.data() if state else []


def refuse_orphans(stacks: Sequence[StackName], known: Sequence[StackName]) -> None:
    """Refuse tenants that have no request.

    Raises:
        RefusedError: naming them.
    """
    lost = [stack for stack in stacks if stack not in known]
    if lost:
        raise RefusedError(
            f"{', '.join(map(str, lost))}: the request is gone, and a file that vanished removes nothing; "
            "restore the file, write `lifecycle: retired` in it, then destroy"
        )


def tenants_in_the_way(foundation: StackName, datacenter: Datacenter) -> list[StackName]:
    """The tenants' stacks that have resources on this foundation, or may be about to."""
    others = [stack for stack in datacenter.backend.stacks() if stack != foundation]
    return [
        stack
        for stack in others
        if ((state := read(stack, datacenter.backend)) and (state.resources or state.pending)) or locks.run_of(stack)
    ]


def destroy(job: Job, *, consented: Collection[Data] = ()) -> Outcome:
    """Remove a stack's resources, what the cloud made beside them, the stack and its configuration file.

    Killed half-way, the next call does the rest. An `up` in between protects the data again.

    Args:
        job: the stack.
        consented: the data that the person was shown and confirmed; any other refuses the destroy.
    """
    stack = job.stack
    try:
        with locks.claimed(stack, run_folder()):
            locks.await_left_over(stack, job.waiting)
            state = read(stack, job.datacenter.backend)
            if state is None and not _projects_file(stack).exists():
                stack.configuration.unlink(missing_ok=True)
                return Outcome(stack=stack, status=Status.SKIPPED, notes=("there is nothing to remove",))
            return _destroy(job, state, consented)
    except JolibaError as error:
        return failed(stack, error)


def _destroy(job: Job, state: State | None, consented: Collection[Data]) -> Outcome:
    stack, datacenter = job.stack, job.datacenter
    outcome = Outcome(stack=stack, status=Status.OK)
    if state is not None:
        _refuse(stack, state, datacenter, consented)
        if state.resources or state.pending or Journal(stack).entries():
            _note_projects(stack, state)
            if stack.is_foundation:
                _remove_complement(datacenter)
            if any(entry.get("protect") for entry in state.resources):
                _unprotect(job)
            outcome = run_alone(job, Operation.DESTROY)
    if outcome.status is not Status.OK:
        return outcome
    remainders = _remove_remainders(stack, datacenter)
    if state is not None:
        datacenter.backend.pulumi("stack", "rm", "--yes", stack=stack)
    _projects_file(stack).unlink(missing_ok=True)
    stack.configuration.unlink(missing_ok=True)
    notes = (f"also removed: {', '.join(remainders)}",) if remainders else ()
    return replace(outcome, notes=(*outcome.notes, *notes))


def _refuse(stack: StackName, state: State, datacenter: Datacenter, consented: Collection[Data]) -> None:
    if stack.is_foundation and (tenants := tenants_in_the_way(stack, datacenter)):
        raise RefusedError(f"tenants stand on it: {', '.join(map(str, tenants))}; destroy them first")
    if found := [item for item in state.data() if item not in consented]:
        raise RefusedError(f"it holds data: {', '.join(f'{item.kind} {item.name}' for item in found)}")


def _unprotect(job: Job) -> None:
    """Lift the protection; a dead process's lock is removed first, as before any other run."""
    stack, datacenter = job.stack, job.datacenter
    try:
        datacenter.backend.pulumi("state", "unprotect", "--all", "--yes", stack=stack)
    except JolibaError as error:
        if locks.LOCKED not in str(error):
            raise
        locks.release(locks.LockedError(stack, str(error)), stack, datacenter.backend, job.waiting)
        datacenter.backend.pulumi("state", "unprotect", "--all", "--yes", stack=stack)


def _remove_complement(datacenter: Datacenter) -> None:
    from infra.datacenter import complement  # noqa: PLC0415  needs the SDK, whose import takes a second

    datacenter.ask(lambda cloud: complement.remove(datacenter.site, cloud))


def _note_projects(stack: StackName, state: State) -> None:
    """Keep the ids of the stack's projects past the run that removes them from the state."""
    if not stack.is_foundation and state.projects:
        write(_projects_file(stack), json.dumps(state.projects))


def _remove_remainders(stack: StackName, datacenter: Datacenter) -> list[str]:
    from infra.datacenter import remainders  # noqa: PLC0415  needs the SDK

    if stack.is_foundation:
        return datacenter.ask(remainders.remove_zone_quota)
    place = _projects_file(stack)
    if not place.exists():
        return []
    projects: list[str] = json.loads(place.read_text(encoding="utf-8"))
    return datacenter.ask(
        lambda cloud: [
            *(gone for project in projects for gone in remainders.remove_remainders(cloud, project)),
            *remainders.remove_lost_gateways(cloud),
        ]
    )


def _projects_file(stack: StackName) -> Path:
    return run_folder() / f"{stack}.projects.json"
