"""What all labs of this user share: the services' environment and the golden copy of their data, one for each pins."""

import hashlib
import importlib
import importlib.util
import platform
import shutil
import subprocess
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from infra.environment import CHECKOUT, cache
from infra.lab import golden
from infra.lab.launch import Progress
from infra.lab.problem import LabError
from infra.lab.processes import exclusive

REQUIREMENTS = CHECKOUT / "scripts" / "requirements" / "lab.txt"
GOLDEN_SOURCES = ("catalogue.py", "configuration.py", "golden.py", "services/identity.py", "services/nova_driver.py",
                  "services/tables.py")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cached:
    """The folders that labs are made from; both are there, whole."""

    environment: Path
    golden: Path
    bare: Path
    """The golden copy for labs with real machines: of services that have never started. Made when first asked for."""


def places() -> Cached:
    """Where both belong, whether or not they are there."""
    pins = hashlib.sha256(REQUIREMENTS.read_bytes() + platform.python_version().encode() + platform.machine().encode())
    sources = pins.copy()
    for name in GOLDEN_SOURCES:
        sources.update((Path(__file__).parent / name).read_bytes())
    folder = cache()
    return Cached(
        environment=folder / f"lab-{pins.hexdigest()[:16]}",
        golden=folder / f"lab-golden-{sources.hexdigest()[:16]}",
        bare=folder / f"lab-golden-bare-{sources.hexdigest()[:16]}",
    )


def is_complete() -> bool:
    """Whether an ordinary lab could start without anything being made."""
    made = places()
    return made.environment.is_dir() and made.golden.is_dir()


def ensure(progress: Progress, *, machines: bool = False) -> Cached:
    """Make what is missing, one process at a time; a killed run leaves nothing that the next takes for whole.

    Args:
        progress: told of what is made.
        machines: for a lab with real machines.

    Raises:
        LabError: packages could not be installed, or a database could not be made.
    """
    made = places()
    golden_copy = made.bare if machines else made.golden
    if golden_copy.is_dir() and made.environment.is_dir():
        return made
    made.environment.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(made.environment.parent / "lab.lock"):
        for path, what, make in (
            (made.environment, "the services of the lab (about 400 MiB)", _install),
            (golden_copy, "the golden copy of the lab's data", _make_bare if machines else _make_golden),
        ):
            if not path.is_dir():
                _sweep(path.parent)
                progress(f"making {what} in {path}")
                began = time.monotonic()
                make(path, made.environment, progress)
                progress(f"made in {time.monotonic() - began:.0f} s")
    return made


def _make_golden(target: Path, environment: Path, progress: Progress) -> None:
    golden.make(target, environment, progress)


def _make_bare(target: Path, environment: Path, progress: Progress) -> None:
    golden.make(target, environment, progress, started=False)


def _install(target: Path, _environment: Path, _progress: Progress) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".lab-") as folder:
        place = Path(folder) / "environment"
        installer = _installer(place / "bin" / "python")
        # the base interpreter's path stands in the environment, its own does not: it may be renamed
        venv.create(place, symlinks=True, with_pip=installer[0] == str(place / "bin" / "python"))
        done = subprocess.run(
            [*installer, "--require-hashes", "--requirement", REQUIREMENTS],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise LabError(f"the lab's packages could not be installed:\n{done.stdout[-3000:]}")
        place.rename(target)


def _installer(python: Path) -> list[str]:
    """uv, if there is one; else pip, which takes some 100 s longer."""
    found = shutil.which("uv")
    if importlib.util.find_spec("uv"):
        found = str(importlib.import_module("uv").find_uv_bin())
    if found:
        return [found, "pip", "install", "--quiet", "--python", str(python)]
    return [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def _sweep(folder: Path) -> None:
    """Remove what killed runs have left; the lock is held, so nobody works in it."""
    for pattern in (".golden-*", ".lab-*"):
        for path in folder.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
