"""Data volumes: a blank one gets a file system of its name, one that holds anything else is left. Real file systems."""

import importlib.util
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from ansible.module_utils.joliba.volumes import label, mount_unit

from infra.environment import PLAYBOOKS

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("blkid", "mkfs.ext4", "mkswap"))), reason="no blkid and mkfs (apt-get install e2fsprogs)"
)


class RefusedError(Exception):
    """The module failed."""


def refuse(msg):
    raise RefusedError(msg)


def run(command, *, check_rc=False):
    done = subprocess.run(command, capture_output=True, text=True, check=check_rc)
    return done.returncode, done.stdout, done.stderr


MODULE = SimpleNamespace(run_command=run, fail_json=refuse, check_mode=False)


@pytest.fixture(scope="module")
def volumes():
    specification = importlib.util.spec_from_file_location("joliba_volumes", PLAYBOOKS / "library/joliba_volumes.py")
    found = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(found)
    return found


@pytest.fixture
def disk(tmp_path):
    file = tmp_path / "disk"
    with file.open("wb") as new:
        new.truncate(8 << 20)
    return str(file)


def test_a_blank_volume_is_blank_until_it_has_the_file_system_of_its_name(volumes, disk):
    name = "donnees-patients-1"

    assert volumes._is_blank(MODULE, name, disk)
    run(["mkfs.ext4", "-q", "-L", label(name), disk], check_rc=True)
    assert not volumes._is_blank(MODULE, name, disk)


@pytest.mark.parametrize(
    "made",
    [
        ["mkfs.ext4", "-q"], ["mkfs.ext4", "-q", "-L", "other"], ["mkfs.ext4", "-q", "-L", label("donnees-patients-2")],
        ["mkfs.ext2", "-q", "-L", label("donnees-patients-1")], ["mkswap", "-q"],
    ],
    ids=["without label", "another label", "a sibling's", "another kind", "swap"],
)  # fmt: skip
def test_a_volume_that_holds_something_else_is_left(volumes, disk, made):
    run([*made, disk], check_rc=True)

    with pytest.raises(RefusedError, match="donnees-patients-1 holds"):
        volumes._is_blank(MODULE, "donnees-patients-1", disk)


def test_a_disk_is_found_by_its_serial_number_or_not_at_all(volumes, monkeypatch, tmp_path, disk):
    (tmp_path / "virtio-6f3a1c2e-aaaa-bbbb-c").symlink_to(disk)
    monkeypatch.setattr(volumes, "Path", lambda _: tmp_path)

    assert volumes._device(MODULE, "donnees", "6f3a1c2e-aaaa-bbbb-cccc-000000000001") == disk
    with pytest.raises(RefusedError, match="0 disks have its serial number"):
        volumes._device(MODULE, "donnees", "00000000-aaaa-bbbb-cccc-000000000001")


def test_the_unit_of_a_mount_is_named_as_systemd_names_it():
    assert mount_unit("donnees") == "srv-donnees.mount"
    assert mount_unit("donnees-patients") == r"srv-donnees\x2dpatients.mount"
