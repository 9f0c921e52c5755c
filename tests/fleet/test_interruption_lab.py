"""Kills and outages on the real cloud: afterwards nothing is missing, twice there, or left over."""

import os
import signal
import subprocess
import time

from cloud_listing import listing

from infra import environment
from infra.fleet import processes

TENANT = "ml-bko.education"


def started(workplace, *arguments: str) -> subprocess.Popen:
    command = [str(environment.virtual_environment() / "bin" / "joliba"), *arguments]
    return subprocess.Popen(command, cwd=workplace.root, env=workplace.variables(), stdout=subprocess.DEVNULL)


def kill_everything(workplace, joliba: subprocess.Popen) -> None:
    """Joliba, Pulumi and its plugins; not the lab."""
    joliba.kill()
    for pid in processes.with_variable("JOLIBA_RUN", f"{workplace.home.resolve()}:{TENANT}"):
        os.kill(pid, signal.SIGKILL)
    joliba.wait()


def await_resources(workplace, number: int, joliba: subprocess.Popen) -> None:
    """Wait until so many resources are recorded, or being made."""
    state = workplace.home / "labs" / "ml-bko" / "state" / ".pulumi" / "stacks" / "joliba" / f"{TENANT}.json"
    while joliba.poll() is None and (not state.exists() or state.read_text().count('"urn":') < number):
        time.sleep(0.05)


def test_a_tenant_that_was_killed_while_it_was_built_is_finished_without_orphans(workplace, site, cloud, lab, sample):
    before = listing(cloud, lab)

    for number in sample(range(4, 64, 4), 1):
        print(f"killed at {number} resources")
        joliba = started(workplace, "up", TENANT, "--yes")
        await_resources(workplace, number, joliba)
        kill_everything(workplace, joliba)

        workplace.joliba("up", TENANT, "--yes")
        workplace.joliba("up", TENANT, "--yes", "--expect-no-changes")
        workplace.joliba("preview", TENANT, "--refresh", "--expect-no-changes")
        workplace.joliba("destroy", TENANT, "--delete-data", "--confirm", "education")

        assert listing(cloud, lab) == before


def test_a_destroy_that_was_killed_is_finished(workplace, site, cloud, lab):
    before = listing(cloud, lab)
    workplace.joliba("up", TENANT, "--yes")
    joliba = started(workplace, "destroy", TENANT, "--delete-data", "--confirm", "education")
    time.sleep(6)
    kill_everything(workplace, joliba)

    workplace.joliba("destroy", TENANT, "--delete-data", "--confirm", "education")

    assert listing(cloud, lab) == before


def test_a_lab_that_goes_away_while_a_tenant_is_built_is_told_and_the_next_run_finishes(workplace, site, cloud, lab):
    before = listing(cloud, lab)
    joliba = subprocess.Popen(
        [str(environment.virtual_environment() / "bin" / "joliba"), "up", TENANT, "--yes"],
        cwd=workplace.root, env=workplace.variables(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    await_resources(workplace, 30, joliba)
    lab.stop()
    try:
        told, _ = joliba.communicate()
        assert joliba.returncode == 3
        assert "does not answer" in told
        assert "run the same command again to continue" in told
        assert "is not running: joliba lab start" in workplace.joliba("up", TENANT, "--yes", expect=3).stderr
    finally:
        lab.start()  # whatever was told: other tests need it

    workplace.joliba("up", TENANT, "--yes")
    workplace.joliba("up", TENANT, "--yes", "--expect-no-changes")
    workplace.joliba("destroy", TENANT, "--delete-data", "--confirm", "education")

    assert listing(cloud, lab) == before
