"""``eval "$(scripts/env)"`` and then plain ``pulumi``, in a real shell."""

import subprocess

import pytest

from infra import environment

ENV = environment.CHECKOUT / "scripts" / "env"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation of its own with the installed toolchain, in a path that a careless script would break."""
    home = tmp_path / "a home's place"
    home.mkdir()
    for made_by_setup in ("venv", "pulumi", "setup.digest"):
        (home / made_by_setup).symlink_to(environment.home() / made_by_setup)
    for name in ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JOLIBA_HOME", str(home))
    return home


def shell(commands, **more):
    return subprocess.run(
        ["sh", "-euc", commands], capture_output=True, text=True, check=False, cwd=environment.CHECKOUT, **more
    )


@pytest.mark.parametrize("command", ["pulumi version", "pulumi whoami", "pulumi stack ls"])
def test_plain_pulumi_works_from_the_root_without_a_warning(home, command):
    done = shell(f'eval "$(scripts/env)"; {command}')

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_passphrase_is_made_once_and_only_for_its_owner(home):
    first = shell("scripts/env")
    passphrase = (home / "passphrase").read_text()
    second = shell("scripts/env")

    assert (first.returncode, second.returncode) == (0, 0)
    assert (home / "passphrase").read_text() == passphrase
    assert (home / "passphrase").stat().st_mode & 0o777 == 0o600
    assert len(passphrase.strip()) >= 32
    assert passphrase.strip() not in first.stdout


def test_a_passphrase_of_the_users_own_is_left_alone(home, monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "the user's")

    done = shell("scripts/env")

    assert "PASSPHRASE" not in done.stdout
    assert not (home / "passphrase").exists()


def test_a_site_that_does_not_exist_is_named_with_those_that_do(home):
    done = shell("scripts/env 'x; touch owned'")

    assert done.returncode == 2
    assert "ml-bko" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("broken", [b"cloud: [", b"\xff", b"- cloud"])
@pytest.mark.usefixtures("home")
def test_a_site_whose_file_is_broken_is_told_without_a_traceback(tmp_path, monkeypatch, broken):
    site = tmp_path / "root" / "inventories" / "ml-bko"
    site.mkdir(parents=True)
    (site / "site.yaml").write_bytes(broken)
    monkeypatch.setenv("JOLIBA_ROOT", str(tmp_path / "root"))

    done = shell("scripts/env")

    assert (done.returncode, done.stdout) == (2, "")
    assert "site.yaml cannot be read: joliba check inventories/ml-bko" in done.stderr
    assert "Traceback" not in done.stderr


def test_values_survive_the_shell_whatever_they_contain(home):
    done = shell('eval "$(scripts/env)"; printf %s "$PULUMI_HOME"')

    assert done.stdout == f"{home}/pulumi"
