"""Hosts for the rules on accounts, passwords, sessions, sudo and mandatory access control (R30 to R49, R55)."""

import json
import os

from rule_states.state import State, file, files, package, prints, unit

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
exploitation:x:1000:1000:Debian:/home/exploitation:/bin/bash
"""
SHADOW = """\
root:*:20781:0:99999:7:::
daemon:*:20781:0:99999:7:::
sync:*:20781:0:99999:7:::
nobody:!*:20781::::::
exploitation:!:20781:0:99999:7:::
"""
GROUP = "root:x:0:\nsudo:x:27:\nadministrateurs:x:990:exploitation\nexploitation:x:1000:\n"
NEW_SECRETS = """\
password  requisite  pam_pwquality.so retry=3
password  requisite  pam_pwhistory.so remember=5 use_authtok
password  [success=1 default=ignore]  pam_unix.so obscure use_authtok try_first_pass yescrypt
password  requisite  pam_deny.so
password  required   pam_permit.so
"""
DEBIAN_NEW_SECRETS = "\n".join(NEW_SECRETS.splitlines()[2:]) + "\n"
AUTH_STACK = """\
auth     required   pam_faillock.so preauth
auth     [success=3 default=ignore]  pam_unix.so nullok
auth     [default=die]   pam_faillock.so authfail
auth     sufficient pam_faillock.so authsucc
auth     requisite  pam_deny.so
auth     required   pam_permit.so
account  required   pam_faillock.so
account  [success=1 new_authtok_reqd=done default=ignore]  pam_unix.so
account  requisite  pam_deny.so
account  required   pam_permit.so
"""
DEBIAN_AUTH_STACK = "".join(
    line for line in AUTH_STACK.replace("success=3", "success=1").splitlines(keepends=True) if "faillock" not in line
)
SESSION_STACK = "session optional pam_tmpdir.so\nsession optional pam_umask.so umask=0077\n"
PROFILES = "/sys/kernel/security/apparmor/profiles"
SUDO = "-a always,exit -S all -F path=/usr/bin/sudo -F perm=x -F auid>=1000 -F auid!=-1 -F key=joliba-sudo\n"
FILED = "-a always,exit -F path=/usr/bin/sudo -F perm=x -F auid>=1000 -F auid!=unset -F key=joliba-sudo\n"


def people(*changed: str):
    """The accounts of a host, and of one on which a line is another."""
    texts = {"/etc/passwd": PASSWD, "/etc/shadow": SHADOW, "/etc/group": GROUP}
    return files(texts, {path: text.replace(*changed) for path, text in texts.items()})


def new_secrets(text=NEW_SECRETS, quality=""):
    """What PAM does with a new password."""
    callers = {f"/etc/pam.d/{service}": "@include common-password\n" for service in ("passwd", "login", "sshd")}
    return {**callers, "/etc/pam.d/common-password": text, "/etc/security/pwquality.conf": quality}


def quality(right, wrong):
    return files(new_secrets(quality=f"{right}\n"), new_secrets(quality=f"{wrong}\n"))


def logins(text=AUTH_STACK, settings=""):
    """What PAM does with a login."""
    callers = {f"/etc/pam.d/{service}": "@include common-auth\n" for service in ("login", "sshd", "sudo")}
    root = "auth sufficient pam_rootok.so\n@include common-auth\naccount required pam_permit.so\n"
    return {
        **callers, "/etc/pam.d/su": root, "/etc/pam.d/common-auth": text, "/etc/security/faillock.conf": settings
    }  # fmt: skip


def failures(right, wrong):
    return files(logins(settings=f"{right}\n"), logins(settings=f"{wrong}\n"))


def sudoers(*specs, defaults=(), members=""):
    """A host whose cvtsudoers prints these rules and defaults."""
    texts = {
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\nawa:x:1001:1001::/home/awa:/bin/sh\n",
        "/etc/group": f"sudo:x:27:{members}\nawa:x:1001:\n",
    }
    told = json.dumps({"Defaults": list(defaults), "User_Specs": list(specs)})
    return State(texts, {"cvtsudoers -e -f json /etc/sudoers": told})


def gives(command, user="awa", target="root", **said):
    """A rule of sudo."""
    runas = {"runasusers": [{"username": target}]} if target else {}
    return {"User_List": [{"username": user}], "Cmnd_Specs": [{**runas, "Commands": [{"command": command}], **said}]}


def by_administrators(command, target="root"):
    """A rule of sudo for those whom a request names."""
    return {**gives(command, target=target), "User_List": [{"usergroup": "administrateurs"}]}


def default(**options):
    """A host on which these are defaults of sudo, and one without any."""
    return sudoers(defaults=[{"Options": [options]}]), sudoers()


def exempt(name):
    """A default that holds for automation too, and one from which it is exempt."""
    said = {"Options": [{name: True}]}
    spared = {"Binding": [{"username": "exploitation"}], "Options": [{name: False}]}
    return sudoers(defaults=[said]), sudoers(defaults=[said, spared])


def gave(right, wrong):
    return sudoers(right), sudoers(wrong)


def selinux(path, right, wrong):
    return files({"/sys/fs/selinux/enforce": "1", path: right}, {path: wrong})


def boolean(name, right, wrong):
    return selinux(f"/sys/fs/selinux/booleans/{name}", right, wrong)


def working(*units):
    """A host on which these units of systemd work under one account."""
    number = os.getuid() or 1
    texts = {"/etc/passwd": f"daemon:x:{number}:1:::\n", "/etc/login.defs": f"UID_MIN {number + 1}\n"}

    def work(host):
        for process, name in enumerate(units, start=100):
            folder = host.file(f"/proc/{process}/cgroup", f"0::/system.slice/{name}\n").parent
            if os.getuid() == 0:
                os.chown(folder, number, number)

    return State(texts, does=work)


STATES = {
    "unused-accounts-are-closed": files(
        {"/etc/passwd": PASSWD, "/etc/shadow": SHADOW, "/var/log/lastlog": ""},
        {"/etc/passwd": f"{PASSWD}awa:x:1001:1001::/home/awa:/bin/bash\n",
         "/etc/shadow": f"{SHADOW}awa:$y$hash:15000:0:99999:7:::\n"},
    ),
    "passwords-are-judged": files(
        new_secrets(), new_secrets(NEW_SECRETS.replace("requisite  pam_pwquality", "optional  pam_pwquality"))
    ),
    "password-length": quality("minlen = 15", "minlen = 14"),
    "password-digits": quality("dcredit = -1", "dcredit = 1"),
    "password-capitals": quality("ucredit = -2", "ucredit = 0"),
    "password-small-letters": quality("lcredit = -1", "# lcredit = -1"),
    "password-signs": quality("ocredit=-1", "ocredit=few"),
    "password-classes": quality("minclass = 4", "minclass = 3"),
    "passwords-are-compared-with-words": package("cracklib-runtime"),
    "old-passwords-refused": files(new_secrets(), new_secrets(NEW_SECRETS.replace("remember=5", "remember=1"))),
    "failed-logins-refused": files(logins(), logins(DEBIAN_AUTH_STACK)),
    "failed-logins-counted": files(logins(), logins(DEBIAN_AUTH_STACK)),
    "good-logins-forgive": files(logins(), logins(DEBIAN_AUTH_STACK)),
    "failures-before-closing": failures("deny = 3", "deny = 4"),
    "failures-within": failures("fail_interval = 900", "fail_interval = 899"),
    "closed-for": failures("unlock_time = 900", "unlock_time = 600"),
    "expiry-spares-keys-and-tasks": files(
        logins(AUTH_STACK.replace("ignore]  pam_unix.so\n", "ignore]  pam_unix.so no_pass_expiry\n")), logins()
    ),
    "root-password-renewed": (
        State({"/etc/passwd": PASSWD, "/etc/shadow": SHADOW.replace("root:*:20781:0:99999", "root:*:20781:0:365")}),
        State({"/etc/shadow": SHADOW}),
    ),
    "idle-shells-end": file("/etc/profile.d/60.sh", "declare -xr TMOUT=600\n", "export TMOUT=600\n"),
    "root-cannot-log-in-by-ssh": prints("sshd -T", "permitrootlogin no\n", "permitrootlogin without-password\n"),
    "root-has-no-password": people("root:*:20781", "root:$y$j9T$x$y:20781"),
    "root-has-no-terminal": file("/etc/securetty", "\n", "tty1\n"),
    "sudo-installed": package("sudo"),
    "audit-installed": package("auditd"),
    "audit-runs": unit("auditd.service"),
    "sudo-is-recorded": (
        State({"/etc/audit/rules.d/60-joliba-R33.rules": FILED}, {"auditctl -l": SUDO}),
        State(says={"auditctl -l": "No rules\n"}),
    ),
    "service-accounts-have-no-shell": people("daemon:/usr/sbin:/usr/sbin/nologin", "daemon:/usr/sbin:/bin/sh"),
    "service-accounts-have-no-password": people("daemon:*:20781", "daemon:$y$j9T$x$y:20781"),
    "account-numbers-are-unique": people("exploitation:x:1000:1000", "exploitation:x:1:1000"),
    "services-have-own-accounts": (working("a.service", "a.service"), working("a.service", "b.service")),
    "sessions-start-with-umask-077": file("/etc/pam.d/sshd", SESSION_STACK, "session optional pam_umask.so\n"),
    "login-shells-set-umask-077": file("/etc/profile.d/60.sh", "umask 077\n", "umask 022 # for all\n"),
    "bash-sets-umask-077": file("/etc/bash.bashrc", '[ -z "$PS1" ] && return\numask 077\n', "# umask 077\n"),
    "accounts-are-made-with-umask-077": file("/etc/login.defs", "UID_MIN 1000\nUMASK\t\t077\n", "UMASK 022\n"),
    "mandatory-access-control-active": files(
        {"/sys/module/apparmor/parameters/enabled": "Y\n", PROFILES: "/usr/sbin/chronyd (enforce)\n"}, {PROFILES: ""}
    ),
    "automation-is-in-the-group-of-sudo": people("administrateurs:x:990:exploitation", "administrateurs:x:990:"),
    "sudo-keeps-programs-from-running-others": default(noexec=True),
    "sudo-needs-a-terminal": default(requiretty=True),
    "sudo-has-its-own-terminal": default(use_pty=True),
    "sudo-writes-for-its-user-only": default(umask="0077"),
    "sudo-ignores-the-current-folder": default(ignore_dot=True),
    "sudo-resets-the-environment": default(env_reset=True),
    "automation-cannot-run-others-by-sudo": exempt("noexec"),
    "automation-needs-a-terminal-for-sudo": exempt("requiretty"),
    "sudo-does-not-give-root": gave(gives("/bin/ls /srv", target="backup"), gives("/bin/ls /srv")),
    "automation-does-not-become-root": gave(
        gives("/bin/ls /srv", user="exploitation", target="backup"), gives("ALL", user="exploitation", target="ALL")
    ),
    "sudo-lets-no-command-run-others": gave(gives("/bin/ls"), gives("/bin/ls", Options=[{"noexec": False}])),
    "sudo-forbids-nothing-by-name": gave(
        gives("/bin/ls"), gives("/bin/ls", Commands=[{"command": "/bin/sh", "negated": True}])
    ),
    "sudo-states-arguments": gave(gives("/bin/ls /srv"), gives("/bin/ls")),
    "automation-states-arguments": gave(
        gives("/bin/ls /srv", user="exploitation"), gives("ALL", user="exploitation")
    ),
    "people-do-not-become-root": gave(
        by_administrators("/bin/ls /srv", target="backup"), by_administrators("ALL", target="ALL")
    ),
    "people-state-arguments": gave(by_administrators("/bin/ls /srv"), by_administrators("ALL")),
    "sudo-gives-no-editor": gave(gives("sudoedit /etc/hosts"), gives("/usr/bin/vim /etc/hosts")),
    "apparmor-installed": package("apparmor"),
    "apparmor-for-sessions-installed": package("libpam-apparmor"),
    "apparmor-loads-its-profiles": unit("apparmor.service"),
    "apparmor-profiles-enforced": file(PROFILES, "man_filter (enforce)\n", "/usr/bin/a b (complain)\n"),
    "selinux-enforced": selinux("/etc/selinux/config", "SELINUX=enforcing\n", "SELINUX=permissive\n"),
    "selinux-policy-targeted": selinux("/etc/selinux/config", "SELINUXTYPE=targeted\n", "SELINUXTYPE=mls\n"),
    "people-are-confined": (
        State({"/sys/fs/selinux/enforce": "1"}, {"semanage login": "__default__ user_u s0 *\nroot other_u s0 *\n"}),
        State(says={"semanage login": "__default__ unconfined_u s0-s0:c0.c1023 *\n"}),
    ),
    "people-cannot-execute-their-heap": boolean("selinuxuser_execheap", "0 0", "1 1"),
    "programs-cannot-execute-what-they-write": boolean("deny_execmem", "1 1", "1 0"),
    "people-cannot-execute-their-stack": boolean("selinuxuser_execstack", "0 0", "0 1"),
    "kernel-modules-are-refused": boolean("secure_mode_insmod", "1 1", "0 0"),
    "administrators-do-not-log-in-by-ssh": boolean("ssh_sysadm_login", "0 0", "1 1"),
    "people-have-own-temporary-folders": files(
        {f"/etc/pam.d/{service}": SESSION_STACK for service in ("login", "sshd", "su")},
        {"/etc/pam.d/su": "session required pam_unix.so\n"},
    ),
}  # fmt: skip
