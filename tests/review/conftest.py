"""Real Git repositories with the real inventories, for pull requests honest and hostile."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.environment import CHECKOUT

WHO = {f"GIT_{role}_{what}": "x@x.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Repository:
    """A repository of the project in which a test makes a pull request, on the branch ``request``."""

    root: Path

    def git(self, *arguments: str, given: bytes = b"") -> str:
        done = subprocess.run(
            ["git", "-C", self.root, *arguments], input=given, capture_output=True, check=True,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, **WHO},
        )  # fmt: skip
        return done.stdout.decode().strip()

    def commit(self) -> str:
        """Everything in the folder becomes a commit of the current branch."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "-m", "Change")
        return self.git("rev-parse", "HEAD")

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """A commit on the branch of (mode, path, object) that need no working tree, with whatever paths."""
        lines = b"".join(f"{mode} {name}\t".encode() + path + b"\0" for mode, path, name in entries)
        self.git("update-index", "-z", "--index-info", given=lines)
        tree = self.git("write-tree")
        made = self.git("commit-tree", tree, "-p", "HEAD", "-m", "Change")
        self.git("update-ref", "HEAD", made)
        return made

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", "--no-filters", given=content)

    def change(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def file(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    for folder in ("inventories", "schemas"):
        shutil.copytree(CHECKOUT / folder, made.root / folder)
    (made.root / "infra").mkdir()
    shutil.copy(CHECKOUT / "infra" / "__main__.py", made.root / "infra")
    shutil.copy(CHECKOUT / "Pulumi.yaml", made.root)
    made.git("init", "--quiet", "--initial-branch=main", ".")
    made.commit()
    made.git("checkout", "--quiet", "-b", "request")
    return made


@pytest.fixture
def review(repository, tmp_path, monkeypatch):
    """``joliba review`` as a forge's job calls it, on the checked-out base; exit code, and the answer's folder."""

    def run(*options: str, head: str = "request", lang: str = "en", **variables: str):
        repository.git("checkout", "--quiet", "--force", "main")
        folder = tmp_path / "answer"
        done = subprocess.run(
            [sys.executable, "-P", "-m", "infra.cli.main", "review", "--base", "main", "--head", head, "-o", folder,
             "--lang", lang, *options],
            env={**os.environ, "JOLIBA_ROOT": str(repository.root), "PYTHONPATH": str(CHECKOUT), **variables},
            cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done, folder

    return run
