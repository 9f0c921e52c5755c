"""Joliba as a user has it, apart from the user's own: a home, a project root and a lab made for the tests, all real."""

import json
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openstack
import pytest

from infra import environment
from infra.lab import Lab

SITE = "ml-bko"


@dataclass(frozen=True)
class Workplace:
    """A project root with its own copies of what a user edits, and a home with the installed toolchain."""

    root: Path
    home: Path

    def run(self, *command: str, expect: int | None = 0, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run a command in the project root as a user would after ``eval "$(scripts/env)"``."""
        done = subprocess.run(
            command, cwd=self.root, env=self.variables(), capture_output=True, text=True, timeout=timeout, check=False
        )
        if expect is not None and done.returncode != expect:
            pytest.fail(f"{' '.join(command)}: exit {done.returncode}, not {expect}\n{done.stdout}\n{done.stderr}")
        return done

    def joliba(self, *arguments: str, expect: int | None = 0, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        command = str(environment.virtual_environment() / "bin" / "joliba")
        return self.run(command, *arguments, expect=expect, timeout=timeout)

    def pulumi(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        return self.run("pulumi", *arguments, expect=expect)

    def variables(self) -> dict[str, str]:
        return {
            **os.environ,
            **environment.toolchain_variables(),
            **environment.site_variables(SITE, environment.LAB_CLOUD),
            "JOLIBA_LANG": "en",
        }

    def stack(self, name: str) -> dict:
        """The stack's state as Pulumi exports it."""
        return json.loads(self.pulumi("stack", "export", "-s", name).stdout)["deployment"]


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the full counts instead of small seeded samples")
    parser.addoption("--seed", type=int, default=None, help="replay the samples of an earlier run")


def pytest_configure(config):
    # a shell that starts the tests in the background has them ignore Ctrl-C, and all that they start inherits it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["JOLIBA_TODAY"] = "2026-11-24"  # the samples' reviews are ahead of it, whenever the tests run
    if config.option.seed is None:
        config.option.seed = int.from_bytes(os.urandom(2))


def pytest_itemcollected(item):
    if not {"lab", "workplace"}.isdisjoint(item.fixturenames):
        item.add_marker("lab")


def pytest_report_header(config):
    return f"samples: {'full' if config.option.full else f'small, --seed {config.option.seed}'}"


@pytest.fixture(scope="session")
def full(pytestconfig):
    """Skips what takes minutes and tests no part that the quick tests leave out."""
    if not pytestconfig.option.full:
        pytest.skip("takes minutes: runs with --full")


@pytest.fixture(scope="session")
def sample(pytestconfig):
    """``sample(everything, number)``: all of it with ``--full``, else so many, drawn by the run's seed."""

    def draw(everything, number):
        if pytestconfig.option.full:
            return list(everything)
        return sorted(random.Random(pytestconfig.option.seed).sample(list(everything), number))

    return draw


@pytest.fixture(scope="session")
def installation():
    """``installation(folder)``: a project root with copies of what a user edits, and a home with the toolchain."""

    def make(folder: Path) -> Workplace:
        root, home, installed = folder / "project", folder / "home", environment.home()
        home.mkdir(mode=0o700)
        for made_by_setup in ("venv", "pulumi", "setup.digest"):
            (home / made_by_setup).symlink_to(installed / made_by_setup)
        (root / "infra").mkdir(parents=True)
        for copied in ("Pulumi.yaml", "infra/__main__.py"):
            shutil.copy(environment.CHECKOUT / copied, root / copied)
        for copied in ("inventories", "schemas"):
            shutil.copytree(environment.CHECKOUT / copied, root / copied)
        return Workplace(root=root, home=home)

    return make


@pytest.fixture(scope="session")
def workplace(tmp_path_factory, installation):
    made = installation(tmp_path_factory.mktemp("joliba"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOLIBA_ROOT", str(made.root))
        patch.setenv("JOLIBA_HOME", str(made.home))
        for name in [name for name in os.environ if name.startswith("OS_")]:
            patch.delenv(name)
        yield made


@pytest.fixture(scope="session")
def lab(workplace):
    running = Lab(SITE)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def cloud(lab):
    """The administrator's connection to the lab."""
    return openstack.connect(**lab.cloud())


@pytest.fixture(scope="session")
def site(workplace, lab):
    """The lab with the foundation of its site built."""
    workplace.joliba("up", f"{SITE}.foundation", "--yes")
    return SITE


@pytest.fixture
def root(tmp_path: Path, monkeypatch) -> Path:
    """A project root and a home of its own, for commands; the lab of it is not running."""
    for name in ("inventories", "schemas"):
        shutil.copytree(environment.CHECKOUT / name, tmp_path / "project" / name)
    shutil.copy(environment.CHECKOUT / "Pulumi.yaml", tmp_path / "project")
    monkeypatch.setenv("JOLIBA_ROOT", str(tmp_path / "project"))
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("JOLIBA_LANG", "en")
    return tmp_path / "project"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own: the real inventories, copied, free to be changed."""
    shutil.copytree(environment.CHECKOUT / "inventories", tmp_path / "inventories")
    return tmp_path


@pytest.fixture
def change(project: Path) -> Callable[..., None]:
    """Replaces texts, each present, in a file of the copied inventories."""

    def changed(file: str, *replacements: tuple[str, str]) -> None:
        path = project / "inventories" / file
        text = path.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, f"{file} has no {old!r}"
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")

    return changed


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by Playwright."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium: apt-get install chromium (scripts/test does it as root)")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])  # also as root
        yield started
        started.close()
