"""Joliba for a user who may write nothing but their own home, cache and project."""

import json
import os
import pwd
import shutil
import subprocess

import pytest

from infra import environment
from infra.lab import shared
from infra.toolchain import installation as programs

NOBODY = "nobody"
BECOME = ["setpriv", f"--reuid={NOBODY}", f"--regid={pwd.getpwnam(NOBODY).pw_gid}", "--clear-groups"]
# the interpreter, the venv and the lab's services may lie in a folder that is closed to others: they may be read
READING = [f"--{which}=-all,+dac_read_search" for which in ("bounding-set", "inh-caps", "ambient-caps")]


@pytest.fixture
def nobody(tmp_path, installation, monkeypatch):
    """``nobody(command, **variables)``: run it as ``nobody``, with a home and a cache that are theirs."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if subprocess.run([*BECOME, *READING, "true"], capture_output=True, check=False).returncode:
        pytest.skip("setpriv may not become another user here")
    made, cached = installation(tmp_path), shared.ensure(print)
    bin_, plugin = environment.pulumi_home() / "bin", programs.plugin().parent
    monkeypatch.setenv("JOLIBA_HOME", str(made.home))
    (made.home / "pulumi").unlink()
    programs.install(bin_, plugin)
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / cached.environment.name).symlink_to(cached.environment)
    shutil.copytree(cached.golden, cache / cached.golden.name)
    for place in (made.home, made.root, cache):
        give(place)

    def run(*command, **variables):
        return subprocess.run(
            [*BECOME, *READING, *command],
            cwd=tmp_path,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(("JOLIBA_", "PULUMI_"))},
                "HOME": str(made.home),
                "JOLIBA_HOME": str(made.home),
                "JOLIBA_CACHE": str(cache),
                "JOLIBA_TODAY": os.environ["JOLIBA_TODAY"],
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def give(place):
    """Make folders and files nobody's, but neither what links lead to nor what has other names elsewhere."""
    owner = pwd.getpwnam(NOBODY)
    for path in (place, *place.rglob("*")):
        if path.is_dir() or path.lstat().st_nlink == 1:
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def test_check_and_the_lab_need_nothing_of_the_checkout_but_to_read_it(nobody):
    joliba = environment.virtual_environment() / "bin" / "joliba"
    lab = environment.CHECKOUT / "scripts" / "lab"

    checked = nobody(joliba, "check")
    started = nobody(lab, "start")
    status = nobody(lab, "status", "--json")
    stopped = nobody(lab, "stop")

    assert (checked.returncode, checked.stderr) == (0, "")
    assert (started.returncode, stopped.returncode) == (0, 0), started.stderr + stopped.stderr
    assert {service["state"] for service in json.loads(status.stdout)} == {"ready"}


def test_stacks_cannot_be_prepared_in_a_checkout_that_is_read_only_and_can_in_a_copy(nobody, tmp_path):
    joliba = environment.virtual_environment() / "bin" / "joliba"

    refused = nobody(joliba, "stacks", "bf-oua", "--prepare")
    accepted = nobody(joliba, "stacks", "bf-oua", "--prepare", JOLIBA_ROOT=str(tmp_path / "project"))

    assert (refused.returncode, accepted.returncode) == (2, 0), refused.stderr + accepted.stderr
    assert f"{environment.CHECKOUT}/.joliba/stacks cannot be written (Permission denied)" in refused.stderr
    assert "JOLIBA_ROOT=<copy>" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "prepared bf-oua.foundation" in accepted.stdout
