"""Several stacks at once: foundations before tenants (after them on the way down), ``jobs`` at a time."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from infra.errors import JolibaError
from infra.fleet.building import failed
from infra.fleet.events import Outcome, Status
from infra.fleet.running import Runner
from infra.fleet.stacks import StackName

Work = Callable[[StackName], Outcome]
_MOST = 4


def default_jobs() -> int:
    """How many stacks are run at once: a no-op stack costs 2 s of processor time, so more than cores gains nothing."""
    return min(_MOST, os.cpu_count() or 1)


def run_all(
    stacks: Sequence[StackName],
    work: Work,
    runner: Runner,
    *,
    jobs: int,
    foundations_last: bool = False,
    told: Callable[[Outcome], None] | None = None,
    earlier: Sequence[Outcome] = (),
) -> list[Outcome]:
    """Do some work on every stack.

    A stack whose foundation failed, now or before, is not begun; on the way down, neither is a foundation of which a
    tenant failed.

    Args:
        stacks: which.
        work: what to do with one; called from several threads.
        runner: what the work starts Pulumi with; asked to stop by a Ctrl-C.
        jobs: how many at once.
        foundations_last: for a destroy.
        told: called with each outcome as it comes, from several threads.
        earlier: how stacks ended before, on which these may stand; they are not done again.

    Returns:
        The outcomes, sorted by stack.
    """
    foundations = [stack for stack in stacks if stack.is_foundation]
    tenants = [stack for stack in stacks if not stack.is_foundation]
    waves = [tenants, foundations] if foundations_last else [foundations, tenants]
    outcomes: list[Outcome] = []
    for wave in waves:
        outcomes += _wave(wave, work, runner, jobs=jobs, earlier=[*earlier, *outcomes], told=told)
    return sorted(outcomes, key=lambda outcome: outcome.stack)


def _wave(
    stacks: Sequence[StackName],
    work: Work,
    runner: Runner,
    *,
    jobs: int,
    earlier: Sequence[Outcome],
    told: Callable[[Outcome], None] | None,
) -> list[Outcome]:
    unbuilt = {outcome.stack.site for outcome in earlier if outcome.status not in (Status.OK, Status.SKIPPED)}

    def one(stack: StackName) -> Outcome:
        if stack.site in unbuilt:
            outcome = Outcome(stack=stack, status=Status.BLOCKED, errors=("what it depends on failed",))
        elif runner.stopping:
            outcome = Outcome(stack=stack, status=Status.STOPPED, errors=("not begun",))
        else:
            outcome = _guarded(stack, work)
        if told:
            told(outcome)
        return outcome

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        futures = [pool.submit(one, stack) for stack in stacks]
        _await(futures, runner)
        return [future.result() for future in futures]


def _guarded(stack: StackName, work: Work) -> Outcome:
    try:
        return work(stack)
    except JolibaError as error:
        return failed(stack, error)
    except (OSError, ValueError) as error:  # a full disk, a torn file: of this stack alone
        return failed(stack, JolibaError(f"{type(error).__name__}: {error}"))


def _await(futures: Sequence[Future[Outcome]], runner: Runner) -> None:
    """Wait for all; each Ctrl-C is passed on, and the waiting goes on: Pulumi then writes its state and ends."""
    while True:
        try:
            wait(futures)
        except KeyboardInterrupt:
            runner.interrupt()
        else:
            return
