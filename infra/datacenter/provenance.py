"""Which commit of a request a resource was built from."""

import subprocess
from pathlib import Path

UNCOMMITTED = "uncommitted"


def commit_of(file: Path) -> str:
    """The short id of the last commit that changed a file.

    ``uncommitted`` if the file differs from that commit or Git does not know it. The file's own last commit, not the
    repository's: a request that did not change leaves its resources' labels alone.
    """
    git = ["git", "-C", str(file.parent)]
    try:
        status = subprocess.run(
            [*git, "status", "--porcelain", "--", file.name], capture_output=True, text=True, check=True
        )
        log = subprocess.run(
            [*git, "log", "-1", "--format=%h", "--abbrev=12", "--", file.name],
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return UNCOMMITTED
    return UNCOMMITTED if status.stdout.strip() else log.stdout.strip() or UNCOMMITTED
