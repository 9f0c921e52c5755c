"""A Git repository of its own for every test, with the real inventories committed once, free to be changed."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.review.since import check_since, compare

ROOT = Path(__file__).parents[3]
SANTE = "inventories/ml-bko/tenants/sante.yaml"
JUSTICE = "inventories/ml-bko/tenants/justice.yaml"


def git(root: Path, *arguments: str) -> str:
    own = {f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={**os.environ, **own}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, message: str = "change") -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    shutil.copytree(ROOT / "inventories", root / "inventories")
    shutil.copy(ROOT / "Pulumi.yaml", root)
    git(root, "init", "-q", "-b", "main")
    commit(root, "before")
    return root


@pytest.fixture
def change(project: Path) -> Callable[..., None]:
    """Replaces texts, each present, in a file."""

    def changed(file: str, *replacements: tuple[str, str]) -> None:
        path = project / file
        text = path.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, f"{file} has no {old!r}"
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")

    return changed


@pytest.fixture
def codes(project: Path) -> Callable[..., list[str]]:
    """The codes of what `joliba check --since HEAD` finds."""

    def found(**options: bool) -> list[str]:
        return [each.code for each in check_since(project, "HEAD", **options)]

    return found


@pytest.fixture
def changes(project: Path) -> Callable[..., list]:
    """The changes of one tenant since HEAD."""

    def found(tenant: str = "sante", site: str = "ml-bko") -> list:
        (made,) = compare(project, "HEAD", [site])
        return [change for each in made.differences if each.tenant == tenant for change in each.changes]

    return found
