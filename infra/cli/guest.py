"""``joliba lab guest``: one real Debian machine to try hardening on."""

import os
from typing import Annotated

import typer

from infra.cli.output import line, say

Name = Annotated[str, typer.Option("--name", help="Which guest.")]
DEFAULT = "guest"

app = typer.Typer(
    help="One real Debian machine under QEMU, to try hardening on.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def start(name: Name = DEFAULT) -> None:
    """Make it run; the first time makes an image and boots it once, which takes minutes."""
    from infra.lab.guests.kept import KeptGuest  # noqa: PLC0415

    guest = KeptGuest(name)
    guest.start(line)
    say(f"{name} is ready: port {guest.access().port} of 127.0.0.1, files in {guest.folder}", style="green")


@app.command()
def stop(name: Name = DEFAULT) -> None:
    """Take its power away; its disk is kept."""
    from infra.lab.guests.kept import KeptGuest  # noqa: PLC0415

    KeptGuest(name).stop()


@app.command()
def remove(name: Name = DEFAULT) -> None:
    """Stop it and drop its disk."""
    from infra.lab.guests.kept import KeptGuest  # noqa: PLC0415

    KeptGuest(name).remove()


@app.command()
def ssh(
    command: Annotated[list[str] | None, typer.Argument(help="What to run there; nothing: a shell.")] = None,
    *,
    name: Name = DEFAULT,
) -> None:
    """Log in."""
    from infra.lab.guests.kept import KeptGuest  # noqa: PLC0415

    words = [*KeptGuest(name).access().command(), *(command or [])]
    os.execv(words[0], words)  # noqa: S606  the shell's place is taken


@app.command()
def console(name: Name = DEFAULT) -> None:
    """Show what its serial console has shown."""
    from infra.lab.guests.kept import KeptGuest  # noqa: PLC0415

    for shown in KeptGuest(name).console().split("\n"):
        line(shown)
