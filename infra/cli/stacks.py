"""``joliba stacks``: which stacks there are, and everything that ``pulumi up -s <stack>`` by hand needs."""

from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import Jobs, Json, Stacks
from infra.cli.outcomes import exit_code, show_errors
from infra.cli.output import emit, row, say, show, table
from infra.environment import project_root
from infra.wording import language, say_in

if TYPE_CHECKING:
    from infra.cli.selection import Selection
    from infra.fleet.events import Outcome
    from infra.fleet.stacks import StackName


def stacks(
    names: Stacks = None,
    *,
    prepare: Annotated[bool, typer.Option("--prepare", help="Make stacks and their configuration files.")] = False,
    secrets_provider: Annotated[
        str | None,
        typer.Option(metavar="URL", help="For stacks prepared from now on, e.g. hashivault://key; or passphrase."),
    ] = None,
    jobs: Jobs = None,
    as_json: Json = False,
) -> None:
    """List stacks with their state; with --prepare, make them ready for `pulumi up -s <stack>` by hand."""
    from infra.cli.selection import Selection, existing  # noqa: PLC0415  with all that reads YAML
    from infra.fleet.batch import default_jobs  # noqa: PLC0415
    from infra.fleet.preparation import choose_secrets_provider  # noqa: PLC0415
    from infra.fleet.stacks import select  # noqa: PLC0415
    from infra.intake.inventory import sites  # noqa: PLC0415

    patterns = names or sites(project_root())
    there = existing(patterns)
    declared = [stack for each in patterns for stack in select(project_root(), [each.partition(".")[0]])]
    wanted = [each for each in declared if {each.site, str(each)} & set(patterns)]
    selection = Selection(sorted({*there.stacks, *wanted}), there.datacenters)
    unready: list[Outcome] = []
    if secrets_provider:
        choose_secrets_provider(secrets_provider)
    if prepare:
        living = [stack for stack in wanted if not _gone_for_good(stack, there)]
        ready, made = Selection(living, there.datacenters).prepare(jobs or default_jobs())
        unready = ready.unready
        if not as_json:
            none = say_in(language(), "nothing to prepare: all were")
            say(say_in(language(), "prepared {stacks}", stacks=", ".join(map(str, made))) if made else none)
    rows = [_row(stack, selection, declared=stack in declared) for stack in selection.stacks]
    if as_json:
        emit(rows)
    else:
        columns = [say_in(language(), column) for column in ("stack", "state", "resources", "last run")]
        shown = table(*columns, right=columns[2:3])
        for each in rows:
            state = ", ".join(say_in(language(), word) for word in str(each["state"]).split(", "))
            row(shown, (each["stack"], state, each["resources"], each["updated"]))
        show(shown)
    show_errors(unready)
    raise typer.Exit(exit_code(unready))


def _gone_for_good(stack: "StackName", selection: "Selection") -> bool:
    """Whether it is a retired tenant that has been destroyed: it needs nothing any more."""
    from infra.fleet.state import read  # noqa: PLC0415
    from infra.intake.inventory import read_site  # noqa: PLC0415
    from infra.model.classification import Lifecycle  # noqa: PLC0415

    if stack.is_foundation or read(stack, selection.datacenters[stack.site].backend):
        return False
    request = read_site(project_root(), stack.site, only=[stack.part]).requests.get(stack.part)
    return request is not None and request.tenant.lifecycle is Lifecycle.RETIRED


def _row(stack: "StackName", selection: "Selection", *, declared: bool) -> dict[str, object]:
    from infra.fleet.preparation import is_prepared  # noqa: PLC0415
    from infra.fleet.state import read  # noqa: PLC0415

    datacenter = selection.datacenters[stack.site]
    state = read(stack, datacenter.backend)
    number = len(state.resources) if state else 0
    if state and state.pending:
        word = "interrupted: joliba up continues"
    elif number:
        word = "built"
    else:
        word = "prepared" if is_prepared(stack, datacenter) else "not prepared"
    words = [word] if declared else [word, "without a request"]
    updated = state.updated if state else ""
    return {"stack": str(stack), "state": ", ".join(words), "resources": number, "updated": updated}
