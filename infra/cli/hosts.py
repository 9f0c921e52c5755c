"""``joliba hosts``: every server of the chosen tenants, from their stacks' contracts."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from infra.cli.arguments import Json, Stacks
from infra.cli.output import emit, row, say, show, table
from infra.environment import project_root
from infra.wording import language, say_in

if TYPE_CHECKING:
    from infra.cli.selection import Selection

COLUMNS = ("tenant", "host", "address", "network", "platform", "tier", "flavor", "image")


def hosts(names: Stacks = None, *, as_json: Json = False) -> None:
    """List hosts: address, network, platform, tier, flavor, image. Without names, of every site."""
    from infra.cli.selection import existing  # noqa: PLC0415  with all that reads YAML
    from infra.intake.inventory import sites  # noqa: PLC0415

    found = list(_hosts(existing(names or sites(project_root()))))
    if as_json:
        emit(found)
        return
    if not found:
        say(say_in(language(), "no hosts: nothing is built yet"))
        return
    shown = table(*(say_in(language(), column) for column in COLUMNS))
    for host in found:
        row(shown, [f"{host['site']}.{host['tenant']}", *(host.get(column, "") for column in COLUMNS[1:])])
    show(shown)
    _show_published(found)


def _hosts(selection: "Selection") -> Iterator[dict[str, Any]]:
    from infra.fleet.state import read  # noqa: PLC0415

    for stack in selection.stacks:
        state = read(stack, selection.datacenters[stack.site].backend)
        contract = state.contract if state else {}
        for name, host in sorted((contract.get("hosts") or {}).items()):
            published = contract.get("published") or {}
            yield {"site": stack.site, "tenant": stack.part, "host": name, **host, "published": published}


def _show_published(found: Sequence[dict[str, Any]]) -> None:
    published = {name: address for host in found for name, address in host["published"].items()}
    for name, address in sorted(published.items()):
        say(f"{name} -> {address}")
