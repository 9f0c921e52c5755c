"""``python -m infra.lab.setup``: make what all labs share, if it is not there; nothing to do takes an instant."""

import os
import sys

from infra.errors import JolibaError
from infra.lab.shared import ensure


def main() -> int:
    """Make it, and say so."""
    os.umask(0o077)
    try:
        made = ensure(lambda line: print(line, flush=True))
    except JolibaError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"lab: {made.environment}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
