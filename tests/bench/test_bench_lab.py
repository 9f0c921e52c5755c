"""The bench with all its real parts: what it compares is the same, and it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cloud_listing import listing

from infra.bench.conversion import converted
from infra.bench.opentofu import write
from infra.bench.warden import MARK, started_by
from infra.datacenter.remainders import remove_remainders

SITE, TENANT = "ml-bko", "justice"
BENCH = [sys.executable, "-P", "-m", "infra.bench", "--quick"]


def run(words, folder, variables):
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.usefixtures("site")
def test_opentofu_builds_what_joliba_built_plans_no_change_and_leaves_nothing(workplace, cloud, lab, tofu, tmp_path):
    stack = f"{SITE}.{TENANT}"
    workplace.joliba("up", stack, "--yes")
    export = json.loads(workplace.pulumi("stack", "export", "-s", stack, "--show-secrets").stdout)["deployment"]
    workplace.joliba("destroy", stack, "--delete-data", "--confirm", TENANT)
    before = listing(cloud, lab)
    configuration = converted(export, tofu.vocabulary(tmp_path / "vocabulary"), TENANT)
    folder = write(configuration, tmp_path / "tofu")
    variables = {**workplace.variables(), **tofu.variables()}
    made = [each for each in export["resources"] if each["type"].startswith("openstack:")]

    applied = run(tofu.apply(), folder, variables)
    planned = run([tofu.program, "plan", "-input=false", "-detailed-exitcode"], folder, variables)
    projects = [each.id for each in cloud.identity.projects(name=TENANT)]
    destroyed = run(tofu.destroy(), folder, variables)
    for project in projects:
        remove_remainders(cloud, project)

    assert configuration.resources == len(made) > 30
    assert (applied[0], f"Resources: {len(made)} added" in applied[1]) == (0, True), applied[1]
    assert planned[0] == 0, planned[1]
    assert (destroyed[0], f"Resources: {len(made)} destroyed" in destroyed[1]) == (0, True), destroyed[1]
    assert listing(cloud, lab) == before


def test_secrets_lie_in_a_file_of_the_owner_alone(tofu, tmp_path):
    folder = tmp_path / "asked"

    assert tofu.vocabulary(folder).is_list("openstack_compute_servergroup_v2", "policies")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "terraform.tfvars.json").stat().st_mode & 0o777 == 0o600


@pytest.fixture
def temporary(tmp_path):
    folder = tmp_path / "t"
    folder.mkdir()
    return folder


def user(temporary):
    """A user's environment; all that the bench makes lies in `temporary`."""
    kept = {name: value for name, value in os.environ.items() if name not in ("JOLIBA_ROOT", MARK)}
    return {**kept, "TMPDIR": str(temporary)}


@pytest.mark.usefixtures("full")
def test_a_quick_run_compares_every_step_and_leaves_nothing(tofu, temporary, tmp_path):
    done = subprocess.run(
        [*BENCH, "--json", tmp_path / "figures.json"],
        env=user(temporary), capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    case = figures["cases"]["ordinary"]
    assert case["tenants"] == 1
    assert case["resources"] > 30
    assert list(case["medians"]) == ["create", "no change", "no change, refreshed", "destroy"]
    assert {tuple(ways) for ways in case["medians"].values()} == {
        ("OpenTofu", "pulumi up --skip-preview", "pulumi up", "joliba up")
    }
    assert all(way["OpenTofu"]["ratio"] == 1 for way in case["medians"].values())
    assert "Only ratios within one run compare" in done.stdout
    assert list(temporary.iterdir()) == []


def test_a_killed_bench_leaves_no_process_and_no_file(tofu, temporary, sample):
    for number in sample((signal.SIGKILL, signal.SIGINT), 1):
        with subprocess.Popen(BENCH, env=user(temporary), stderr=subprocess.PIPE, text=True) as bench:
            place = begun(temporary, bench)
            assert list(started_by(place, place / "home" / "labs" / "ml-bko"))
            bench.send_signal(number)
        wait_until(lambda: not list(temporary.iterdir()))

        assert list(started_by(place, place / "home" / "labs" / "ml-bko")) == []


def begun(temporary: Path, bench) -> Path:
    """The bench's folder, once it builds the foundation on its lab."""
    for line in bench.stderr:
        if "the foundation" in line:
            break
    time.sleep(1)
    return next(temporary.glob("joliba-bench-*"))


def wait_until(true, patience=30.0):
    deadline = time.monotonic() + patience
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert true()
