"""Logs of packages that a rollback takes away."""

import os
import shutil
import subprocess

import pytest
from ansible.module_utils.joliba.restore import logs

MAY_MOUNT = (
    shutil.which("unshare")
    and not subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    ).returncode
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A host's /var/log, with one folder of the package ``auditd`` and one of nobody's."""
    monkeypatch.setattr(logs, "FOLDER", str(tmp_path))
    for name in ("audit", "others"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "audit.log").write_text("evidence\n")
    owned = subprocess.CompletedProcess((), 0, f"/.\n{tmp_path}\n{tmp_path}/audit\n/etc/audit\n", "")
    monkeypatch.setattr(logs, "run", lambda *_command: owned)
    return tmp_path


def test_a_purge_finds_no_logs_of_its_package_and_they_are_there_after_it(folder):
    (folder / "audit").chmod(0o750)
    logs.set_aside(["auditd"])
    assert not (folder / "audit").exists()
    assert (folder / "others" / "audit.log").exists()

    logs.put_back()

    assert (folder / "audit" / "audit.log").read_text() == "evidence\n"
    assert (folder / "audit").stat().st_mode & 0o777 == 0o750
    assert {path.name for path in folder.iterdir()} == {"audit", "others"}


def test_logs_that_were_written_meanwhile_stay_beside_those_of_before(folder):
    logs.set_aside(["auditd"])
    (folder / "audit").mkdir()
    (folder / "audit" / "audit.log.1").write_text("since\n")

    logs.put_back()

    assert {path.name: path.read_text() for path in (folder / "audit").iterdir()} == {
        "audit.log": "evidence\n", "audit.log.1": "since\n"
    }  # fmt: skip
    assert {path.name for path in folder.iterdir()} == {"audit", "others"}


def test_an_empty_folder_is_the_packages_to_take(folder):
    (folder / "audit" / "audit.log").unlink()

    logs.set_aside(["auditd"])

    assert (folder / "audit").is_dir()


@pytest.mark.skipif(not MAY_MOUNT, reason="only root mounts, and not in every container")
def test_a_file_system_of_logs_is_out_of_the_way_of_a_purge(folder):
    def mount(*words):
        subprocess.run(words, check=True)

    mount("mount", "-t", "tmpfs", "none", folder / "audit")
    try:
        (folder / "audit" / "audit.log").write_text("on its own disk\n")
        logs.set_aside(["auditd"])
        assert not os.path.ismount(folder / "audit")
        shutil.rmtree(folder / "audit")  # as auditd's purge does, which fails where something is mounted
        logs.put_back()

        assert os.path.ismount(folder / "audit")
        assert (folder / "audit" / "audit.log").read_text() == "on its own disk\n"
        assert {path.name for path in folder.iterdir()} == {"audit", "others"}
    finally:
        mount("umount", folder / "audit")
