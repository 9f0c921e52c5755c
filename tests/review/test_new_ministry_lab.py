"""A ministry that the site did not have: its request is previewed, merged, and built by the forge's own job."""

import json
import os
import shutil
import subprocess

import pytest

from infra.cli.up import WAITING
from infra.environment import CHECKOUT
from infra.intake.addresses import allocate, write_register
from infra.intake.inventory import read_site

SITE, NAME = "ml-bko", "mines"


@pytest.fixture
def repository(site, workplace, tmp_path):
    """The workplace as a checkout of the protected branch; what is added to it is taken back."""
    root, inventory = workplace.root, workplace.root / "inventories" / SITE
    register = (inventory / "addresses.yaml").read_text(encoding="utf-8")
    (root / "scripts").mkdir()
    shutil.copy(CHECKOUT / "scripts/forge", root / "scripts/forge")
    (root / ".joliba/venv").symlink_to(workplace.home / "venv")
    (root / ".gitignore").write_text("/.joliba/\n")
    workplace.run("git", "init", "--quiet", ".")
    yield root
    workplace.joliba("destroy", f"{SITE}.{NAME}", "--yes", "--delete-data", "--confirm", NAME)
    (inventory / "tenants" / f"{NAME}.yaml").unlink()
    (inventory / "addresses.yaml").write_text(register, encoding="utf-8")
    workplace.joliba("up", f"{SITE}.foundation", "--yes")
    for made in (".git", "scripts"):
        shutil.rmtree(root / made)
    for made in (".joliba/venv", ".joliba/stacks/stacks", ".gitignore"):
        (root / made).unlink()


def commit(workplace):
    workplace.run("git", "add", "--all")
    who = ("-c", "user.name=x", "-c", "user.email=x@x.example")
    workplace.run("git", *who, "commit", "--quiet", "-m", "Change")
    return workplace.run("git", "rev-parse", "HEAD").stdout.strip()


def test_a_new_ministry_is_previewed_and_after_the_merge_built_in_one_job(repository, workplace, tmp_path):
    before = commit(workplace)
    tenants = repository / "inventories" / SITE / "tenants"
    justice = (tenants / "justice.yaml").read_text(encoding="utf-8")
    (tenants / f"{NAME}.yaml").write_text(justice.replace("justice", NAME), encoding="utf-8")
    inventory = read_site(repository, SITE)
    write_register(repository, allocate(inventory)[0], before=inventory.register)
    commit(workplace)

    stacks = workplace.joliba("changed", SITE, "--since", before).stdout.split()
    told = json.loads(workplace.joliba("preview", *stacks, "--json").stdout)["stacks"]
    variables = {"BEFORE": before, "JOLIBA_KEPT": str(tmp_path / "kept"), "CLOUDS": "clouds: {}"}
    done = subprocess.run(
        [repository / "scripts/forge", "up", SITE],
        env={**os.environ, **workplace.variables(), **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert stacks == [f"{SITE}.foundation", f"{SITE}.{NAME}"]
    assert {each["stack"]: each["status"] for each in told} == {stacks[0]: "ok", stacks[1]: "skipped"}
    assert {each["name"] for each in told[0]["changes"]} >= {f"foundation-zone-{NAME}"}
    assert told[1]["notes"] == [WAITING]
    assert done.returncode == 0, done.stdout + done.stderr
    workplace.joliba("preview", *stacks, "--expect-no-changes")
