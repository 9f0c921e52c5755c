"""``joliba allocate``: give every network of every request its block."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import DryRun, Json, Lang, chosen_language
from infra.cli.output import emit, line, row, say, show, table
from infra.environment import project_root
from infra.errors import JolibaError
from infra.wording import say_in

if TYPE_CHECKING:
    from infra.intake.inventory import SiteInventory


def allocate(
    site: Annotated[str | None, typer.Argument(help="One site; without, every site.")] = None,
    *,
    dry_run: DryRun = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Write the blocks that requests still lack into inventories/<site>/addresses.yaml. A given block never moves."""
    from infra.intake import addresses  # noqa: PLC0415  with all that reads and checks YAML
    from infra.intake.inventory import INVENTORIES, read_site, sites  # noqa: PLC0415

    language, root = chosen_language(lang), project_root()
    registers, changes, notes, unserved = [], [], [], []
    for name in [site] if site else sites(root):
        inventory, said = _with_built(read_site(root, name), language)
        notes += said
        register, made = addresses.allocate(inventory)
        registers.append((register, inventory.register))
        changes += [(name, change) for change in made]
        unserved += [(name, tenant) for tenant in addresses.unserved(inventory, register)]
    if as_json:
        emit([{"site": name, **vars(change)} for name, change in changes])
    elif changes:
        shown = table(*(say_in(language, column) for column in ("site", "tenant", "", "network", "block")))
        for name, change in changes:
            row(shown, (name, change.tenant, say_in(language, change.kind), change.what, change.address))
        show(shown)
    elif not unserved:
        say(say_in(language, "nothing to allocate"))
    lacking = [(name, change) for name, change in changes if change.kind == "lacking"]
    notes += [
        say_in(
            language,
            "{stack}: no free range of the site holds a {size} for {what}: enlarge the supernet, or retire tenants",
            stack=f"{name}.{change.tenant}",
            size=change.address,
            what=change.what,
        )
        for name, change in lacking
    ]
    notes += [
        say_in(
            language,
            "{stack}: it gets no block while its request is refused; `joliba check {file}` says why",
            stack=f"{name}.{tenant}",
            file=f"{INVENTORIES}/{name}/tenants/{tenant}.yaml",
        )
        for name, tenant in unserved
    ]
    for note in notes:
        line(note, stderr=True)
    for register, before in () if dry_run else registers:
        if addresses.write_register(root, register, before=before) and not as_json:
            file = f"{INVENTORIES}/{register.site}/addresses.yaml"
            say(say_in(language, "wrote {file}", file=file), style="green")
    raise typer.Exit(int(bool(lacking or unserved)))


def _with_built(inventory: "SiteInventory", lang: str) -> tuple["SiteInventory", list[str]]:
    """The inventory, in which a retired tenant whose file is gone still counts while its stack has resources.

    Returns:
        With it, what is to be told: whose blocks stay, and why.
    """
    register = inventory.register.tenants if inventory.site else {}
    leaving = [name for name, given in register.items() if given.retired and name not in inventory.names]
    reasons = {name: reason for name in leaving if (reason := _in_use(inventory, name, lang))}
    told = [
        say_in(lang, "{stack}: its blocks stay: {reason}", stack=f"{inventory.name}.{name}", reason=reason)
        for name, reason in reasons.items()
    ]
    return replace(inventory, names=(*inventory.names, *reasons)), told


def _in_use(inventory: "SiteInventory", tenant: str, lang: str) -> str | None:
    from infra.fleet.backend import Backend  # noqa: PLC0415  needed only when a tenant leaves
    from infra.fleet.stacks import StackName  # noqa: PLC0415
    from infra.fleet.state import read  # noqa: PLC0415

    if inventory.site is None:
        return None
    stack = StackName(inventory.name, tenant)
    try:
        state = read(stack, Backend.of(inventory.site))
    except (JolibaError, OSError, ValueError) as error:
        return say_in(lang, "whether its stack is gone cannot be read ({reason})", reason=error)
    if state and (state.resources or state.pending):
        told = "resources that its stack still has: {count}; joliba destroy {stack} removes them"
        return say_in(lang, told, count=len(state.resources), stack=stack)
    return None
