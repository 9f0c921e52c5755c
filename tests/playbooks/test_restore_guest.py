"""Never locked out, on a real Debian machine: whatever a run breaks, the host is reachable and as before at the end."""

import random
import shutil
import time

import pytest
from guest_state import changes, state
from playing import LOOKED_AT, playbook, tasks

from infra.lab.guests import Guest, guest_image

BOOT = 1500  # seconds that a boot may take in software on a busy machine
TOUCHES = {
    "files": [
        "/etc/ssh/sshd_config",
        "/etc/ssh/sshd_config.d",
        "/etc/sudoers",
        "/etc/sudoers.d",
        "/etc/pam.d",
        "/etc/passwd*",
        "/etc/shadow*",
        "/etc/group*",
        "/etc/gshadow*",
        "/etc/subuid*",
        "/etc/subgid*",
        "/etc/sysctl.d",
        "/etc/nftables.conf",
        "/etc/joliba/new/deep.conf",
        "/home/intruder",
        "/var/mail/intruder",
    ],
    "attributes": ["/usr/bin/chage"],
    "units": ["ssh.service", "nftables.service", "cron.service", "systemd-timesyncd.service"],
    "sysctls": ["kernel.dmesg_restrict", "net.ipv4.ip_forward", "net.ipv4.conf.*.rp_filter"],
    "firewall": True,
}
LOCKED_OUT = """
echo 'Nonsense yes' > /etc/ssh/sshd_config.d/99-bad.conf
sed -i 's/^#*Port .*/Port 2222/' /etc/ssh/sshd_config
echo 'garbage (' > /etc/sudoers.d/zz; chmod 0777 /etc/sudoers.d
echo 'auth required pam_deny.so' > /etc/pam.d/sshd; rm -f /etc/pam.d/sudo
useradd -m intruder; usermod -L -s /usr/sbin/nologin exploitation
mkdir -p /etc/joliba/new; echo x > /etc/joliba/new/deep.conf
chmod u-s,g-s /usr/bin/chage
sysctl -q -w kernel.dmesg_restrict=0 net.ipv4.ip_forward=1; echo kernel.dmesg_restrict=0 > /etc/sysctl.d/99-x.conf
systemctl disable -q --now ssh.service systemd-timesyncd.service; systemctl mask -q nftables.service
nft add table inet drop
nft 'add chain inet drop input { type filter hook input priority 0; policy drop; }'
sync
"""
HARMLESS = """
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y install auditd libpam-pwquality
echo 'exploitation ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/50-ours
echo 'PermitRootLogin no' > /etc/ssh/sshd_config.d/50-ours.conf; systemctl reload ssh
echo 'local_events = no' >> /etc/audit/auditd.conf; rm -rf /etc/audit/rules.d
systemctl mask -q --now cron.service || true
useradd -m intruder
nft add table inet joliba
"""
ONLY_ITS_GROUP = """
set -e
groupadd --system joliba-ssh; gpasswd -a exploitation joliba-ssh
echo 'AllowGroups joliba-ssh' > /etc/ssh/sshd_config.d/50-ours.conf; systemctl reload ssh
systemctl mask -q --now cron.service
"""
"""A rollback has taken the group back before it comes to SSH."""
STORE = "/var/lib/joliba/restore"


@pytest.fixture(scope="module")
def guest(full):
    started = Guest(guest_image())
    try:
        started.start()
        started.wait(BOOT)
        started.ssh("sudo -n apt-get -q update; cloud-init status --wait >/dev/null", timeout=BOOT)
        yield started
    finally:
        started.power_cut()
        shutil.rmtree(started.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def before(guest):
    return state(guest)


@pytest.fixture
def run(request):
    return f"run-{abs(hash((request.node.name, time.time()))):x}"


def play(guest, names, run, expect=0, **variables):
    """Files of playbooks/tasks as harden.yml includes them."""
    values = {"joliba_run": run, "joliba_touches": TOUCHES, "joliba_second_way": False, **variables}
    return tasks(guest.access, guest.folder, names, expect=expect, **values)


def damage(guest, script):
    """Done by the host itself, so that it goes on when it has locked us out."""
    guest.ssh("sudo -n tee /run/damage >/dev/null", stdin=script)
    guest.ssh("sudo -n systemd-run -q --collect bash /run/damage", check=False)
    end = time.monotonic() + 120
    while guest.ssh("sudo -n true", check=False, timeout=15).returncode == 0:
        assert time.monotonic() < end, "the damage does nothing"
        time.sleep(1)


def test_a_rollback_brings_back_everything_and_a_second_one_changes_nothing(guest, before, run):
    harmless(guest, run)
    assert changes(state(guest), before)

    first = playbook(guest.access, guest.folder, "rollback.yml", joliba_run=run, joliba=LOOKED_AT)
    now = changes(state(guest), before)
    second = playbook(guest.access, guest.folder, "rollback.yml", joliba_run=run, joliba=LOOKED_AT)

    assert now == {}
    assert "changed=1" in first
    assert "changed=0" in second


def harmless(guest, run):
    """A run that is proven."""
    touches = {
        **TOUCHES,
        "files": [*TOUCHES["files"], "/etc/audit", "/etc/security"],
        "packages": ["auditd", "libpam-pwquality"],
        "units": [*TOUCHES["units"], "auditd.service"],
    }
    play(guest, ["preflight", "arm"], run, joliba_touches=touches, joliba_deadline=3600)
    guest.ssh("sudo -n bash -s", stdin=HARMLESS, timeout=1200)
    play(guest, ["prove_access"], run)


def test_a_rollback_after_which_nobody_gets_in_is_taken_back_by_the_host(guest, before, run):
    """Somebody trusted the run's own right of sudo, and removed that of before."""
    guest.ssh(f"sudo -n grep -l '^{guest.access.user} ' /etc/sudoers.d/90-cloud-init-users")
    harmless(guest, run)
    guest.ssh("sudo -n mv /etc/sudoers.d/90-cloud-init-users /root")
    there = state(guest)
    asked = {"joliba_run": run, "joliba": LOOKED_AT, "joliba_deadline": 60, "joliba_patience": 5}

    said = playbook(guest.access, guest.folder, "rollback.yml", expect=2, **asked)
    assert "sudo -n fails" in said
    assert "the host goes back by itself" in said
    assert settled(guest, there) == {}

    guest.ssh("sudo -n mv /root/90-cloud-init-users /etc/sudoers.d")
    playbook(guest.access, guest.folder, "rollback.yml", **asked)
    assert changes(state(guest), before) == {}


def test_the_revert_fires_when_the_controller_is_gone(guest, before, run):
    play(guest, ["preflight", "arm"], run, joliba_deadline=120)

    damage(guest, LOCKED_OUT)
    guest.wait(BOOT)

    assert settled(guest, before) == {}
    assert "is armed (it fired" in play(guest, ["renew"], run, expect=2)


def test_the_revert_fires_at_the_boot_after_a_power_cut(guest, before, run):
    play(guest, ["preflight", "arm"], run, joliba_deadline=7200)

    damage(guest, LOCKED_OUT)
    guest.power_cut()
    guest.start()
    guest.wait(BOOT)

    assert settled(guest, before) == {}


def test_a_restore_that_is_cut_off_is_finished_after_the_next_boot(guest, before, run, pytestconfig):
    play(guest, ["preflight", "arm"], run, joliba_deadline=30)
    damage(guest, LOCKED_OUT)

    time.sleep(20 + random.Random(pytestconfig.option.seed).uniform(0, 25))
    guest.power_cut()
    guest.start()
    guest.wait(BOOT)

    assert settled(guest, before) == {}


def test_a_rollback_that_is_cut_off_is_finished_after_the_next_boot(guest, before, run, pytestconfig):
    play(guest, ["preflight", "arm"], run, joliba_deadline=3600)
    guest.ssh("sudo -n bash -s", stdin=ONLY_ITS_GROUP)
    play(guest, ["prove_access"], run)
    assert changes(state(guest), before)

    guest.ssh(f"sudo -n systemd-run -q --collect python3 -ISB {STORE}/{run}/program restore")
    guest.ssh(f"until sudo -n test -e {STORE}/armed.json; do sleep 0.1; done", timeout=120)
    time.sleep(random.Random(pytestconfig.option.seed).uniform(0, 15))
    guest.power_cut()
    guest.start()
    guest.wait(BOOT)

    assert settled(guest, before) == {}


def test_changes_stand_once_a_new_login_proves_access(guest, before, run):
    play(guest, ["preflight", "arm", "renew"], run, joliba_deadline=60)
    guest.ssh("sudo -n mkdir -p /etc/joliba/new && echo x | sudo -n tee /etc/joliba/new/deep.conf")

    play(guest, ["prove_access"], run)
    time.sleep(70)
    stands = guest.ssh("cat /etc/joliba/new/deep.conf; ls /etc/systemd/system").stdout
    playbook(guest.access, guest.folder, "rollback.yml", joliba=LOOKED_AT)

    assert stands.startswith("x\n")
    assert "joliba" not in stands
    assert changes(state(guest), before) == {}


def test_access_is_not_proven_by_a_connection_that_was_open_before(guest, before, run):
    play(guest, ["arm"], run, joliba_deadline=300)
    guest.ssh("sudo -n chmod 0777 /etc/sudoers.d")  # sudo then reads nothing of it

    said = play(guest, ["prove_access"], run, expect=2, joliba_patience=5)

    assert "sudo -n fails" in said
    guest.power_cut()  # rather than wait for the deadline
    guest.start()
    guest.wait(BOOT)
    assert settled(guest, before) == {}


def settled(guest, before):
    """What differs once the revert is over; it may take another minute's round after SSH is back."""
    end = time.monotonic() + 900
    while guest.ssh(f"sudo -n test ! -e {STORE}/armed.json", check=False).returncode:
        assert time.monotonic() < end, guest.ssh("sudo -n journalctl -u joliba-revert", check=False).stdout
        time.sleep(3)
    return changes(state(guest), before)
