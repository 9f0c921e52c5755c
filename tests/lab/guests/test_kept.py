"""Guests by name, for a person: what is refused before anything is started; the whole way with ``--full``."""

import os
import subprocess

import pytest

from infra import environment
from infra.lab.guests.kept import KeptGuest
from infra.lab.problem import LabError

JOLIBA = environment.virtual_environment() / "bin" / "joliba"


@pytest.fixture
def in_home(tmp_path, monkeypatch):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path))
    return tmp_path


def guest(*arguments):
    return subprocess.run(
        [JOLIBA, "lab", "guest", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


@pytest.mark.parametrize("name", ["", "../other", "a/b", "Guest", "1st", "-x", "a b", "a\n", "x" * 32])
def test_a_name_that_could_be_a_path_or_an_option_is_refused(in_home, name):
    with pytest.raises(LabError, match="no guest's name"):
        KeptGuest(name)


@pytest.mark.parametrize("name", ["guest", "web-1", "x" * 31])
def test_a_plain_name_is_accepted_and_has_a_folder_of_its_own(in_home, name):
    assert KeptGuest(name).folder == in_home / "guests" / name


def test_a_guest_that_is_off_says_how_to_start_it(in_home):
    refused = guest("ssh", "--name", "web-1", "id")

    assert refused.returncode == 3
    assert "joliba lab guest start --name web-1" in refused.stderr


def test_a_process_number_that_has_passed_to_another_is_not_the_guests(in_home):
    kept = KeptGuest("guest")
    kept.folder.mkdir(parents=True)
    (kept.folder / "process.json").write_text(f'{{"pid": {os.getpid()}, "started": 1, "port": 22}}')

    kept.stop()  # would end this very process

    assert kept.process() is None


def test_a_console_is_shown_without_what_steers_terminals(in_home):
    folder = in_home / "guests" / "guest"
    folder.mkdir(parents=True)
    (folder / "console.log").write_bytes(b"login: \x1b]0;owned\x07\r\nend\n")

    shown = guest("console")

    assert shown.returncode == 0
    assert "\x1b" not in shown.stdout
    assert shown.stdout.splitlines()[1] == "end"


def test_a_guest_stays_between_commands_and_its_disk_over_a_stop(full, in_home):
    try:
        assert guest("start").returncode == 0
        assert guest("ssh", "sudo", "-n", "id", "-u").stdout == "0\n"
        assert guest("ssh", "echo kept > kept; sync").returncode == 0
        assert guest("stop").returncode == 0
        assert guest("start").returncode == 0
        assert guest("ssh", "cat", "kept").stdout == "kept\n"
    finally:
        guest("remove")
    assert not (in_home / "guests" / "guest").exists()
