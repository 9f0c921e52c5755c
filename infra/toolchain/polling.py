"""A shorter wait between two looks at a server that is being made, put into the provider when it is compiled.

terraform-plugin-sdk's ``StateChangeConf`` asks at 0, 3, 9, 19, 29 s whether a server, port or volume is ready: of a
tenant's creation on a quiet cloud a third is that waiting. The patched loop asks at 0, 0.2, 0.6, 1.4, 3 s and then as
seldom as the original would; timeouts, cancellation, and an explicit poll interval stay what they were.

The compiler is given a changed copy of the module for the time of the build (its ``-overlay`` refuses files of the
module cache); no copy is kept here.
"""

import shutil
from pathlib import Path

from infra.errors import JolibaError

FILE = Path("helper", "retry", "state.go")

BEFORE = """\
				if wait < conf.MinTimeout {
"""
AFTER = """\
				if wait > 2*time.Second && wait < conf.MinTimeout {
"""
"""``MinTimeout`` (3 s nearly everywhere) counts only from 2 s on; the doubling from 0.1 s was there all the time."""


def patched(source: str) -> str:
    """The SDK's ``state.go`` with the shorter waits.

    Raises:
        JolibaError: the source is not the one that the change was written for.
    """
    if source.count(BEFORE) != 1:
        raise JolibaError(
            f"terraform-plugin-sdk's {FILE} is not what infra/toolchain/polling.py was written for: "
            f"read its waiting loop, adapt the change, and measure. Expected once:\n{BEFORE}"
        )
    return source.replace(BEFORE, AFTER)


def patch(sdk: Path, copy: Path) -> None:
    """Copy the module in `sdk` (read-only, in Go's cache) to `copy`, with the shorter waits."""
    shutil.copytree(sdk, copy, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("*_test.go", "testdata"))
    for folder in [copy, *(path for path in copy.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    (copy / FILE).write_text(patched((sdk / FILE).read_text()))
