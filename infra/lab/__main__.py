"""``python -m infra.lab start|stop|reset|status|logs``: the lab from the command line."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict

from infra.errors import JolibaError
from infra.lab import Lab, State

DEFAULT_SITE = "ml-bko"
FAILED = 3


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="lab", description="A real OpenStack on this machine's loopback, one a site.")
    top.add_argument("--site", default=DEFAULT_SITE, help=f"whose lab (default: {DEFAULT_SITE})")
    commands = top.add_subparsers(dest="command", required=True)
    for name, text in (
        ("start", "make it run; the first time takes a minute or two"),
        ("stop", "end it; its data are kept"),
        ("reset", "end it and drop its data and its stacks' state"),
        ("status", "show its services; exit code 3 if one has died"),
        ("logs", "show what the services have written"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--site", default=argparse.SUPPRESS, help="whose lab")
        if name == "status":
            command.add_argument("--json", action="store_true", help="for machines")
        if name == "logs":
            command.add_argument("service", nargs="?", help="of one service only")
            command.add_argument("--follow", "-f", action="store_true", help="go on showing")
    return top


def show(lab: Lab, as_json: bool) -> int:
    """Print the status; 3 if a service has died."""
    rows = lab.status()
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        for row in rows:
            print(f"{row.service:10} {row.state:9} {row.pid or '-':>8} {row.memory or '':>5} {row.url}")
        print(f"{'':30}{sum(row.memory for row in rows):>5} MiB")
        for row in rows:
            if row.ending:
                print(f"{row.service} {row.ending}")
    return FAILED if State.DEAD in {row.state for row in rows} else 0


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    lab = Lab(arguments.site)
    began = time.monotonic()
    match arguments.command:
        case "start":
            lab.start(lambda line: print(line, flush=True))
            print(f"the lab of {lab.site} is ready after {time.monotonic() - began:.1f} s: {lab.clouds_file}")
        case "stop":
            lab.stop()
        case "reset":
            lab.reset()
        case "status":
            return show(lab, arguments.json)
        case "logs":
            for line in lab.logs(arguments.service, arguments.follow):
                print(line, flush=arguments.follow)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run a command; messages of what fails, no traceback."""
    os.umask(0o077)
    try:
        return run(parser().parse_args(arguments))
    except JolibaError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
