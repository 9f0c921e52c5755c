"""``joliba lab``: a real OpenStack on this machine's loopback, one for each site."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli import guest
from infra.cli.arguments import Json
from infra.cli.output import emit, line, row, say, show, table
from infra.errors import CloudError

if TYPE_CHECKING:
    from infra.lab.machines.uplink import Uplink

DEFAULT_SITE = "ml-bko"
Site = Annotated[str, typer.Option("--site", help="Whose lab.")]

app = typer.Typer(
    help="A real OpenStack on this machine's loopback, one for each site.", no_args_is_help=True, rich_markup_mode=None
)

app.add_typer(guest.app, name="guest")


@app.command()
def start(
    site: Site = DEFAULT_SITE,
    *,
    vms: Annotated[bool, typer.Option("--vms", help="With real virtual machines: root, Debian, packages.")] = False,
) -> None:
    """Make it run; the first time takes a minute or two."""
    from infra.lab import Lab  # noqa: PLC0415

    began, lab = time.monotonic(), Lab(_known(site))
    lab.start(line, machines=_uplink(site) if vms else None)
    say(f"the lab of {site} is ready after {time.monotonic() - began:.1f} s: {lab.clouds_file}", style="green")


@app.command()
def stop(site: Site = DEFAULT_SITE) -> None:
    """End it; its data are kept."""
    from infra.lab import Lab  # noqa: PLC0415

    Lab(_known(site)).stop()


@app.command()
def reset(site: Site = DEFAULT_SITE) -> None:
    """End it and drop its data and its stacks' state."""
    from infra.lab import Lab  # noqa: PLC0415

    Lab(_known(site)).reset()


@app.command()
def status(site: Site = DEFAULT_SITE, *, as_json: Json = False) -> None:
    """Show its services; exit code 3 if one has died, with the end of its log."""
    from infra.lab import Lab, State  # noqa: PLC0415

    services = Lab(_known(site)).status()
    if as_json:
        emit([asdict(service) for service in services])
    else:
        shown = table("service", "state", "process", "MiB", "address", right=("process", "MiB"))
        for service in services:
            style = "red" if service.state is State.DEAD else None
            row(shown, (service.service, service.state, service.pid or "", service.memory or "", service.url), style)
        show(shown)
        for service in services:
            if service.ending:
                line(f"{service.service} {service.ending}")
    if any(service.state is State.DEAD for service in services):
        raise typer.Exit(CloudError.exit_code)


@app.command()
def logs(
    service: Annotated[str | None, typer.Argument(help="Of one service only.")] = None,
    *,
    site: Site = DEFAULT_SITE,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on showing.")] = False,
) -> None:
    """Show what the services have written."""
    from infra.lab import Lab  # noqa: PLC0415

    for entry in Lab(_known(site)).logs(service, follow):
        line(entry)


def _uplink(site: str) -> "Uplink":
    """How this machine reaches the site's servers: as one of its operators, by its external network."""
    from infra.environment import project_root  # noqa: PLC0415
    from infra.errors import JolibaError  # noqa: PLC0415
    from infra.intake.inventory import read_site  # noqa: PLC0415
    from infra.lab.machines.uplink import Uplink  # noqa: PLC0415

    found = read_site(project_root(), site, only=[]).site
    if found is None:
        raise JolibaError(f"the file of {site} has mistakes: joliba check inventories/{site}")
    return Uplink.of(
        gateway=str(found.external.gateway),
        subnet=str(found.external.subnet),
        operators=str(found.administration.operators[0]),
    )


def _known(site: str) -> str:
    from infra.environment import project_root  # noqa: PLC0415
    from infra.errors import JolibaError  # noqa: PLC0415
    from infra.intake.inventory import sites  # noqa: PLC0415  with all that reads YAML

    known = sites(project_root())
    if site not in known:
        raise JolibaError(f"there is no site {site!r}; sites: {', '.join(known)}")
    return site
