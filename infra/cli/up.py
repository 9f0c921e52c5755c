"""``joliba preview`` and ``joliba up``: from requests to tenants."""

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import All, Confirm, DryRun, Jobs, Json, Stacks, Yes, named_in
from infra.cli.outcomes import exit_code, failed, show_changes, show_summary
from infra.cli.output import say
from infra.cli.progress import Progress
from infra.errors import JolibaError, RefusedError

if TYPE_CHECKING:
    from infra.cli.selection import Selection
    from infra.fleet.building import Job
    from infra.fleet.events import Outcome
    from infra.fleet.stacks import StackName

WAITING = "its own preview follows once the foundation is built, which does not serve it yet"
"""What is told of a tenant in a preview that begins with its foundation; a forge's comment says it in French too."""
Refresh = Annotated[bool, typer.Option("--refresh", help="Compare the state with the cloud first.")]
Expect = Annotated[bool, typer.Option("--expect-no-changes", help="Exit code 1 if anything changes.")]


def preview(
    names: Stacks = None,
    *,
    everything: All = False,
    refresh: Refresh = False,
    expect_no_changes: Expect = False,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """Show what `up` would do now."""
    selection, number = _begin(names, everything=everything, jobs=jobs, as_json=as_json, dry=True)
    outcomes = _preview(selection, selection.stacks, refresh=refresh, jobs=number, quiet=as_json)
    if not as_json:
        show_changes(outcomes)
    _end(selection, outcomes, expect_no_changes=expect_no_changes, as_json=as_json)


def up(
    names: Stacks = None,
    *,
    everything: All = False,
    refresh: Refresh = False,
    expect_no_changes: Expect = False,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Also remove the data that requests no longer hold; with --confirm.")
    ] = False,
    confirm: Confirm = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """Build what the requests say: the foundation first, then tenants side by side. Run again, it continues."""
    if dry_run:
        preview(
            names,
            everything=everything,
            refresh=refresh,
            expect_no_changes=expect_no_changes,
            jobs=jobs,
            as_json=as_json,
        )
        return
    if not yes and (as_json or not sys.stdin.isatty()):
        raise JolibaError("nobody can be asked here: say --yes, or --dry-run")
    selection, number = _begin(names, everything=everything, jobs=jobs, as_json=as_json)
    consented = named_in(confirm or [], selection.stacks) if delete_data else set()
    outcomes: list[Outcome] = []
    waves = [selection.stacks] if yes else _waves(selection.stacks)
    for wave in waves:
        if outcomes and failed(outcomes):
            break
        done = _up(selection, wave, consented=consented, ask=not yes, refresh=refresh, jobs=number, quiet=as_json)
        if done is None:
            say("nothing was done")
            raise typer.Exit
        outcomes += done
    _end(selection, sorted(outcomes, key=lambda each: each.stack), expect_no_changes=expect_no_changes, as_json=as_json)


def _begin(
    names: list[str] | None, *, everything: bool, jobs: int | None, as_json: bool, dry: bool = False
) -> tuple["Selection", int]:
    from infra.cli.selection import checked  # noqa: PLC0415  with all that reads and checks YAML
    from infra.fleet.batch import default_jobs  # noqa: PLC0415

    selection, number = checked(names or [], everything=everything, as_json=as_json), jobs or default_jobs()
    selection.verify()
    for stack in selection.retired:
        if not as_json:
            say(f"{stack}: its request says `lifecycle: retired`; left as it is (joliba destroy removes it)")
    prepared = selection.prepare(number, leaving=selection.waiting() if dry else ())
    if prepared and not as_json:
        say(f"prepared {', '.join(map(str, prepared))}")
    return selection, number


def _end(selection: "Selection", outcomes: Sequence["Outcome"], *, expect_no_changes: bool, as_json: bool) -> None:
    from infra.fleet.events import Outcome, Status  # noqa: PLC0415

    left = [Outcome(stack=stack, status=Status.SKIPPED, notes=("retired",)) for stack in selection.retired]
    told = ("its request has findings; the others went on",)
    outcomes = [*outcomes, *(Outcome(stack=each, status=Status.REFUSED, errors=told) for each in selection.refused)]
    show_summary([*outcomes, *(left if as_json else [])], as_json=as_json)
    code = exit_code(outcomes)
    if not code and expect_no_changes and (changed := [str(each.stack) for each in outcomes if each.changed]):
        raise RefusedError(f"changes, where none were expected: {', '.join(changed)}")
    raise typer.Exit(code)


def _waves(stacks: Sequence["StackName"]) -> list[list["StackName"]]:
    """Foundations, then tenants: a tenant's preview needs its foundation as it will be."""
    waves = [[each for each in stacks if each.is_foundation], [each for each in stacks if not each.is_foundation]]
    return [wave for wave in waves if wave]


def _preview(
    selection: "Selection", stacks: Sequence["StackName"], *, refresh: bool, jobs: int, quiet: bool
) -> list["Outcome"]:
    from infra.fleet import building  # noqa: PLC0415
    from infra.fleet.events import Outcome, Status  # noqa: PLC0415

    waiting = replace(selection, stacks=list(stacks)).waiting()

    def work(job: "Job") -> "Outcome":
        if job.stack in waiting:
            return Outcome(stack=job.stack, status=Status.SKIPPED, notes=(WAITING,))
        return building.preview(job, refresh=refresh)

    return _run(selection, stacks, work, verb="preview", jobs=jobs, quiet=quiet)


def _up(
    selection: "Selection",
    stacks: Sequence["StackName"],
    *,
    consented: Collection["StackName"],
    ask: bool,
    refresh: bool,
    jobs: int,
    quiet: bool,
) -> list["Outcome"] | None:
    """Build some stacks; None if the person who was asked said no."""
    from infra.fleet import building  # noqa: PLC0415

    if ask:
        planned = _preview(selection, stacks, refresh=refresh, jobs=jobs, quiet=quiet)
        losing = [each for each in planned if each.status == "refused" and each.stack in consented]
        if failed([each for each in planned if each not in losing]):
            return planned
        if not losing and not any(outcome.changed for outcome in planned):
            return planned
        show_changes(planned)
        show_summary([replace(outcome, notes=()) for outcome in planned], as_json=False)
        if not typer.confirm("Do it?"):
            return None

    def work(job: "Job") -> "Outcome":
        return building.up(job, refresh=refresh, delete_data=job.stack in consented)

    return _run(selection, stacks, work, verb="up", jobs=jobs, quiet=quiet)


def _run(
    selection: "Selection",
    stacks: Sequence["StackName"],
    work: Callable[["Job"], "Outcome"],
    *,
    verb: str,
    jobs: int,
    quiet: bool,
) -> list["Outcome"]:
    from infra.fleet.batch import run_all  # noqa: PLC0415
    from infra.fleet.running import Runner  # noqa: PLC0415

    runner: Runner = Runner()
    with Progress(verb, stacks, quiet=quiet) as progress:
        return run_all(
            stacks,
            lambda stack: work(selection.job(stack, runner, progress.watch)),
            runner,
            jobs=jobs,
            told=progress.told,
        )
