"""The command ``joliba``: its commands, and what every failure looks like."""

import os
import sys
import time
import traceback
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from infra import environment
from infra.cli import (
    allocate,
    capacity,
    check,
    destroy,
    diff,
    explain,
    form,
    hardening,
    hosts,
    lab,
    new,
    owners,
    price,
    report,
    review,
    sheet,
    show,
    stacks,
    up,
    verify,
)
from infra.cli.output import line
from infra.errors import CloudError, JolibaError
from infra.wording import language, say_in

_INTERRUPTED = 130  # what Typer makes of a Ctrl-C

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From a ministry's YAML request to a tenant of a sovereign datacenter on OpenStack.",
    epilog="Exit codes: 0 fine, 1 findings, 2 wrong use, 3 the cloud or a host failed.",
)
for command in (
    check.check,
    explain.explain,
    allocate.allocate,
    show.show,
    capacity.capacity,
    price.price,
    diff.diff,
    sheet.sheet,
    new.new,
    form.form,
    review.review,
    review.changed,
    owners.owners,
    hardening.audit,
    hardening.harden,
    hardening.rollback,
    up.preview,
    up.up,
    destroy.destroy,
    hosts.hosts,
    stacks.stacks,
    report.report,
    verify.verify,
):
    app.command()(command)
app.add_typer(lab.app, name="lab")


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415  20 ms

        line(f"joliba {version('joliba')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run a command line; ends the process with 0 fine, 1 findings, 2 wrong use, 3 the cloud or a host failed."""
    try:
        code = app(standalone_mode=False)
        if code == _INTERRUPTED:
            _complain(say_in(language(), "stopped"))
            code = CloudError.exit_code
        sys.exit(code or 0)
    except TyperException as error:  # wrong arguments
        error.show() if hasattr(error, "show") else _complain(str(error))
        sys.exit(JolibaError.exit_code)
    except typer.Abort as error:  # at a prompt: a Ctrl-C, or no more input
        if isinstance(error.__context__, KeyboardInterrupt):
            _complain(say_in(language(), "stopped"))
            sys.exit(CloudError.exit_code)
        _complain(say_in(language(), "nobody answered: nothing was done"))
        sys.exit(JolibaError.exit_code)
    except JolibaError as error:
        _complain(error.told(language()))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _complain(say_in(language(), "stopped"))
        sys.exit(CloudError.exit_code)
    except Exception as error:
        if os.environ.get("JOLIBA_DEBUG"):
            raise
        told = _written(traceback.format_exc())
        _complain(f"unexpected: {type(error).__name__}: {error}\nWhat led to it is in {told}")
        sys.exit(CloudError.exit_code)


def _complain(text: str) -> None:
    line(f"{say_in(language(), 'joliba:')} {text}", stderr=True)


def _written(text: str) -> Path:
    """Keep a traceback in a 0600 file."""
    folder = environment.home() / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


if __name__ == "__main__":
    main()
