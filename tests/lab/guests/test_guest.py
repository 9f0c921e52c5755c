"""A real machine under QEMU, booted: who gets in, by which host key, and what becomes of it when the power goes."""

import json
import subprocess
import time

import pytest

from infra.lab.guests import INAPPLICABLE, LAYOUT, Guest
from infra.lab.guests.access import NO_CONNECTION
from infra.lab.problem import LabError


def test_every_file_system_of_the_layout_is_mounted_from_its_own_partition(guest):
    found = json.loads(guest.ssh("findmnt --json --list --types ext4 --output TARGET,SOURCE,LABEL").stdout)

    assert {(row["target"], row["label"]) for row in found["filesystems"]} == {(p.mount, p.label) for p in LAYOUT}
    assert len({row["source"] for row in found["filesystems"]}) == len(LAYOUT)


def test_folders_for_everybody_are_sticky_once_mounted(guest):
    assert guest.ssh("stat --format %a /tmp /var/tmp").stdout.split() == ["1777", "1777"]


def test_the_host_keys_of_the_console_are_those_of_the_machine(guest):
    files = guest.ssh("cat /etc/ssh/ssh_host_*_key.pub").stdout.splitlines()

    assert {tuple(line.split()[:2]) for line in files} == {(key.algorithm, key.body) for key in guest.host_keys}


def test_another_host_key_is_refused_by_whoever_logs_in(guest, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    algorithm, body, *_ = (tmp_path / "other.pub").read_text().split()
    right = guest.access.known_hosts.read_text()

    try:
        guest.access.known_hosts.write_text(f"[127.0.0.1]:{guest.port} {algorithm} {body}\n")
        refused = guest.ssh("true", check=False)
    finally:
        guest.access.known_hosts.write_text(right)

    assert refused.returncode == NO_CONNECTION
    assert "HOST IDENTIFICATION HAS CHANGED" in refused.stderr
    assert guest.ssh("true").returncode == 0


def test_the_user_of_the_user_data_is_the_only_one_with_a_key_and_needs_no_password_for_sudo(guest):
    assert guest.ssh("sudo -n id -u").stdout.strip() == "0"
    keys = guest.ssh("sudo find / -xdev /home -name authorized_keys -size +0").stdout.split()
    assert set(keys) == {"/home/exploitation/.ssh/authorized_keys"}
    assert "passwordauthentication no" in guest.ssh("sudo sshd -T").stdout.splitlines()


def test_nothing_that_hardening_looks_at_is_masked_or_has_failed(guest):
    guest.ssh("sudo cloud-init status --wait; sudo systemctl is-system-running --wait", check=False)

    assert guest.ssh("systemctl list-unit-files --state=masked --no-legend --root=/").stdout == ""
    assert guest.ssh("systemctl list-units --state=failed --no-legend --plain").stdout == ""
    active = guest.ssh("systemctl is-active ssh auditd apparmor rsyslog chrony cron systemd-networkd systemd-resolved")
    assert set(active.stdout.split()) == {"active"}


def test_what_is_written_and_synced_survives_a_power_cut_and_the_host_key_stays(guest):
    guest.ssh("echo kept > kept && sync")
    boot, keys = guest.boot_id(), guest.host_keys

    guest.power_cut()
    assert not guest.running
    guest.start()
    guest.wait()

    assert guest.ssh("cat kept").stdout == "kept\n"
    assert guest.boot_id() != boot
    assert guest.host_keys == keys


def test_a_cut_cable_cuts_ssh_and_nothing_else(guest):
    boot = guest.boot_id()

    guest.cut_network()
    cut = guest.ssh("true", check=False, timeout=5)
    guest.mend_network()

    assert cut.returncode == NO_CONNECTION
    assert guest.boot_id() == boot


def test_a_command_that_fails_says_so(guest):
    with pytest.raises(LabError, match="ended with 3: no such thing"):
        guest.ssh("echo no such thing >&2; exit 3")


def test_a_reboot_is_waited_for(guest):
    before = guest.boot_id()

    guest.reboot()

    assert guest.boot_id() not in {"", before}


def test_the_documented_list_of_what_cannot_apply_is_true(guest):
    assert guest.ssh("test -e /sys/firmware/efi", check=False).returncode == 1
    assert guest.ssh("ls /boot/grub", check=False).returncode != 0
    assert {"R3", "R5", "R8"} <= INAPPLICABLE.keys()


def test_a_new_guest_begins_anew_and_leaves_nothing(image, guest):
    other = Guest(image)
    other.start()
    process = other._process

    with other:
        assert other.ssh("ls").stdout == ""
        assert other.ssh("cat /etc/machine-id").stdout != guest.ssh("cat /etc/machine-id").stdout
        assert not set(other.host_keys) & set(guest.host_keys)

    assert process.poll() is not None
    assert not other.folder.exists()


def test_guests_go_on_from_a_frozen_one_each_with_a_disk_of_its_own_and_the_time_of_day(frozen):
    with Guest(saved=frozen) as first, Guest(saved=frozen) as second:
        first.ssh("echo written > mine; sync")

        assert first.ssh("cat mine").stdout == "written\n"
        assert second.ssh("ls").stdout == ""
        assert abs(int(second.ssh("date +%s").stdout) - time.time()) < 60
        assert first.port != second.port
        assert first.ssh("findmnt -n -o FSTYPE /usr").stdout == "ext4\n"


def test_a_frozen_guest_that_lost_its_power_boots_from_its_disk(frozen):
    with Guest(saved=frozen) as guest:
        before = guest.boot_id()
        guest.ssh("echo written > mine; sync")

        guest.power_cut()
        guest.start()
        guest.wait()

        assert guest.boot_id() not in {"", before}
        assert guest.ssh("cat mine").stdout == "written\n"
