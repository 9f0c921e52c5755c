"""Joliba for a user who may write nothing but their own home, cache and project."""

import os
import pwd
import subprocess

import pytest

from infra import environment
from infra.toolchain import installation as programs

NOBODY = "nobody"
BECOME = ["setpriv", f"--reuid={NOBODY}", f"--regid={pwd.getpwnam(NOBODY).pw_gid}", "--clear-groups"]
# the interpreter and the venv may lie in a folder that is closed to others: they may be read
READING = [f"--{which}=-all,+dac_read_search" for which in ("bounding-set", "inh-caps", "ambient-caps")]


@pytest.fixture
def nobody(tmp_path, installation, monkeypatch):
    """``nobody(command, **variables)``: run it as ``nobody``, with a home and a cache that are theirs."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if subprocess.run([*BECOME, *READING, "true"], capture_output=True, check=False).returncode:
        pytest.skip("setpriv may not become another user here")
    made = installation(tmp_path)
    bin_, plugin = environment.pulumi_home() / "bin", programs.plugin().parent
    monkeypatch.setenv("JOLIBA_HOME", str(made.home))
    (made.home / "pulumi").unlink()
    programs.install(bin_, plugin)
    cache = tmp_path / "cache"
    cache.mkdir()
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


def test_check_needs_nothing_of_the_checkout_but_to_read_it(nobody):
    joliba = environment.virtual_environment() / "bin" / "joliba"

    checked = nobody(joliba, "check")

    assert (checked.returncode, checked.stderr) == (0, "")


def test_stacks_cannot_be_prepared_in_a_checkout_that_is_read_only_and_can_in_a_copy(nobody, tmp_path):
    joliba = environment.virtual_environment() / "bin" / "joliba"

    refused = nobody(joliba, "stacks", "bf-oua", "--prepare")
    accepted = nobody(joliba, "stacks", "bf-oua", "--prepare", JOLIBA_ROOT=str(tmp_path / "project"))

    assert (refused.returncode, accepted.returncode) == (2, 0), refused.stderr + accepted.stderr
    assert f"{environment.CHECKOUT}/.joliba/stacks cannot be written (Permission denied)" in refused.stderr
    assert "JOLIBA_ROOT=<copy>" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "prepared bf-oua.foundation" in accepted.stdout
