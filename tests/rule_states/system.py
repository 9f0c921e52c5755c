"""Hosts for the rules on packages, services, logs, audit, mail, integrity and network (R58 to R80)."""

import os
import time

from host_state import FACTS

from rule_states.state import State, file, package, prints, unit

SHADOW = "root:*:19000:0:99999:7:::\nawa:$y$j9T$salt$hash:19000:0:99999:7:::\nold:!$6$salt$hash:19000:0:99999:7:::\n"
STATUS = """\
Package: libc6
Status: install ok installed
Priority: optional
Version: 2.36-9

Package: {0}
Status: install ok installed
Priority: optional
Depends: libc6 (>= 2.36), adduser | other
Description: a package
 Package: not-one
Version: 1.0-1

Package: removed
Status: deinstall ok config-files
Priority: optional
Version: 1
"""
DEBIAN = """\
# comment
Types: deb
URIs: http://miroir.example.ml/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://elsewhere.example
Suites: x
"""
APT = """\
APT::Periodic "";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Acquire::AllowInsecureRepositories "0";
Acquire::AllowWeakRepositories "false";
Acquire::Languages:: "fr";
"""
INSECURE = 'Acquire::AllowInsecureRepositories "1";\n'
SSHD = """\
passwordauthentication no
kbdinteractiveauthentication no
permitemptypasswords no
pubkeyauthentication yes
allowgroups administrateurs
hostbasedauthentication no
ignorerhosts yes
gssapiauthentication no
strictmodes yes
permituserenvironment no
usepam yes
x11forwarding no
disableforwarding yes
permittunnel no
gatewayports no
maxauthtries 4
maxsessions 10
maxstartups 10:30:60
logingracetime 60
clientaliveinterval 300
clientalivecountmax 3
loglevel VERBOSE
banner /etc/issue.net
ciphers aes256-gcm@openssh.com,aes128-ctr
macs hmac-sha2-512-etm@openssh.com
kexalgorithms curve25519-sha256,sntrup761x25519-sha512@openssh.com
pubkeyacceptedalgorithms ssh-ed25519,rsa-sha2-512
hostkeyalgorithms ssh-ed25519,rsa-sha2-512
"""
SSHD_WRONG = {
    "allowgroups": "administrateurs wheel", "maxauthtries": "6", "maxsessions": "20", "maxstartups": "10:30:100",
    "logingracetime": "0", "clientaliveinterval": "0", "clientalivecountmax": "9", "loglevel": "INFO", "banner": "none",
    "ciphers": "aes128-ctr,chacha20-poly1305@openssh.com", "macs": "hmac-sha1", "pubkeyacceptedalgorithms": "ssh-rsa",
    "kexalgorithms": "curve25519-sha256,diffie-hellman-group14-sha1", "hostkeyalgorithms": "ssh-ed25519,ssh-rsa",
}  # fmt: skip
RSYSLOG = """\
*.*;auth,authpriv.none -/var/log/syslog
global(DefaultNetstreamDriverCAFile="/etc/ssl/certs/ca-certificates.crt")
action(type="omfwd" protocol="tcp" Target="logs.example.ml" port="6514" StreamDriver="gtls" StreamDriverMode="1"
 StreamDriverAuthMode="x509/name")
"""
ROTATION = "daily\nrotate 180\ninclude /etc/logrotate.d\n"
CHRONY = "confdir /etc/chrony/conf.d\nserver 10.0.0.123 iburst\nserver ntp.example.ml\nrtcsync\n"
LOADED = (
    "Id=nginx.service\nLoadState=loaded\nUser=www-data\nDynamicUser=no\nNoNewPrivileges=yes\nProtectSystem=strict\n"
)
SENDMAIL = {"/usr/sbin/sendmail": ""}
SOCKETS = 'tcp LISTEN 0 511 *:443 *:* users:(("nginx",pid=800,fd=6))\n'
QEMU, SSSD, NAMES = "/etc/libvirt/qemu.conf", "/etc/sssd/sssd.conf", "/etc/nsswitch.conf"
JOURNAL = "/etc/systemd/journald.conf"
PAM = """\
password [success=1 default=ignore] pam_unix.so obscure {0}
password requisite pam_deny.so
password required pam_permit.so
"""


def sshd(keyword):
    (line,) = (line for line in SSHD.splitlines() if line.startswith(f"{keyword.lower()} "))
    value = line.split(" ", 1)[1]
    wrong = SSHD_WRONG.get(keyword.lower(), {"yes": "no", "no": "yes"}.get(value))
    return prints("sshd -T", SSHD, SSHD.replace(line, f"{keyword.lower()} {wrong}"))


def recorded(rule):
    key, lines = rule.probe["audit_rules"], rule.expected["contains"]
    text = "".join(f"{line} -k {key}\n" for line in lines)
    path = "/etc/audit/rules.d/60-x.rules"
    right = State({path: text}, {"auditctl -l": text})
    return right, State({path: text}, {"auditctl -l": text.partition("\n")[2] or "No rules\n"})


def directory(path, right, wrong):
    return file(path, f"{right}\n", f"# {right}\n{wrong}\n")


def services(right, wrong):
    return prints("systemctl show", LOADED, LOADED.replace(right, wrong))


PRIVILEGED = "-a always,exit -F path=/usr/bin/passwd -F perm=x -F auid>=1000 -F auid!=unset -k p\n"
STATES = {
    "only-declared-packages-installed": file("/var/lib/dpkg/status", STATUS.format("nginx"), STATUS.format("odd")),
    "package-sources-are-checked": file(
        "/etc/apt/sources.list", "deb http://a b c\n", "deb [trusted=yes] http://a b c\n"
    ),
    "package-sources-name-their-key": file(
        "/etc/apt/sources.list.d/debian.sources", DEBIAN, DEBIAN.replace("Signed-By", "X-Nothing")
    ),
    "package-sources-are-the-sites": file(
        "/etc/apt/sources.list.d/debian.sources", DEBIAN, DEBIAN.replace("Enabled: no", "Enabled: yes")
    ),
    "unsigned-packages-refused": prints("apt-config", APT, APT + 'APT::Get::AllowUnauthenticated "true";\n'),
    "unsigned-repositories-refused": prints(
        "apt-config", APT, APT.replace('InsecureRepositories "0"', 'InsecureRepositories "1"')
    ),
    "weakly-signed-repositories-refused": prints(
        "apt-config", APT, APT.replace('WeakRepositories "false"', 'WeakRepositories "true"')
    ),
    "repositories-keep-their-signature": prints(
        "apt-config", APT, APT + 'Acquire::AllowDowngradeToInsecureRepositories "1";\n'
    ),
    "no-security-update-pending": (
        State(
            {"/var/lib/apt/lists/x_InRelease": ""},
            {"apt-get -s": "Inst vim [9.0] (9.1 Debian:12/stable)\n"},
        ),
        State(says={"apt-get -s": "Inst ssh [1] (2 Debian:12/stable, Debian-Security:12/stable-security [amd64])\n"}),
    ),
    "lists-of-packages-fresh": (
        State({"/var/lib/apt/lists/x_InRelease": ""}),
        State(does=lambda host: os.utime(host.root / "var/lib/apt/lists/x_InRelease", (0, time.time() - 4 * 86400))),
    ),
    "updates-program-installed": package("unattended-upgrades"),
    "updates-looked-for-daily": prints("apt-config", APT, APT.replace('Lists "1"', 'Lists "0"')),
    "updates-installed-daily": prints("apt-config", APT, APT.replace('Upgrade "1"', 'Upgrade "0"')),
    "updates-search-timed": unit("apt-daily.timer"),
    "updates-installation-timed": unit("apt-daily-upgrade.timer"),
    "only-declared-services-run": prints(
        "systemctl list-units",
        "nginx.service loaded active running N\nssh.service loaded active running S\nx.service loaded failed dead X\n",
        "cups.service loaded active running C\n",
    ),
    "declared-services-do-not-run-as-root": services("User=www-data", "User="),
    "declared-services-are-confined": services("NoNewPrivileges=yes", "NoNewPrivileges=no"),
    "declared-services-are-logged": services("User=www-data", "StandardOutput=null"),
    "virtual-machines-are-confined": file(
        "/etc/libvirt/qemu.conf", 'security_driver = "apparmor"\n', '#security_driver = "apparmor"\n'
    ),
    "virtual-machines-calls-are-filtered": file(QEMU, "# nothing\n", "seccomp_sandbox = 0\n"),
    "virtual-machines-do-not-run-as-root": file(QEMU, 'user = "libvirt-qemu"\n', 'user = "root"\n'),
    "directory-proves-itself-to-sssd": directory(
        "/etc/sssd/sssd.conf", "ldap_tls_reqcert = demand", "ldap_tls_reqcert = never"
    ),
    "directory-is-asked-by-sssd-in-tls": directory(SSSD, "ldap_id_use_start_tls = True", ""),
    "directory-proves-itself-to-nslcd": directory("/etc/nslcd.conf", "tls_reqcert demand", "tls_reqcert allow"),
    "directory-is-asked-by-nslcd-in-tls": directory("/etc/nslcd.conf", "ssl start_tls", "ssl off"),
    "directory-proves-itself-to-libldap": directory("/etc/ldap/ldap.conf", "TLS_REQCERT demand", "TLS_REQCERT never"),
    "no-unproven-accounts": file(
        "/etc/nsswitch.conf", "passwd: files [!UNAVAIL=return] systemd\n", "passwd: files nis\n"
    ),
    "no-unproven-groups": file(NAMES, "group: files\n", "group: hesiod\n"),
    "no-unproven-passwords": file(NAMES, "", "shadow: nisplus # old\n"),
    "passwords-hashed-by-yescrypt": file("/etc/login.defs", "ENCRYPT_METHOD YESCRYPT\n", "ENCRYPT_METHOD SHA512\n"),
    "pam-hashes-by-yescrypt": file("/etc/pam.d/passwd", PAM.format("yescrypt"), PAM.format("sha512")),
    "pam-hashes-at-the-sites-cost": file("/etc/pam.d/passwd", PAM.format("yescrypt rounds=8"), PAM.format("yescrypt")),
    "stored-passwords-are-hashed-well": file("/etc/shadow", SHADOW, SHADOW + "weak:$1$salt$hash:1::::::\n"),
    "time-program-installed": package("chrony"),
    "time-kept-by-service": unit("chrony.service"),
    "time-from-the-site": file("/etc/chrony/chrony.conf", CHRONY, CHRONY + "pool 2.debian.pool.ntp.org iburst\n"),
    "journal-kept-on-disk": file(
        "/etc/systemd/journald.conf", "Storage=auto\nStorage=persistent\n", "#Storage=persistent\n"
    ),
    "journal-compressed": file(JOURNAL, "[Journal]\nCompress = yes\n", "Compress=no\n"),
    "log-program-installed": package("rsyslog"),
    "log-program-runs": unit("rsyslog.service"),
    "log-encryption-installed": package("rsyslog-gnutls"),
    "logs-sent-to-the-collector": file(
        "/etc/rsyslog.d/a.conf", RSYSLOG, RSYSLOG.replace('StreamDriverMode="1"', 'StreamDriverMode="0"')
    ),
    "audit-records-sent": file(
        "/etc/rsyslog.d/a.conf",
        'input(type="imfile" Tag="auditd" File="/var/log/audit/audit.log")\n',
        'input(type="imfile" File="/var/log/Audit/audit.log")\n',
    ),
    "log-collector-proves-itself": file("/etc/rsyslog.conf", RSYSLOG, "*.* -/var/log/syslog\n"),
    "log-files-private": (
        State(
            {"/etc/rsyslog.conf": RSYSLOG, "/etc/group": f"adm:x:{os.getgid()}:\n", "/var/log/syslog": ""},
            modes={"/var/log/syslog": 0o640},
        ),
        State({"/var/log/syslog": ""}, modes={"/var/log/syslog": 0o644}),
    ),
    "log-rotation-installed": package("logrotate"),
    "log-rotation-timed": unit("logrotate.timer"),
    "logs-kept-six-months": (
        State({"/etc/logrotate.conf": ROTATION}),
        State({"/etc/logrotate.d/rsyslog": "/var/log/mail.log\n/var/log/syslog\n{\n rotate 4\n weekly\n}\n"}),
    ),
    "nothing-kept-out-of-audit": prints("auditctl -l", "No rules\n", "-a never,task\n"),
    "privileged-programs-recorded": (
        State(
            {"/usr/bin/passwd": "", "/etc/audit/rules.d/p.rules": PRIVILEGED},
            {"auditctl -l": PRIVILEGED},
            {"/usr/bin/passwd": 0o4755},
        ),
        State({"/usr/bin/other": ""}, modes={"/usr/bin/other": 0o2755}),
    ),
    "audit-rules-locked": (
        State({"/etc/audit/rules.d/a.rules": "-e 1\n-e 2\n"}, {"auditctl -s": "enabled 2\nfailure 1\n"}),
        State(says={"auditctl -s": "enabled 1\n"}),
    ),
    "mail-waits-for-this-host-only": (
        State({**SENDMAIL, "/etc/postfix/main.cf": "inet_interfaces = loopback-only\n"}),
        State({"/etc/postfix/main.cf": "inet_interfaces = all\n"}),
    ),
    "mail-of-root-reaches-a-person": (
        State({**SENDMAIL, "/etc/aliases": "Root: securite@example.ml\n"}),
        State({"/etc/aliases": "postmaster: root\n"}),
    ),
    "integrity-checked-every-night": unit("aidecheck.timer"),
    "integrity-covers-acls": file("/etc/aide/aide.conf", "OwnerMode = p+u+acl\n", "OwnerMode = p+u\n"),
    "integrity-covers-attributes": file("/etc/aide/aide.conf", "InodeData = n+xattrs\n", "#InodeData = xattrs\n"),
    "seals-are-roots": (
        State(
            {"/var/lib/aide/aide.db": "", "/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\n"},
            modes={"/var/lib/aide/aide.db": 0o600},
        ),
        State({"/var/lib/aide/aide.db": ""}, modes={"/var/lib/aide/aide.db": 0o640}),
    ),
    "one-exposed-program-a-host": prints("ss", SOCKETS, SOCKETS + SOCKETS.replace("nginx", "exim4")),
    "exposed-programs-are-of-declared-services": (
        State({"/proc/800/cgroup": "0::/system.slice/nginx.service\n"}, {"ss": SOCKETS}),
        State({"/proc/800/cgroup": "0::/user.slice/user-1000.slice/session-3.scope\n"}),
    ),
    "integrity-program-installed": package("aide"),
    "integrity-seals-made": file("/var/lib/aide/aide.db", "", None),
    "network-banner-is-the-sites": file("/etc/issue.net", f"{FACTS['banner']}\n", "Debian GNU/Linux 12\n"),
    "console-banner-is-the-sites": file("/etc/issue", f"{FACTS['banner']}\n", "Debian GNU/Linux 12 \\n \\l\n"),
    "names-not-asked-of-neighbours": file("/etc/systemd/resolved.conf", "[Resolve]\nLLMNR=no\n", "#LLMNR=no\n"),
    "names-not-announced-to-neighbours": file("/etc/systemd/resolved.conf", "MulticastDNS=no\n", "MulticastDNS=yes\n"),
    "only-declared-ports-listen": prints("ss", SOCKETS, SOCKETS.replace("443", "25")),
    "firewall-program-installed": package("nftables"),
    "firewall-started-with-the-host": unit("nftables.service"),
}
