"""A Pulumi project of its own, with a folder as backend: the installed CLI, plugin and language host, and no cloud."""

import json
import os
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra import environment


@dataclass(frozen=True)
class Project:
    """A program in a folder `prog` beside ``Pulumi.yaml``, and a stack `t`."""

    root: Path

    def program(self, text: str, *, file: str = "prog/__main__.py") -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))

    def variables(self) -> dict[str, str]:
        own = {"PULUMI_BACKEND_URL": f"file://{self.root / 'state'}", "PULUMI_CONFIG_PASSPHRASE": "only for tests"}
        return {**os.environ, **environment.toolchain_variables(), **own}

    def pulumi(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.root,
            env=self.variables(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if expect is not None and done.returncode != expect:
            pytest.fail(
                f"pulumi {' '.join(arguments)}: exit {done.returncode}, not {expect}\n{done.stdout}{done.stderr}"
            )
        return done

    def up(self, expect: int | None = 0) -> str:
        done = self.pulumi("up", "--yes", "--skip-preview", expect=expect)
        return done.stdout + done.stderr

    def outputs(self) -> dict:
        return json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return new_project(tmp_path)


@pytest.fixture
def projects(tmp_path: Path) -> Callable[[str], Project]:
    return lambda name: new_project(tmp_path / name)


def new_project(root: Path) -> Project:
    (root / "state").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text("name: trial\nmain: prog\nruntime: python\n")
    project = Project(root)
    project.program("")
    project.pulumi("stack", "init", "t")
    return project
