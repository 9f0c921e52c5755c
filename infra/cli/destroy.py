"""``joliba destroy``: tenants, or a whole site, down to nothing; never data without being told so by name."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli import asking
from infra.cli.arguments import Confirm, Jobs, Json, Yes, named_in
from infra.cli.outcomes import exit_code, show_summary
from infra.cli.output import emit, row, say, show, table
from infra.cli.progress import Progress
from infra.cli.wording import labelled
from infra.environment import project_root
from infra.errors import JolibaError, RefusedError
from infra.wording import language, say_in

if TYPE_CHECKING:
    from infra.cli.selection import Selection
    from infra.fleet.stacks import StackName
    from infra.fleet.state import Data


def destroy(
    names: Annotated[list[str], typer.Argument(metavar="(SITE | SITE.TENANT)...")],
    *,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Volumes and buckets too; asks for names.")
    ] = False,
    confirm: Confirm = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    yes: Yes = False,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """Remove tenants; a site means all of them and then its foundation. Refuses while data exists, and lists it."""
    from infra.cli.selection import existing  # noqa: PLC0415  with all that reads YAML
    from infra.fleet.batch import default_jobs, run_all  # noqa: PLC0415
    from infra.fleet.destruction import data_at_stake  # noqa: PLC0415
    from infra.fleet.destruction import destroy as remove  # noqa: PLC0415
    from infra.fleet.running import Runner  # noqa: PLC0415

    selection = existing(names)
    _refuse_vanished(selection)
    _refuse_undermining(selection)
    stakes = {stack: data_at_stake(stack, selection.datacenters[stack.site]) for stack in selection.stacks}
    _show_plan(selection, stakes, as_json=as_json, dry_run=dry_run)
    if any(stakes.values()) and not delete_data:
        raise RefusedError("data would be lost: nothing was removed; --delete-data removes it too")
    if dry_run:
        return
    selection.verify()
    _obtain_consent(stakes, confirm or [], yes=yes, can_ask=sys.stdin.isatty() and not as_json)
    runner = Runner()
    with Progress("destroy", selection.stacks, quiet=as_json) as progress:
        outcomes = run_all(
            selection.stacks,
            lambda stack: remove(selection.job(stack, runner, progress.watch), consented=stakes[stack]),
            runner,
            jobs=jobs or default_jobs(),
            foundations_last=True,
            told=progress.told,
        )
    show_summary(outcomes, as_json=as_json)
    raise typer.Exit(exit_code(outcomes))


def _refuse_vanished(selection: "Selection") -> None:
    """A tenant goes while its request is there, or after the register has noted that it was retired."""
    from infra.fleet.destruction import refuse_orphans  # noqa: PLC0415
    from infra.fleet.stacks import StackName, select  # noqa: PLC0415
    from infra.intake.inventory import read_site  # noqa: PLC0415

    for site in selection.datacenters:
        register = read_site(project_root(), site, only=[]).register
        retired = [StackName(site, name) for name, given in register.tenants.items() if given.retired]
        own = [stack for stack in selection.stacks if stack.site == site]
        refuse_orphans(own, [*select(project_root(), [site]), *retired])


def _refuse_undermining(selection: "Selection") -> None:
    """A foundation goes with its tenants or after them."""
    from infra.fleet.destruction import tenants_in_the_way  # noqa: PLC0415

    for stack in selection.stacks:
        if stack.is_foundation:
            above = tenants_in_the_way(stack, selection.datacenters[stack.site])
            if left := [str(tenant) for tenant in above if tenant not in selection.stacks]:
                told = "{stack}: tenants stand on it: {left}; destroy them first"
                raise RefusedError(told, stack=stack, left=", ".join(left))


def _show_plan(
    selection: "Selection", stakes: Mapping["StackName", Sequence["Data"]], *, as_json: bool, dry_run: bool
) -> None:
    from infra.fleet.state import read  # noqa: PLC0415

    if as_json:
        if dry_run or any(stakes.values()):
            emit({"stacks": [str(stack) for stack in selection.stacks], "data": _plain(stakes)})
        return
    for stack in selection.stacks:
        state = read(stack, selection.datacenters[stack.site].backend)
        count = len(state.resources) if state else 0
        say(say_in(language(), "{stack}: resources that would be removed: {count}", stack=stack, count=count))
    if any(stakes.values()):
        size = say_in(language(), "GiB")
        shown = table(*(say_in(language(), column) for column in ("stack", "data", "name")), size, right=(size,))
        for stack, found in stakes.items():
            for item in found:
                row(shown, (stack, item.kind, item.name, item.size or ""), "red")
        show(shown)


def _plain(stakes: Mapping["StackName", Sequence["Data"]]) -> list[dict[str, object]]:
    return [{"stack": str(stack), **vars(item)} for stack, found in stakes.items() for item in found]


def _obtain_consent(
    stakes: Mapping["StackName", Sequence["Data"]], confirmed: Sequence[str], *, yes: bool, can_ask: bool
) -> None:
    """Have each tenant with data named by the person; without data, a yes is enough.

    Raises:
        JolibaError: nobody can be asked.
        RefusedError: another name was typed, or the answer was no.
    """
    named = named_in(confirmed, list(stakes))
    open_ones = [stack for stack in stakes if stakes[stack] and stack not in named]
    consented = yes or named >= set(stakes)
    if not can_ask and (open_ones or not consented):
        wanted = " ".join(f"--confirm {stack}" for stack in open_ones) or "--yes"
        raise JolibaError("nobody can be asked here: say {wanted}", wanted=wanted)
    for stack in open_ones:
        alone = sum(other.part == stack.part for other in stakes) == 1
        wanted = stack.part if alone else str(stack)
        question = say_in(language(), "Type {name} to remove {stack} with its data", name=wanted, stack=stack)
        if typer.prompt(labelled(language(), question), prompt_suffix=" ").strip() not in (wanted, str(stack)):
            raise RefusedError("{stack} was not named: nothing was removed", stack=stack)
    if not open_ones and not consented and not asking.confirmed(say_in(language(), "Remove it?"), language()):
        raise RefusedError("nothing was removed")
