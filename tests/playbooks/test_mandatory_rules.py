"""Rules on mandatory access control."""

import pytest

DEBIAN, ROCKY = 'ID=debian\nVERSION_ID="12"\n', 'ID="rocky"\nVERSION_ID="9.4"\n'
PROFILES = "/sys/kernel/security/apparmor/profiles"


def test_apparmor_or_selinux_is_enforced(host):
    host.file("/sys/module/apparmor/parameters/enabled", "Y\n")
    host.file(PROFILES, "/usr/sbin/chronyd (enforce)\n")
    assert host.judged("mandatory-access-control-active") == "pass"
    host.file(PROFILES, "")
    assert host.judged("mandatory-access-control-active") == "fail"
    host.file("/sys/fs/selinux/enforce", "0")
    assert host.judged("mandatory-access-control-active") == "fail"
    host.file("/sys/fs/selinux/enforce", "1")
    assert host.verdict("mandatory-access-control-active")["effective"] == "selinux"


def test_profiles_that_only_learn_are_told(host):
    host.file("/etc/os-release", DEBIAN)
    assert host.judged("apparmor-profiles-enforced") == "not-applicable"
    host.file(PROFILES, "man_filter (enforce)\n/usr/sbin/chronyd (enforce)\n")
    assert host.judged("apparmor-profiles-enforced") == "pass"
    host.file(PROFILES, "man_filter (enforce)\n/usr/bin/a b (complain)\n")
    assert host.verdict("apparmor-profiles-enforced")["effective"] == "/usr/bin/a b"


def test_every_entry_of_the_boot_menu_starts_apparmor(host):
    host.file("/etc/os-release", DEBIAN)
    host.file("/proc/cmdline", "root=/dev/vda1 apparmor=1 security=apparmor\n")
    assert host.judged("kernel-starts-with-apparmor") == "not-applicable"
    entry = "\tlinux\t/boot/vmlinuz root=/dev/vda1 ro apparmor=1 security=apparmor\n"
    host.file("/boot/grub/grub.cfg", f"menuentry 'a' {{\n{entry}}}\n{entry}")
    assert host.judged("kernel-starts-with-apparmor") == "pass"
    host.file("/boot/grub/grub.cfg", f"{entry}\tlinux\t/boot/vmlinuz.old apparmor=1\n")
    assert host.verdict("kernel-starts-with-apparmor")["persistent"] == "security=apparmor"


@pytest.mark.parametrize(
    ("rule", "path", "passing", "failing"),
    [
        ("selinux-enforced", "/etc/selinux/config", "SELINUX=enforcing\n", "SELINUX=permissive\n"),
        ("selinux-policy-targeted", "/etc/selinux/config", "SELINUXTYPE=targeted\n", "SELINUXTYPE=mls\n"),
        ("programs-cannot-execute-what-they-write", "/sys/fs/selinux/booleans/deny_execmem", "1 1", "1 0"),
        ("people-cannot-execute-their-heap", "/sys/fs/selinux/booleans/selinuxuser_execheap", "0 0", "1 1"),
        ("people-cannot-execute-their-stack", "/sys/fs/selinux/booleans/selinuxuser_execstack", "0 0", "0 1"),
        ("kernel-modules-are-refused", "/sys/fs/selinux/booleans/secure_mode_insmod", "1 1", "0 0"),
        ("administrators-do-not-log-in-by-ssh", "/sys/fs/selinux/booleans/ssh_sysadm_login", "0 0", "1 1"),
    ],
)
def test_selinux_on_rocky(host, rule, path, passing, failing):
    host.file("/etc/os-release", DEBIAN)
    assert host.judged(rule) == "not-applicable"
    host.file("/etc/os-release", ROCKY)
    assert host.judged(rule) == "not-applicable", "no SELinux"
    host.file("/sys/fs/selinux/enforce", "1")
    host.file(path, passing)
    assert host.judged(rule) == "pass"
    host.file(path, failing)
    assert host.judged(rule) == "fail"


def test_people_are_confined_by_selinux(host):
    host.file("/etc/os-release", ROCKY)
    host.file("/sys/fs/selinux/enforce", "1")
    host.says("semanage login", "__default__ user_u s0 *\nroot unconfined_u s0 *\n")
    assert host.judged("people-are-confined") == "pass"
    host.says("semanage login", "__default__ unconfined_u s0-s0:c0.c1023 *\n")
    assert host.judged("people-are-confined") == "fail"


@pytest.mark.parametrize(
    ("rule", "package", "wanted"),
    [
        ("apparmor-installed", "apparmor", True),
        ("apparmor-for-sessions-installed", "libpam-apparmor", True),
        ("sudo-installed", "sudo", True),
        ("audit-installed", "auditd", True),
        ("selinux-debugging-absent", "setroubleshoot", False),
        ("selinux-debugging-server-absent", "setroubleshoot-server", False),
        ("selinux-debugging-plugins-absent", "setroubleshoot-plugins", False),
    ],
)
def test_packages(host, rule, package, wanted):
    host.file("/etc/os-release", DEBIAN)
    stanza = "Package: {}\nStatus: install ok installed\nVersion: 1\n\n"
    host.file("/var/lib/dpkg/status", stanza.format(package))
    assert host.judged(rule) == ("pass" if wanted else "fail")
    host.file("/var/lib/dpkg/status", stanza.format("other"))
    assert host.judged(rule) == ("fail" if wanted else "pass")


SUDO = "-a always,exit -S all -F path=/usr/bin/sudo -F perm=x -F auid>=1000 -F auid!=-1 -F key=joliba-sudo\n"
FILED = "-a always,exit -F path=/usr/bin/sudo -F perm=x -F auid>=1000 -F auid!=unset -F key=joliba-sudo\n"


def test_the_use_of_sudo_is_recorded(host):
    host.file("/etc/audit/rules.d/60-joliba-R33.rules", FILED)
    host.says("auditctl -l", SUDO)
    assert host.judged("sudo-is-recorded") == "pass"
    host.says("auditctl -l", "No rules\n")
    assert host.judged("sudo-is-recorded") == "fail"
