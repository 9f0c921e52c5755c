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
    rules = ["kernel-has-apparmor", "kernel-chooses-apparmor"]
    assert [host.judged(rule) for rule in rules] == ["not-applicable"] * 2
    host.file("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 apparmor=1 security=apparmor\n")
    entry = "\tlinux\t/boot/vmlinuz root=/dev/vda1 ro apparmor=1 security=apparmor\n"
    host.file("/boot/grub/grub.cfg", f"menuentry 'a' {{\n{entry}}}\n{entry}")
    host.file("/etc/default/grub.d/60.cfg", 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX apparmor=1 security=apparmor"\n')
    assert [host.judged(rule) for rule in rules] == ["pass"] * 2
    host.file("/boot/grub/grub.cfg", f"{entry}\tlinux\t/boot/vmlinuz.old apparmor=1\n")
    assert [host.judged(rule) for rule in rules] == ["pass", "fail"]


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
