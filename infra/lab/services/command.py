"""Runs a command of the lab's environment: ``python -m infra.lab.services.command nova-manage db sync``.

Commands are looked up by their entry point. The scripts that an installer writes hold the interpreter's path in their
first line, which neither a moved environment nor a space in the path survives.
"""

import sys
from importlib.metadata import entry_points


def main(name: str, arguments: list[str]) -> int | str | None:
    """Run it with these arguments."""
    (command,) = entry_points(group="console_scripts", name=name)
    sys.argv = [name, *arguments]
    result: int | str | None = command.load()()
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
