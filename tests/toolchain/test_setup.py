"""``scripts/setup`` on this machine, where it has run."""

import os
import subprocess

import pytest

from infra import environment
from infra.lab import shared
from infra.toolchain import versions

MINUTE = 60


def setup(*arguments, root=environment.CHECKOUT, **variables):
    return subprocess.run(
        [root / "scripts" / "setup", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
        timeout=10 * MINUTE,
    )


def test_a_second_run_does_nothing_and_says_so():
    setup()
    mark = environment.home() / "setup.digest"
    before = mark.stat()

    again = setup()

    assert mark.stat().st_mtime_ns == before.st_mtime_ns
    assert (again.returncode, again.stderr) == (0, "")
    assert "nothing has changed" in again.stdout


def test_a_quiet_run_says_nothing():
    setup()

    assert setup("--quiet").stdout == ""


def test_a_wrong_choice_of_toolchain_is_refused_with_the_right_ones(tmp_path):
    refused = setup(JOLIBA_TOOLCHAIN="vendor", JOLIBA_HOME=str(tmp_path / "home"))

    assert refused.returncode == 2
    assert "official or build" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.timeout(10 * MINUTE)
def test_a_part_of_the_cache_that_is_gone_is_made_again_and_nothing_else(tmp_path, monkeypatch):
    setup()
    gone, cache = shared.places().golden, tmp_path / "cache"
    cache.mkdir()
    for kept in environment.cache().iterdir():
        if kept != gone:
            (cache / kept.name).symlink_to(kept)
    monkeypatch.setenv("JOLIBA_CACHE", str(cache))

    made = setup()
    again = setup()

    assert (made.returncode, made.stderr) == (0, "")
    assert shared.places().golden.is_dir()
    assert "Pulumi's command line" not in made.stdout
    assert "nothing has changed" in again.stdout


@pytest.mark.timeout(10 * MINUTE)
def test_another_home_is_set_up_from_the_cache_without_a_network_and_with_a_strict_umask(tmp_path):
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make a network namespace")
    home = tmp_path / "a home's place"

    made = subprocess.run(
        ["unshare", "--net", "sh", "-c", f"umask 077; exec {environment.CHECKOUT / 'scripts' / 'setup'}"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "JOLIBA_HOME": str(home)},
    )

    assert made.returncode == 0, made.stdout + made.stderr
    pulumi = {**os.environ, "PULUMI_HOME": str(home / "pulumi")}
    assert subprocess.run([home / "pulumi" / "bin" / "pulumi", "version"], env=pulumi, check=False).returncode == 0
    assert (home / "venv" / "bin" / "joliba").is_file()
    assert list((home / "venv").rglob("pulumi/__pycache__/*.pyc"))

    plugin = home / "pulumi" / "plugins" / f"resource-openstack-v{versions.OPENSTACK}" / "pulumi-resource-openstack"
    plugin.unlink()
    mended = setup(JOLIBA_HOME=str(home))

    assert (mended.returncode, mended.stderr, plugin.is_file()) == (0, "", True)

    (home / "venv" / "joliba.digest").unlink()  # as an installation that was cut off leaves it
    again = setup(JOLIBA_HOME=str(home), PATH=f"{home / 'venv' / 'bin'}:{os.environ['PATH']}")

    assert (again.returncode, again.stderr) == (0, "")
    assert (home / "venv" / "bin" / "joliba").is_file()
