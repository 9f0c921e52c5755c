"""Rules on accounts, passwords, sessions and masks: a state that passes and one that fails for each."""

import pytest

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
PASSWORD_STACK = """\
password  requisite  pam_pwquality.so retry=3
password  requisite  pam_pwhistory.so remember=5 use_authtok
password  [success=1 default=ignore]  pam_unix.so obscure use_authtok try_first_pass yescrypt
password  requisite  pam_deny.so
password  required   pam_permit.so
"""
DEBIAN_PASSWORD_STACK = "\n".join(PASSWORD_STACK.splitlines()[2:]) + "\n"
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


def passwords(host, text=PASSWORD_STACK, quality=""):
    for service in ("passwd", "login", "sshd"):
        host.file(f"/etc/pam.d/{service}", "@include common-password\n")
    host.file("/etc/pam.d/common-password", text)
    host.file("/etc/security/pwquality.conf", quality)


def logins(host, text=AUTH_STACK, settings=""):
    for service in ("login", "sshd", "sudo"):
        host.file(f"/etc/pam.d/{service}", "@include common-auth\n")
    host.file("/etc/pam.d/su", "auth sufficient pam_rootok.so\n@include common-auth\naccount required pam_permit.so\n")
    host.file("/etc/pam.d/common-auth", text)
    host.file("/etc/security/faillock.conf", settings)


@pytest.mark.parametrize(
    ("rule", "passing", "failing"),
    [
        ("password-length", "minlen = 15", "minlen = 14"),
        ("password-digits", "dcredit = -1", "dcredit = 1"),
        ("password-capitals", "ucredit = -2", "ucredit = 0"),
        ("password-small-letters", "lcredit = -1", "# lcredit = -1"),
        ("password-signs", "ocredit=-1", "ocredit=few"),
        ("password-classes", "minclass = 4", "minclass = 3"),
    ],
)
def test_what_passwords_are_held_to(host, rule, passing, failing):
    passwords(host, quality=f"{passing}\n")
    assert host.judged(rule) == "pass"
    passwords(host, quality=f"{failing}\n")
    assert host.judged(rule) == "fail"
    passwords(host, DEBIAN_PASSWORD_STACK, quality=f"{passing}\n")
    assert host.judged(rule) == "fail", "nobody reads the file"


def test_the_judge_of_passwords_must_be_obeyed(host):
    passwords(host)
    assert host.judged("passwords-are-judged") == "pass"
    passwords(host, PASSWORD_STACK.replace("requisite  pam_pwquality", "optional  pam_pwquality"))
    assert host.judged("passwords-are-judged") == "fail"


def test_old_passwords_are_remembered(host):
    passwords(host)
    assert host.judged("old-passwords-refused") == "pass"
    passwords(host, PASSWORD_STACK.replace("remember=5", "remember=1"))
    assert host.judged("old-passwords-refused") == "fail"


def test_passwords_need_a_dictionary_to_be_judged_at_all(host):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    status = "Package: {}\nStatus: install ok installed\nVersion: 2.9.6-5\n\n"
    host.file("/var/lib/dpkg/status", status.format("cracklib-runtime"))
    assert host.judged("passwords-are-compared-with-words") == "pass"
    host.file("/var/lib/dpkg/status", status.format("libcrack2"))
    assert host.judged("passwords-are-compared-with-words") == "fail"


@pytest.mark.parametrize("rule", ["failed-logins-refused", "failed-logins-counted"])
def test_failures_close_an_account(host, rule):
    logins(host)
    assert host.judged(rule) == "pass"
    logins(host, DEBIAN_AUTH_STACK)
    assert host.verdict(rule)["effective"] == "login, sshd, sudo, su"


def test_a_good_login_forgives(host):
    logins(host)
    host.file("/etc/pam.d/su", "@include common-auth\n")
    assert host.judged("good-logins-forgive") == "pass"
    logins(host)
    assert host.verdict("good-logins-forgive")["verdict"] == "pass"
    logins(host, DEBIAN_AUTH_STACK)
    assert host.judged("good-logins-forgive") == "fail"


@pytest.mark.parametrize(
    ("rule", "passing", "failing"),
    [
        ("failures-before-closing", "deny = 3", "deny = 4"),
        ("failures-before-closing", "deny = 1", "deny = 0"),
        ("failures-within", "fail_interval = 900", "fail_interval = 899"),
        ("closed-for", "unlock_time = 900", "unlock_time = 600"),
    ],
)
def test_when_and_how_long_an_account_closes(host, rule, passing, failing):
    logins(host, settings=f"{passing}\n")
    assert host.judged(rule) == "pass"
    logins(host, settings=f"{failing}\n")
    assert host.judged(rule) == "fail"


def people(host, passwd=PASSWD, shadow=SHADOW, group=GROUP):
    host.file("/etc/passwd", passwd)
    host.file("/etc/shadow", shadow)
    host.file("/etc/group", group)


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("service-accounts-have-no-shell", ("daemon:/usr/sbin:/usr/sbin/nologin", "daemon:/usr/sbin:/bin/sh")),
        ("service-accounts-have-no-shell", ("daemon:/usr/sbin:/usr/sbin/nologin", "daemon:/usr/sbin:")),
        ("service-accounts-have-no-password", ("daemon:*:20781", "daemon:$y$j9T$x$y:20781")),
        ("service-accounts-have-no-password", ("daemon:*:20781", "daemon::20781")),
        ("account-numbers-are-unique", ("exploitation:x:1000:1000", "exploitation:x:1:1000")),
        ("no-account-without-password", ("exploitation:!:20781", "exploitation::20781")),
        ("no-account-without-password", ("exploitation:x:1000", "exploitation::1000")),
        ("only-root-is-root", ("exploitation:x:1000:1000", "exploitation:x:0:1000")),
        ("root-has-no-password", ("root:*:20781", "root:$y$j9T$x$y:20781")),
        ("root-has-no-password", ("root:*:20781", "root::20781")),
        ("automation-is-in-the-group-of-sudo", ("administrateurs:x:990:exploitation", "administrateurs:x:990:")),
        ("automation-is-in-the-group-of-sudo", ("administrateurs:x:990:exploitation", "autres:x:990:exploitation")),
    ],
)
def test_accounts(host, rule, changed):
    people(host)
    assert host.judged(rule, sudo_group="administrateurs") == "pass"
    people(host, *(text.replace(*changed) for text in (PASSWD, SHADOW, GROUP)))
    assert host.judged(rule, sudo_group="administrateurs") == "fail"


def test_somebodys_first_group_counts_as_membership(host):
    people(host, PASSWD.replace("1000:1000", "1000:990"), group="administrateurs:x:990:\n")
    assert host.judged("automation-is-in-the-group-of-sudo", sudo_group="administrateurs") == "pass"


def test_a_password_of_root_is_renewed_and_none_need_not_be(host):
    people(host)
    assert host.judged("root-password-renewed") == "not-applicable"
    people(host, shadow=SHADOW.replace("root:*:20781:0:99999", "root:$y$x:20781:0:365"))
    assert host.judged("root-password-renewed") == "pass"
    people(host, shadow=SHADOW.replace("root:*", "root:$y$x"))
    assert host.judged("root-password-renewed") == "fail"


def test_broken_lines_are_no_accounts_and_a_host_without_any_is_not_measured(host):
    people(host, f"{PASSWD}broken\n::::::\nx:y:z:0:0:/:/bin/sh\n+::::::\n", f"{SHADOW}\nbroken\n")
    assert host.judged("account-numbers-are-unique") == "pass"
    people(host, "", "")
    assert host.judged("account-numbers-are-unique") == "unmeasured"


def test_two_services_under_one_account_are_told(host):
    people(host)
    assert host.judged("services-have-own-accounts") == "pass"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("declare -xr TMOUT=600\n", "pass"),
        ("TMOUT=300\nreadonly TMOUT\nexport TMOUT\n", "pass"),
        ("readonly TMOUT=600 ; export TMOUT\n", "pass"),
        ("declare -xr TMOUT=900\n", "fail"),
        ("declare -xr TMOUT=0\n", "fail"),
        ("export TMOUT=600\n", "fail"),
        ("# declare -xr TMOUT=600\n", "fail"),
        ("", "fail"),
    ],
)
def test_idle_shells_end(host, text, verdict):
    host.file("/etc/profile", "for i in /etc/profile.d/*.sh; do . $i; done\n")
    host.file("/etc/profile.d/60-joliba-R32.sh", text)
    assert host.judged("idle-shells-end") == verdict


def test_what_cannot_be_changed_any_more_stays(host):
    host.file("/etc/profile.d/10.sh", "readonly TMOUT=600\n")
    host.file("/etc/profile.d/20.sh", "TMOUT=0\n")
    assert host.judged("idle-shells-end") == "pass"


def test_masks(host):
    host.file("/etc/profile.d/60.sh", "umask 077\n")
    host.file("/etc/bash.bashrc", '[ -z "$PS1" ] && return\numask 077\n')
    host.file("/etc/login.defs", "UID_MIN 1000\nUMASK\t\t077\n")
    host.file("/etc/pam.d/sshd", SESSION_STACK)
    rules = [
        "login-shells-set-umask-077", "bash-sets-umask-077", "accounts-are-made-with-umask-077",
        "sessions-start-with-umask-077",
    ]  # fmt: skip
    assert [host.judged(rule) for rule in rules] == ["pass"] * 4

    host.file("/etc/profile", "umask 022 # for all\n")
    host.file("/etc/bash.bashrc", "# umask 077\n")
    host.file("/etc/login.defs", "UMASK 022\n")
    host.file("/etc/pam.d/sshd", "session optional pam_umask.so\n")
    assert [host.judged(rule) for rule in rules] == ["fail"] * 4


def test_people_have_their_own_temporary_folders(host):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    for service in ("login", "sshd", "su"):
        host.file(f"/etc/pam.d/{service}", SESSION_STACK)
    assert host.judged("people-have-own-temporary-folders") == "pass"
    host.file("/etc/pam.d/su", "session required pam_unix.so\n")
    assert host.verdict("people-have-own-temporary-folders")["effective"] == "su"


def test_root_comes_in_nowhere(host):
    host.says("sshd -T", "permitrootlogin no\n")
    host.file("/etc/securetty", "\n")
    assert host.judged("root-cannot-log-in-by-ssh") == "pass"
    assert host.judged("root-has-no-terminal") == "pass"

    host.says("sshd -T", "permitrootlogin without-password\n")
    host.file("/etc/securetty", "tty1\n")
    assert host.judged("root-cannot-log-in-by-ssh") == "fail"
    assert host.judged("root-has-no-terminal") == "fail"
