"""Joliba's virtual environment: pinned, hashed packages and Joliba itself, editable."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra import environment
from infra.errors import JolibaError
from infra.toolchain import pins

LOCK = pins.REQUIREMENTS / "joliba.txt"
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
    """An empty environment with pip, in which uv then is."""
    if importlib.util.find_spec("ensurepip") is None:
        system_package("python3-venv", "this Python has no `ensurepip`, and so cannot make virtual environments")
    run([sys.executable, "-m", "venv", place])
    try:
        run([place / "bin" / "python", "-m", "pip", "install", "-q", "--require-hashes", "-r", INSTALLER])
    except JolibaError:
        sys.stdout.write("  uv cannot be had for this machine: pip does its work\n")


def sync(python: Path) -> None:
    """Install what the lock lists and, without any look at the network, Joliba itself."""
    uv = python.parent / "uv"
    if uv.exists():
        run([uv, "pip", "sync", "-q", "--require-hashes", "--python", python, LOCK])
        installer: list[str | Path] = [uv, "pip", "install", "-q", "--python", python]
    else:
        installer = [python, "-m", "pip", "install", "-q"]
        run([*installer, "--require-hashes", "-r", LOCK])
    run([*installer, "--no-deps", "--no-build-isolation", "--editable", environment.CHECKOUT])


def index_settings() -> dict[str, str]:
    """The mirror and certificates that pip is set up with, in uv's words."""
    settings = {}
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
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
    command = ["apt-get", "install", "-y", "--no-install-recommends", name]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise JolibaError(f"{reason}. Install it, then run scripts/setup again: sudo {' '.join(command)}")
    sys.stdout.write(f"  {reason}; installing the system package {name}\n")
    sys.stdout.flush()
    run(command)


def run(command: Sequence[str | Path]) -> None:
    """Run an installer; what it says is shown if it fails."""
    done = subprocess.run(command, env={**os.environ, **index_settings()}, capture_output=True, text=True, check=False)
    if done.returncode:
        told = "\n".join((done.stderr or done.stdout).strip().splitlines()[-20:])
        raise JolibaError(f"`{' '.join(map(str, command[:4]))} ...` failed:\n{told}")
