"""The program that makes backups, with a real restic, and its unit as systemd reads it."""

import shutil
import signal
import subprocess
import time

import jinja2
import pytest

from infra.environment import PLAYBOOKS

ROLE = PLAYBOOKS / "roles/base"
restic_only = pytest.mark.skipif(not shutil.which("restic"), reason="no restic (apt-get install restic)")
systemd_only = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")


class Backups:
    """A repository in a folder, and a volume to save."""

    def __init__(self, folder):
        self.repository = folder / "repository"
        (folder / "volume").mkdir()
        (folder / "volume/registre").write_text("precious")
        (folder / "password").write_text("secret")
        self.made = folder / "made"
        self.environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), "STATE_DIRECTORY": str(folder),
            "RESTIC_REPOSITORY": str(self.repository), "RESTIC_PASSWORD_FILE": str(folder / "password"),
            "JOLIBA_PATHS": str(folder / "volume"), "JOLIBA_KEEP_DAYS": "90",
        }  # fmt: skip

    def make(self):
        return subprocess.run(
            ["sh", ROLE / "files/joliba-backup"], env=self.environment, capture_output=True, text=True, check=False
        )

    def restic(self, *arguments):
        command = ["restic", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def start(self, *arguments):
        """A restic that has locked the repository, and is at work."""
        others = set((self.repository / "locks").iterdir())
        started = subprocess.Popen(
            ["restic", *arguments], env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        for _ in range(2000):
            if set((self.repository / "locks").iterdir()) - others:
                return started
            time.sleep(0.005)
        raise AssertionError("it took no lock")

    def snapshots(self):
        return [line for line in self.restic("snapshots", "--no-lock").splitlines() if str(self.made.parent) in line]


@pytest.fixture
def backups(tmp_path):
    made = Backups(tmp_path)
    made.environment["PATH"] = f"{shutil.which('restic').rpartition('/')[0]}:{made.environment['PATH']}"
    return made


@restic_only
def test_backups_are_made_and_old_ones_go(backups):
    assert backups.make().returncode == 0
    backups.restic(
        "backup", "-q", "--tag", "joliba", "--time", "2020-01-01 00:00:00", backups.environment["JOLIBA_PATHS"]
    )
    assert len(backups.snapshots()) == 2

    done = backups.make()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(backups.snapshots()) == 2, "two of this day, none of 2020"
    assert not any("2020" in line for line in backups.snapshots())


@restic_only
def test_a_lock_of_one_that_died_keeps_no_backup_from_being_made(backups):
    backups.make()
    dead = backups.start("check")
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert list((backups.repository / "locks").iterdir())
    backups.made.unlink()

    done = backups.make()

    assert (done.returncode, done.stderr) == (0, "")
    assert backups.made.exists()


@restic_only
def test_why_older_backups_stay_is_told(backups):
    """Whoever saves something at the same time keeps their lock, and the removal of old ones from beginning."""
    backups.make()
    backups.made.unlink()
    other = backups.start("backup", "--stdin")
    try:
        done = backups.make()
    finally:
        other.communicate()

    assert done.returncode == 1
    assert backups.made.exists()
    assert "locked" in done.stderr
    assert "the server takes no removal" not in done.stdout + done.stderr


def test_a_server_that_takes_no_removal_is_no_failure(backups_of_words):
    done = backups_of_words("Remove(<snapshot/1a2b>) failed: blob not removed, server response: 403 Forbidden (403)")

    assert (done.returncode, done.stderr) == (0, "")
    assert "the server takes no removal" in done.stdout


def test_a_server_that_fails_otherwise_is_one(backups_of_words):
    done = backups_of_words("Fatal: unable to open repository: 401 Unauthorized")

    assert done.returncode == 1
    assert "401 Unauthorized" in done.stderr


@pytest.fixture
def backups_of_words(tmp_path):
    """A backup with a restic whose removal ends with these words; a real one says them after a minute of trials."""

    def backup(words):
        program = tmp_path / "bin/restic"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\n[ "$1" != forget ] || {{ echo "{words}" >&2; exit 1; }}\n')
        program.chmod(0o755)
        made = Backups(tmp_path)
        made.environment["PATH"] = f"{program.parent}:{made.environment['PATH']}"
        return made.make()

    return backup


def unit(*mounts):
    text = (ROLE / "templates/joliba-backup.service.j2").read_text("utf-8")
    template = jinja2.Environment(trim_blocks=True, autoescape=True, undefined=jinja2.StrictUndefined).from_string(text)
    return template.render(joliba={"facts": {"backup": {"mounts": mounts}}})


@systemd_only
@pytest.mark.parametrize("mounts", [(), ("/srv/donnees",), ("/srv/donnees", "/srv/journal-1")])
def test_the_unit_is_read_by_systemd_as_it_is_meant(tmp_path, mounts):
    file = tmp_path / "joliba-backup.service"
    file.write_text(unit(*mounts).replace("/usr/local/sbin/joliba-backup", "/bin/true"))

    done = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False)

    assert "joliba-backup.service:" not in done.stderr
    assert file.read_text().count("AssertPathIsMountPoint=") == len(mounts)


@systemd_only
@pytest.mark.parametrize(("place", "made"), [("/proc", True), ("/usr/bin", False)])
def test_no_backup_is_made_where_a_volume_is_not_mounted(place, made):
    """The condition of our unit, as systemd answers it for a place that is a file system, and one that is a folder."""
    (condition,) = (line for line in unit(place).splitlines() if line.startswith("Assert"))

    done = subprocess.run(["systemd-analyze", "condition", condition], capture_output=True, text=True, check=False)

    assert (done.returncode == 0) == made, done.stderr
