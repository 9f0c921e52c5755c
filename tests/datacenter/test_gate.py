"""What `joliba check` refuses, ``pulumi up`` by hand refuses too: the installed Pulumi runs the program; no cloud."""

import os
import re
import shutil
import subprocess

import pytest
from intake.test_request_cases import ALL, _prepare

from infra import environment
from infra.environment import CHECKOUT
from infra.intake.checking import check
from infra.intake.findings import Severity

STACK = "organization/joliba/ml-bko.sante"
CODE = re.compile(r"\(([A-Z]+(?:-[A-Z]+)+)\)")


@pytest.fixture
def up(project):
    """``up()``: run ``pulumi up`` by hand in a project whose stack was made; it fails, and this is what it says."""
    (project / "infra").mkdir()
    for name in ("Pulumi.yaml", "infra/__main__.py"):
        shutil.copy(CHECKOUT / name, project / name)
    (project / "schemas").symlink_to(CHECKOUT / "schemas")
    (project / ".joliba").mkdir()
    (project / ".joliba/venv").symlink_to(environment.virtual_environment())
    (project / "state").mkdir()
    own = {
        "JOLIBA_ROOT": str(project), "JOLIBA_HOME": str(project / ".joliba"), "JOLIBA_LANG": "en",
        "PULUMI_BACKEND_URL": f"file://{project}/state", "PULUMI_CONFIG_PASSPHRASE": "only for tests",
    }  # fmt: skip

    def pulumi(*arguments):
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"], cwd=project,
            env={**os.environ, **environment.toolchain_variables(), **own},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    made = pulumi("stack", "init", STACK)
    assert made.returncode == 0, made.stderr

    def run():
        done = pulumi("up", "--yes", "--skip-preview", "--stack", STACK)
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        assert "Traceback" not in said
        return said

    return run


@pytest.fixture
def cases(sample):
    return [ALL[number].values[0] for number in sample(range(len(ALL)), 5)]


def again(project):
    """The inventories as they were."""
    shutil.rmtree(project / "inventories")
    shutil.copytree(CHECKOUT / "inventories", project / "inventories")


def errors(project):
    found = check(project, [project / "inventories/ml-bko/tenants/sante.yaml"])
    return {finding.code for finding in found if finding.severity is Severity.ERROR}


def test_pulumi_up_by_hand_refuses_what_check_refuses_with_the_same_codes(project, change, up, cases, pytestconfig):
    print(f"seed {pytestconfig.option.seed}")
    for case in cases:
        again(project)
        _prepare(case, change, "given")
        expected = errors(project)

        said = up()

        assert ("the request is refused:" in said) is bool(expected), case["it"]
        assert set(CODE.findall(said)) >= expected, case["it"]


def test_what_check_accepts_gets_past_the_gate(project, change, up, cases):
    for case in cases[:2]:
        again(project)
        _prepare(case, change, "accepted")

        assert "the foundation of ml-bko is not built: run `joliba up ml-bko.foundation` first" in up(), case["it"]
