"""``joliba allocate``: give every network of every request its block."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import DryRun, Json
from infra.cli.output import emit, line, row, say, show, table
from infra.environment import project_root
from infra.errors import JolibaError

if TYPE_CHECKING:
    from infra.intake.inventory import SiteInventory


def allocate(
    site: Annotated[str | None, typer.Argument(help="One site; without, every site.")] = None,
    *,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Write the blocks that requests still lack into inventories/<site>/addresses.yaml. A given block never moves."""
    from infra.intake import addresses  # noqa: PLC0415  with all that reads and checks YAML
    from infra.intake.inventory import read_site, sites  # noqa: PLC0415

    root = project_root()
    registers, changes, notes = [], [], []
    for name in [site] if site else sites(root):
        inventory, said = _with_built(read_site(root, name))
        notes += said
        register, made = addresses.allocate(inventory)
        registers.append(register)
        changes += [(name, change) for change in made]
    if as_json:
        emit([{"site": name, **vars(change)} for name, change in changes])
    elif changes:
        shown = table("site", "tenant", "", "network", "block")
        for name, change in changes:
            row(shown, (name, change.tenant, change.kind, change.what, change.address))
        show(shown)
    else:
        say("nothing to allocate")
    lacking = [(name, change) for name, change in changes if change.kind == "lacking"]
    notes += [
        f"{name}.{change.tenant}: no free range of the site holds a {change.address} for {change.what}: "
        "enlarge the supernet, or retire tenants"
        for name, change in lacking
    ]
    for note in notes:
        line(note, stderr=True)
    for register in () if dry_run else registers:
        if addresses.write_register(root, register) and not as_json:
            say(f"wrote inventories/{register.site}/addresses.yaml", style="green")
    raise typer.Exit(int(bool(lacking)))


def _with_built(inventory: "SiteInventory") -> tuple["SiteInventory", list[str]]:
    """The inventory, in which a retired tenant whose file is gone still counts while its stack has resources.

    Returns:
        With it, what is to be told: whose blocks stay, and why.
    """
    register = inventory.register.tenants if inventory.site else {}
    leaving = [name for name, given in register.items() if given.retired and name not in inventory.names]
    reasons = {name: reason for name in leaving if (reason := _in_use(inventory, name))}
    told = [f"{inventory.name}.{name}: its blocks stay: {reason}" for name, reason in reasons.items()]
    return replace(inventory, names=(*inventory.names, *reasons)), told


def _in_use(inventory: "SiteInventory", tenant: str) -> str | None:
    from infra.fleet.backend import Backend  # noqa: PLC0415  needed only when a tenant leaves
    from infra.fleet.stacks import StackName  # noqa: PLC0415
    from infra.fleet.state import read  # noqa: PLC0415

    if inventory.site is None:
        return None
    stack = StackName(inventory.name, tenant)
    try:
        state = read(stack, Backend.of(inventory.site))
    except (JolibaError, OSError, ValueError) as error:
        return f"whether its stack is gone cannot be read ({error})"
    if state and (state.resources or state.pending):
        return f"its stack still has {len(state.resources)} resources; joliba destroy {stack} removes them"
    return None
