"""Joliba's virtual environment: pinned, hashed packages and Joliba itself, editable."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra import environment
from infra.errors import JolibaError
from infra.toolchain import pins

LOCK = pins.REQUIREMENTS / "joliba.txt"
PYTHON = getattr(sys, "_base_executable", sys.executable)
"""The Python that environments are made with: not that of an environment which this very setup may remove."""
INSTALLER = pins.REQUIREMENTS / "uv.txt"


def digest() -> str:
    """The digest of all that the environment is made from."""
    made_from = [LOCK, INSTALLER, environment.CHECKOUT / "pyproject.toml"]
    return pins.digest(sys.version, str(environment.CHECKOUT), str(environment.virtual_environment()), files=made_from)


def mark() -> Path:
    """The file that says that the environment is complete, and for which digest."""
    return environment.virtual_environment() / "joliba.digest"


def is_ready() -> bool:
    """Whether there is nothing to do."""
    return mark().is_file() and mark().read_text() == digest()


def install() -> None:
    """Make the environment what the pins say; one that was never finished is begun anew.

    Raises:
        JolibaError: a package cannot be had, or this Python cannot make virtual environments.
    """
    place = environment.virtual_environment()
    python = place / "bin" / "python"
    if not mark().is_file() or not python.exists():
        shutil.rmtree(place, ignore_errors=True)
        create(place)
    mark().unlink(missing_ok=True)
    sync(python)
    mark().write_text(digest())


def create(place: Path) -> None:
    """An empty environment; with pip only where there is no uv for this machine."""
    if uv():
        run([PYTHON, "-m", "venv", "--without-pip", place])
    else:
        need_ensurepip()
        run([PYTHON, "-m", "venv", place])


def sync(python: Path) -> None:
    """Install what the lock lists and, without any look at the network, Joliba itself.

    All of it is compiled now: where Python may write no bytecode later, every command would spend half a second on it.
    """
    joliba: list[str | Path] = ["--no-deps", "--no-build-isolation", "--editable", environment.CHECKOUT]
    if installer := uv():
        compiling: list[str | Path] = ["--compile-bytecode", "--require-hashes"]
        from_cache_or_index([installer, "pip", "sync", "-q", *compiling, "--python", python, LOCK])
        run([installer, "pip", "install", "-q", "--offline", "--python", python, *joliba])
    else:
        run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", LOCK])
        run([python, "-m", "pip", "install", "-q", *joliba])
    compiled: list[str | Path] = [python, "-m", "compileall", "-q", environment.CHECKOUT / "infra"]
    subprocess.run(compiled, capture_output=True, check=False)  # a checkout that is not ours stays as it is


def uv() -> Path | None:
    """The installer, in the cache; nothing if there is none for this kind of machine."""
    place = pins.cached("uv", pins.digest(files=[INSTALLER]))
    if not (place / "uv").exists():
        need_ensurepip()
        with pins.replacing(place) as draft, tempfile.TemporaryDirectory() as scratch:
            run([PYTHON, "-m", "venv", scratch])
            programs = Path(scratch) / "bin"
            try:
                run([programs / "python", "-m", "pip", "install", "-q", "--require-hashes", "-r", INSTALLER])
            except JolibaError as failure:
                if "No matching distribution" not in str(failure) or "connection" in str(failure):
                    raise
                sys.stdout.write("  there is no uv for this kind of machine: pip does its work\n")
                return None
            shutil.move(programs / "uv", draft / "uv")
    return place / "uv"


def from_cache_or_index(command: list[str | Path]) -> None:
    """Run uv on what it has already, which needs no network; only if that is not all, with the package index."""
    try:
        run([*command, "--offline"])
    except JolibaError:
        run(command)


def need_ensurepip() -> None:
    """Have the part of Python that Debian keeps in a package of its own."""
    if importlib.util.find_spec("ensurepip") is None:
        system_package("python3-venv", "this Python has no `ensurepip`, and so cannot make virtual environments")


def index_settings() -> dict[str, str]:
    """The mirror and certificates that pip is set up with, in uv's words."""
    settings = {}
    told = subprocess.run(
        [PYTHON, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    if mirror := os.environ.get("PIP_INDEX_URL") or told.stdout.strip():
        settings["UV_DEFAULT_INDEX"] = mirror
    if certificates := os.environ.get("PIP_CERT"):
        settings["SSL_CERT_FILE"] = certificates
    return {name: value for name, value in settings.items() if name not in os.environ}


def system_package(name: str, reason: str) -> None:
    """Install a package of the system, said aloud, if we may; else say which one is missing.

    Raises:
        JolibaError: only an administrator can install it, or the installation fails.
    """
    command = ["install", "-y", "--no-install-recommends", name]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise JolibaError(f"{reason}. Install it, then run scripts/setup again: sudo apt-get {' '.join(command)}")
    sys.stdout.write(f"  {reason}; installing the system package {name}\n")
    sys.stdout.flush()
    run([*environment.APT_GET, *command])


def run(command: Sequence[str | Path]) -> None:
    """Run an installer; what it says is shown if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join((done.stderr or done.stdout).strip().splitlines()[-20:])
        raise JolibaError(f"`{' '.join(map(str, command[:4]))} ...` failed:\n{told}")
