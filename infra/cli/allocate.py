"""``joliba allocate``: give every network of every request its block."""

from typing import Annotated

import typer

from infra.cli.arguments import DryRun, Json
from infra.cli.output import emit, row, say, show, table
from infra.environment import project_root


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
    registers, changes = [], []
    for name in [site] if site else sites(root):
        register, made = addresses.allocate(read_site(root, name))
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
    if dry_run:
        return
    for register in registers:
        if addresses.write_register(root, register) and not as_json:
            say(f"wrote inventories/{register.site}/addresses.yaml", style="green")
