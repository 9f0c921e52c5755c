"""Packages, services, mail and audit: hosts that are not as simple as right and wrong."""

import os
import time

import pytest
import yaml
from rule_states.state import unit
from rule_states.system import RSYSLOG, STATUS

from infra.environment import PLAYBOOKS
from infra.hosts.record import NOT_YET


def test_lists_of_packages_grow_old(host):
    assert host.judged("lists-of-packages-fresh") in ("not-applicable", "unmeasured")
    host.file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    release = host.file("/var/lib/apt/lists/deb_InRelease", "")
    assert host.judged("lists-of-packages-fresh") == "pass"

    os.utime(release, (0, time.time() - 4 * 86400))
    assert host.judged("lists-of-packages-fresh") == "fail"

    release.unlink()
    assert host.judged("lists-of-packages-fresh") == "fail"
    assert host.judged("no-security-update-pending") == "unmeasured"


@pytest.mark.parametrize(
    ("sources", "verdict"),
    [
        ("Trusted: Yes", "fail"), ("Trusted: 1", "fail"), ("Allow-Insecure: true", "fail"), ("Trusted: No", "pass"),
        ("Allow-Weak: false", "pass"),
    ],
)  # fmt: skip
def test_a_repository_is_excused_in_whatever_word_apt_takes(host, sources, verdict):
    text = f"Types: deb\nURIs: http://a\nSuites: b\nComponents: c\n{sources}\n"
    host.file("/etc/apt/sources.list.d/a.sources", text)

    assert host.judged("package-sources-are-checked") == verdict


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ('if $programname == "sshd" then @@203.0.113.9:514', "fail"), (':msg, contains, "sudo" @203.0.113.9', "fail"),
        ("& @@(o)203.0.113.9", "fail"), ("*.* @[2001:db8::1]:514", "fail"), ("*.* :omrelp:203.0.113.9:2514", "fail"),
        ('action(type="omrelp" target="203.0.113.9")', "fail"), ('action(type="omprog" binary="/bin/x")', "fail"),
        ('action(type="omfile" file="/var/log/a(b)")', "pass"), ("*.emerg :omusrmsg:*", "pass"),
        (':msg, contains, "awa @203.0.113.9" /var/log/b', "pass"),
    ],
)  # fmt: skip
def test_whatever_takes_logs_elsewhere_is_found(host, line, verdict):
    host.file("/etc/rsyslog.conf", f"{RSYSLOG}{line}\n")

    assert host.judged("logs-sent-to-the-collector") == verdict


@pytest.mark.parametrize(
    "line",
    [
        "& stop", "& ~", "*.* ~", "stop", 'if $programname == "haproxy" then stop', ':msg, contains, "a" stop',
        ':programname, startswith, "haproxy" {\n/var/log/haproxy.log\nstop\n}', 'action(type="omdiscard")',
        "*.* :omdiscard:",
    ],
)  # fmt: skip
def test_what_ends_messages_before_they_are_sent_is_told(host, line):
    rule, others = "logs-sent-to-the-collector", host.file("/etc/rsyslog.d/49-haproxy.conf", f"{line}\n")
    host.file("/etc/rsyslog.conf", 'module(load="imuxsock")\n$IncludeConfig /etc/rsyslog.d/*.conf\n*.* /var/log/all\n')
    host.file("/etc/rsyslog.d/60-site.conf", RSYSLOG)
    told = host.verdict(rule)
    assert told["verdict"] == "fail"
    assert "49-haproxy.conf ends some before they are sent" in told["persistent"]
    host.file("/etc/rsyslog.d/00-site.conf", RSYSLOG)
    (host.root / "etc/rsyslog.d/60-site.conf").unlink()
    assert host.judged(rule) == "pass"
    others.unlink()
    host.file("/etc/rsyslog.conf", f"$IncludeConfig /etc/rsyslog.d/*.conf\n{line}\n")
    assert host.judged(rule) == "pass", "what rsyslog's own file says after the others"
    host.file("/etc/rsyslog.conf", f"{line}\n$IncludeConfig /etc/rsyslog.d/*.conf\n")
    assert host.judged(rule) == "fail"


@pytest.mark.parametrize(
    "line",
    ["*.* /var/log/stop", ':msg, contains, "stop" /var/log/b', "*.* /var/log/b # stop", "# & stop", "*.* -/var/log/a~"],
)  # fmt: skip
def test_what_only_looks_as_if_it_ended_messages_does_not(host, line):
    host.file("/etc/rsyslog.d/49-haproxy.conf", f"{line}\n")
    host.file("/etc/rsyslog.d/60-site.conf", RSYSLOG)

    assert host.judged("logs-sent-to-the-collector") == "pass"


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away, as root")
@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("$FileOwner syslog", "pass"), ("$PrivDropToUser syslog", "pass"),
        ('global(privdrop.user.name="syslog")', "pass"),
        ('module(load="builtin:omfile" fileOwner="syslog")', "pass"), ("", "fail"), ("$FileOwner awa", "fail"),
        ("# $FileOwner syslog", "fail"),
    ],
)  # fmt: skip
def test_files_of_logs_may_belong_to_whom_rsyslog_runs_as(host, said, verdict):
    host.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nsyslog:x:104:110::/:/bin/false\nawa:x:1001:1001::/:/bin/sh\n")
    host.file("/etc/group", "root:x:0:\nadm:x:4:syslog\n")
    host.file("/etc/rsyslog.conf", f"{said}\n*.* -/var/log/syslog\n")
    log = host.file("/var/log/syslog", "", 0o640)
    os.chown(log, 104, 4)

    assert host.judged("log-files-private") == verdict
    log.chmod(0o644)
    assert host.judged("log-files-private") == "fail"


def test_what_rsyslog_only_reads_is_anothers_to_keep(host):
    log = host.file("/var/log/audit/audit.log", "", 0o644)
    host.file("/etc/rsyslog.conf", f'input(type="imfile" File="/var/log/audit/{log.name}")\n')
    assert host.judged("log-files-private") == "pass"
    host.file("/etc/rsyslog.conf", f'action(type="omfile" File="/var/log/audit/{log.name}")\n')
    assert host.judged("log-files-private") == "fail"


def test_mail_waits_at_an_address_that_stays_without_ipv6(host):
    """Exim ends where one of its addresses is gone."""
    steps = yaml.safe_load((PLAYBOOKS / "roles/services/tasks/R74.yml").read_text("utf-8"))
    (line,) = (step["ansible.builtin.lineinfile"]["line"] for step in steps if "ansible.builtin.lineinfile" in step)
    host.file("/etc/exim4/update-exim4.conf.conf", f"{line}\n")
    host.file("/usr/sbin/sendmail", "")

    told = host.verdict("mail-waits-for-this-host-only")

    assert (told["verdict"], told["persistent"]) == ("pass", "127.0.0.1")


@pytest.mark.parametrize("rule", ["mail-waits-for-this-host-only", "mail-of-root-reaches-a-person"])
def test_what_a_mail_server_has_left_behind_is_none(host, rule):
    """Debian keeps the settings of what is removed and not purged; Rocky has aliases whatever it has."""
    host.file("/etc/postfix/main.cf", "inet_interfaces = all\n")
    host.file("/etc/aliases", "postmaster: root\n")

    assert host.judged(rule) == "not-applicable"
    host.file("/usr/sbin/sendmail", "")
    assert host.judged(rule) == "fail"


def test_no_collector_gets_no_audit_records(host):
    assert host.judged("audit-records-sent") == "fail"
    assert host.judged("audit-records-sent", log_collector=[]) == "not-applicable"


@pytest.mark.parametrize(("more", "verdict"), [("maxage 7", "fail"), ("maxage 400", "pass"), ("", "pass")])
def test_logs_that_go_by_age_are_not_kept(host, more, verdict):
    host.file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    host.file("/etc/logrotate.conf", f"daily\nrotate 180\n{more}\n")

    assert host.judged("logs-kept-six-months") == verdict


def test_a_package_that_another_needs_was_not_installed_on_purpose(host):
    host.file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    host.file("/var/lib/dpkg/status", STATUS.format("odd"))
    assert host.verdict("only-declared-packages-installed")["persistent"] == "odd"

    host.file("/var/lib/apt/extended_states", "Package: odd\nArchitecture: amd64\nAuto-Installed: 1\n")
    assert host.judged("only-declared-packages-installed") == "pass"
    assert host.judged("only-declared-packages-installed", packages=None) == "unmeasured"


def test_what_a_tier_declares_may_wait_for_the_network_whichever_its_programs_are(host):
    host.says("ss", 'tcp LISTEN 0 5 *:5432 *:* users:(("postgres",pid=9,fd=6))\n')
    host.file("/proc/9/cgroup", "12:pids:/x\n0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n")
    rule = "exposed-programs-are-of-declared-services"
    assert host.judged(rule, services=["postgresql.service"]) == "pass"
    assert host.verdict(rule, services=["mariadb.service"])["effective"] == "postgres (postgresql@15-main)"
    host.says("ss", "udp UNCONN 0 0 *:51820 *:*\n")
    assert host.verdict(rule, services=["postgresql.service"])["effective"] == "the kernel (no service)"


def test_a_masked_unit_does_not_start_with_the_host(host):
    host.file("/etc/os-release", "ID=debian\nVERSION_ID=12\n")
    right, _ = unit("chrony.service")
    right.put(host)
    (host.root / "etc/systemd/system/chrony.service").symlink_to("/dev/null")
    assert host.verdict("time-kept-by-service")["why"] == "not after a reboot"


def test_what_waits_for_a_boot_is_told_in_the_words_that_hardening_knows(host):
    host.file("/etc/sysctl.d/a.conf", "kernel.modules_disabled=1\n")
    host.file("/proc/sys/kernel/modules_disabled", "0\n")
    assert host.verdict("kernel-modules-locked")["why"] == NOT_YET
    host.file("/proc/sys/kernel/modules_disabled", "1\n")
    assert host.judged("kernel-modules-locked") == "pass"


def test_what_is_not_there_is_not_applicable(host):
    for rule in ("mail-waits-for-this-host-only", "mail-of-root-reaches-a-person", "directory-proves-itself-to-sssd",
                 "virtual-machines-are-confined", "names-not-asked-of-neighbours"):  # fmt: skip
        assert host.judged(rule) == "not-applicable", rule
    assert host.judged("declared-services-are-confined", services=[]) == "not-applicable"


def test_a_host_without_auditd_records_nothing_and_fails(host):
    assert host.judged("time-changes-recorded") == "fail"
    assert host.judged("audit-rules-locked") == "fail"
    host.says("auditctl -l", "", code=1)
    assert host.judged("time-changes-recorded") == "unmeasured"
