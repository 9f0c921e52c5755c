"""Where the bench works: a project root, a home and a lab of its own below one temporary folder."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra import environment
from infra.bench.warden import MARK
from infra.environment import CHECKOUT
from infra.toolchain import build, installation
from infra.toolchain.passphrase import ensure_passphrase

SITE = "ml-bko"
FOREIGN = ("OS_", "TF_", "TOFU_", "PULUMI_", "JOLIBA_LAB_")
"""Variables of the user's that would change what is measured."""


@dataclass(frozen=True)
class Place:
    """The folder of one run of the bench; its processes know it by the variable `MARK`."""

    folder: Path

    @property
    def root(self) -> Path:
        """The project root: what `joliba` and `pulumi` run in."""
        return self.folder / "project"

    @property
    def home(self) -> Path:
        """``JOLIBA_HOME``: the user's Python environment; a Pulumi, a passphrase and a lab of its own."""
        return self.folder / "home"

    @property
    def lab_folder(self) -> Path:
        """The lab's folder, which its processes are started with."""
        return self.home / "labs" / SITE

    @property
    def inventory(self) -> Path:
        """The folder of the site's files."""
        return self.root / "inventories" / SITE

    def variables(self) -> dict[str, str]:
        """The environment of every command, as after ``eval "$(scripts/env)"``."""
        return {
            **os.environ,
            **environment.toolchain_variables(),
            **environment.site_variables(SITE, environment.LAB_CLOUD),
            "JOLIBA_LANG": "en",
        }


@contextmanager
def temporary_place() -> Iterator[Place]:
    """Make the place and make this process work there; afterwards nothing is left of it, whatever happened.

    Guests, light hosts and whatever else makes a temporary folder make it there.

    Cleaning up is the warden's, a process that sees this one end even if it is killed.
    """
    installed = environment.home()
    place = Place(Path(tempfile.mkdtemp(prefix="joliba-bench-")).resolve())
    warden = subprocess.Popen(
        [sys.executable, "-P", "-m", "infra.bench.warden", place.folder, place.lab_folder],
        stdin=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        _furnish(place, installed)
        yield place
    finally:
        if warden.stdin:
            warden.stdin.close()
        warden.wait()


def _furnish(place: Place, installed: Path) -> None:
    place.home.mkdir(mode=0o700)
    (place.home / "venv").symlink_to(installed / "venv")
    (place.root / "infra").mkdir(parents=True)
    for copied in ("Pulumi.yaml", "infra/__main__.py"):
        shutil.copy(CHECKOUT / copied, place.root / copied)
    shutil.copytree(CHECKOUT / "schemas", place.root / "schemas")
    shutil.copytree(CHECKOUT / "inventories" / "countries", place.root / "inventories" / "countries")
    (place.inventory / "tenants").mkdir(parents=True)
    shutil.copy(CHECKOUT / "inventories" / SITE / "site.yaml", place.inventory / "site.yaml")
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ |= {MARK: str(place.folder), "JOLIBA_ROOT": str(place.root), "JOLIBA_HOME": str(place.home)}
    os.environ |= environment.toolchain_variables()
    tempfile.tempdir = str(place.folder)


def install_toolchain() -> None:
    """Give the place what builds tenants: a passphrase, Pulumi, and our own build of the provider."""
    ensure_passphrase()
    provider = build.build("provider")  # never the vendor's own: it would poll less often than OpenTofu's
    installation.install(installation.part("pulumi"), provider.parent)
