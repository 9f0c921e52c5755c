"""``joliba preview`` and ``joliba up``: from requests to tenants."""

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import All, Confirm, DryRun, Jobs, Json, Stacks, Yes, named_in
from infra.cli.asking import confirmed
from infra.cli.outcomes import exit_code, failed, show_changes, show_summary
from infra.cli.output import say
from infra.cli.progress import Progress
from infra.errors import JolibaError, RefusedError
from infra.wording import language, say_in

if TYPE_CHECKING:
    from infra.cli.selection import Selection
    from infra.fleet.building import Job
    from infra.fleet.events import Outcome
    from infra.fleet.stacks import StackName

WAITING = "its own preview follows once the foundation is built, which does not serve it yet"
"""What is told of a tenant in a preview that begins with its foundation; a forge's comment says it in French too."""
DECLINED = "the answer was no"
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
    outcomes = _preview(selection, selection.stacks, [], refresh=refresh, jobs=number, quiet=as_json)
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
        outcomes += _up(
            selection, wave, outcomes, consented=consented, ask=not yes, refresh=refresh, jobs=number, quiet=as_json
        )
        if any(DECLINED in outcome.notes or outcome.status == "stopped" for outcome in outcomes):
            break
    if outcomes and all(DECLINED in outcome.notes for outcome in outcomes):
        say(say_in(language(), "nothing was done"))
        raise typer.Exit
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
            told = "{stack}: its request says `lifecycle: retired`; left as it is (joliba destroy removes it)"
            say(say_in(language(), told, stack=stack))
    selection, prepared = selection.prepare(number, leaving=selection.waiting() if dry else ())
    if prepared and not as_json:
        say(say_in(language(), "prepared {stacks}", stacks=", ".join(map(str, prepared))))
    return selection, number


def _end(selection: "Selection", outcomes: Sequence["Outcome"], *, expect_no_changes: bool, as_json: bool) -> None:
    from infra.fleet.events import Outcome, Status  # noqa: PLC0415

    left = [Outcome(stack=stack, status=Status.SKIPPED, notes=("retired",)) for stack in selection.retired]
    told = ("its request has findings; the others went on",)
    refused = [Outcome(stack=each, status=Status.REFUSED, errors=told) for each in selection.refused]
    outcomes = [*outcomes, *selection.unready, *refused]
    show_summary([*outcomes, *(left if as_json else [])], as_json=as_json)
    code = exit_code(outcomes)
    if not code and expect_no_changes and (changed := [str(each.stack) for each in outcomes if each.changed]):
        raise RefusedError("changes, where none were expected: {stacks}", stacks=", ".join(changed))
    raise typer.Exit(code)


def _waves(stacks: Sequence["StackName"]) -> list[list["StackName"]]:
    """Foundations, then tenants: a tenant's preview needs its foundation as it will be."""
    waves = [[each for each in stacks if each.is_foundation], [each for each in stacks if not each.is_foundation]]
    return [wave for wave in waves if wave]


def _preview(
    selection: "Selection",
    stacks: Sequence["StackName"],
    earlier: Sequence["Outcome"],
    *,
    refresh: bool,
    jobs: int,
    quiet: bool,
) -> list["Outcome"]:
    from infra.fleet import building  # noqa: PLC0415
    from infra.fleet.events import Outcome, Status  # noqa: PLC0415

    waiting = replace(selection, stacks=list(stacks)).waiting()

    def work(job: "Job") -> "Outcome":
        if job.stack in waiting:
            return Outcome(stack=job.stack, status=Status.SKIPPED, notes=(WAITING,))
        return building.preview(job, refresh=refresh)

    return _run(selection, stacks, work, earlier, verb="preview", jobs=jobs, quiet=quiet)


def _up(
    selection: "Selection",
    stacks: Sequence["StackName"],
    earlier: Sequence["Outcome"],
    *,
    consented: Collection["StackName"],
    ask: bool,
    refresh: bool,
    jobs: int,
    quiet: bool,
) -> list["Outcome"]:
    """Build some stacks. A person who is asked sees first what would be done; what cannot be previewed is left out."""
    from infra.fleet import building  # noqa: PLC0415

    left_out: list[Outcome] = []
    if ask:
        planned = _preview(selection, stacks, earlier, refresh=refresh, jobs=jobs, quiet=quiet)
        losing = [each for each in planned if each.status == "refused" and each.stack in consented]
        sound = [each for each in planned if each in losing or not failed([each])]
        left_out = [each for each in planned if each not in sound]
        if any(each.status == "stopped" for each in left_out):
            return [*left_out, *(_only_previewed(each, "stopped before it was built") for each in sound)]
        if not losing and not any(each.changed or building.UNFINISHED in each.notes for each in sound):
            return planned
        show_changes(planned)
        told = {building.UNFINISHED}
        show_summary([replace(each, notes=tuple(told & {*each.notes})) for each in planned], as_json=False)
        if not confirmed(say_in(language(), "Do it?"), language()):
            return [*left_out, *(_only_previewed(each, DECLINED) for each in sound)]
        stacks = [each.stack for each in sound]

    def work(job: "Job") -> "Outcome":
        return building.up(job, refresh=refresh, delete_data=job.stack in consented)

    return [*left_out, *_run(selection, stacks, work, earlier, verb="up", jobs=jobs, quiet=quiet)]


def _only_previewed(planned: "Outcome", why: str) -> "Outcome":
    from infra.fleet.events import Status  # noqa: PLC0415

    return replace(planned, status=Status.SKIPPED, counts={}, changes=(), errors=(), notes=(why,))


def _run(
    selection: "Selection",
    stacks: Sequence["StackName"],
    work: Callable[["Job"], "Outcome"],
    earlier: Sequence["Outcome"],
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
            earlier=[*selection.unready, *earlier],
        )
