"""Data volumes: a blank one gets a file system of its name, one that holds anything else is left. Real file systems."""

import importlib.util
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible.module_utils.joliba.volumes import label, mount_unit

from infra.environment import PLAYBOOKS

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("blkid", "mkfs.ext4", "mkswap"))), reason="no blkid and mkfs (apt-get install e2fsprogs)"
)


class Module:
    """What Ansible gives a module: real programs run, but for those of systemd, which are noted."""

    check_mode = False

    def __init__(self):
        self.asked, self.warned = [], []

    def run_command(self, command):
        if command[0] in ("systemctl", "udevadm"):
            self.asked.append(" ".join(command))
            return 0, "", ""
        return run(command)

    def warn(self, text):
        self.warned.append(text)


def run(command, *, check_rc=False):
    done = subprocess.run(command, capture_output=True, text=True, check=check_rc)
    return done.returncode, done.stdout, done.stderr


ID, OTHER = "6f3a1c2e-aaaa-bbbb-cccc-000000000001", "00000000-aaaa-bbbb-cccc-000000000001"
NAME = "donnees-patients-1"
MODULE = Module()
_SIZE = 8 << 20


@pytest.fixture(scope="module")
def library():
    specification = importlib.util.spec_from_file_location("joliba_volumes", PLAYBOOKS / "library/joliba_volumes.py")
    found = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(found)
    return found


@pytest.fixture
def volumes(library, tmp_path, monkeypatch):
    """The module on a host whose units are in a folder of the test's own."""
    (tmp_path / "units").mkdir()
    monkeypatch.setattr(library, "_UNITS", str(tmp_path / "units"))
    return library


@pytest.fixture
def disk(tmp_path):
    file = tmp_path / "disk"
    with file.open("wb") as new:
        new.truncate(_SIZE)
    return str(file)


@pytest.fixture
def disks(volumes, tmp_path, monkeypatch):
    """The module on a host whose disks have these ids: give an id, get a blank disk of it."""

    def disk_of(identity):
        file = tmp_path / identity
        with file.open("wb") as new:
            new.truncate(_SIZE)
        return file

    def device(identity):
        if not (tmp_path / identity).exists():
            raise volumes.LeftError("0 disks have its serial number")
        return str(tmp_path / identity)

    monkeypatch.setattr(volumes, "_device", device)
    return disk_of


def is_blank(volumes, disk, *, encrypted=False):
    return volumes._is_blank(MODULE, NAME, ID, disk, encrypted=encrypted)


def fill(disk, content, *places):
    with Path(disk).open("r+b") as file:
        for place in places:
            file.seek(place)
            file.write(content)


def noise(disk):
    fill(disk, random.Random(1).randbytes(_SIZE), 0)


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_blank_volume_is_blank_until_it_has_the_file_system_of_its_name(volumes, disk, encrypted):
    assert is_blank(volumes, disk, encrypted=encrypted)
    run(["mkfs.ext4", "-q", "-L", label(NAME), disk], check_rc=True)
    assert not is_blank(volumes, disk, encrypted=encrypted)


@pytest.mark.parametrize(
    "made",
    [
        ["mkfs.ext4", "-q"], ["mkfs.ext4", "-q", "-L", "other"], ["mkfs.ext4", "-q", "-L", label("donnees-patients-2")],
        ["mkfs.ext2", "-q", "-L", label("donnees-patients-1")], ["mkswap", "-q"],
    ],
    ids=["without label", "another label", "a sibling's", "another kind", "swap"],
)  # fmt: skip
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_volume_that_holds_something_else_is_left(volumes, disk, made, encrypted):
    run([*made, disk], check_rc=True)

    with pytest.raises(volumes.LeftError, match="it holds"):
        is_blank(volumes, disk, encrypted=encrypted)


@pytest.mark.parametrize("place", [0, 4097, (1 << 20) - 1, _SIZE - (1 << 20), _SIZE - 1])
def test_data_without_a_signature_at_either_end_is_left(volumes, disk, place):
    fill(disk, b"d", place)

    with pytest.raises(volumes.LeftError, match="without a signature"):
        is_blank(volumes, disk)


def test_noise_is_a_blank_volume_where_the_cloud_encrypts_and_data_elsewhere(volumes, disk):
    noise(disk)

    assert is_blank(volumes, disk, encrypted=True)
    with pytest.raises(volumes.LeftError, match="without a signature"):
        is_blank(volumes, disk)


RECORDS = b"dossier=0001;nom=TRAORE;montant=000150000;\n" * 200


@pytest.mark.parametrize("place", [0, _SIZE // 2, _SIZE - len(RECORDS)])
@pytest.mark.parametrize("blank", ["zeros", "noise"])
def test_records_without_a_signature_are_left_where_the_cloud_encrypts_too(volumes, disk, blank, place):
    if blank == "noise":
        noise(disk)
    fill(disk, RECORDS, place)

    with pytest.raises(volumes.LeftError, match="without a signature"):
        is_blank(volumes, disk, encrypted=True)


def test_an_encrypted_volume_of_which_a_part_was_given_back_is_blank(volumes, disk):
    """The cloud reads it as zeros, not as noise."""
    noise(disk)
    fill(disk, bytes(1 << 20), 0, _SIZE // 2 + 4096, _SIZE - (1 << 20))

    assert is_blank(volumes, disk, encrypted=True)


def test_a_disk_that_something_has_in_use_is_left_and_formatted_once_it_is_free(volumes, disk):
    code, device, _ = run(["losetup", "--find", "--show", disk])
    if code:
        pytest.skip("no loop device here")
    try:
        used = os.open(device.strip(), os.O_RDONLY | os.O_EXCL)  # as a mount has it
        with pytest.raises(volumes.LeftError, match="cannot be read: Device or resource busy"):
            is_blank(volumes, device.strip())
        os.close(used)
        assert is_blank(volumes, device.strip())
    finally:
        run(["losetup", "--detach", device.strip()])


def test_a_volume_that_cannot_be_read_is_not_blank(volumes, disk):
    """blkid ends as for one without a signature."""
    Path(disk).unlink()
    Path(disk).symlink_to("/proc/self/mem")
    assert run(["blkid", "-p", disk])[0] == 2

    for encrypted in (False, True):
        with pytest.raises(volumes.LeftError, match="cannot be read: Input/output error"):
            is_blank(volumes, disk, encrypted=encrypted)


def test_a_volume_that_was_formatted_once_is_not_again_and_one_that_replaced_it_is(volumes, disks):
    module = Module()
    noise(disks(ID))
    assert volumes.mounted(module, {NAME: ID}, [NAME])["formatted"] == [NAME]
    assert volumes.mounted(module, {NAME: ID}, [NAME])["formatted"] == []

    noise(disks(ID))
    told = volumes.mounted(module, {NAME: ID}, [NAME])
    assert (told["formatted"], list(told["left"])) == ([], [NAME])
    noise(disks(OTHER))
    told = volumes.mounted(module, {NAME: OTHER}, [NAME])
    assert (told["formatted"], told["left"]) == ([NAME], {})


def test_what_is_left_is_told_and_the_others_are_mounted(volumes, disks):
    module = Module()
    fill(disks(ID), b"precious", 0)
    disks(OTHER)

    told = volumes.mounted(module, {"archives": ID, "donnees": OTHER, "gone": "9"}, [])

    assert (told["changed"], told["formatted"]) == (True, ["donnees"])
    assert told["left"] == {
        "archives": "it holds something without a signature", "gone": "0 disks have its serial number",
    }  # fmt: skip
    assert module.warned == [f"volume {name} is left: {why}" for name, why in told["left"].items()]
    assert [each for each in module.asked if "enable" in each] == ["systemctl enable --now srv-donnees.mount"]


def test_a_disk_is_found_by_its_serial_number_or_not_at_all(volumes, monkeypatch, tmp_path, disk):
    (tmp_path / "virtio-6f3a1c2e-aaaa-bbbb-c").symlink_to(disk)
    monkeypatch.setattr(volumes, "Path", lambda _: tmp_path)

    assert volumes._device(ID) == disk
    with pytest.raises(volumes.LeftError, match="0 disks have its serial number"):
        volumes._device(OTHER)


def test_the_unit_of_a_mount_is_named_as_systemd_names_it():
    assert mount_unit("donnees") == "srv-donnees.mount"
    assert mount_unit("donnees-patients") == r"srv-donnees\x2dpatients.mount"
