"""Accounts, passwords and sessions: hosts that are not as simple as right and wrong."""

import pytest
from rule_states.accounts import (
    DEBIAN_AUTH_STACK,
    DEBIAN_NEW_SECRETS,
    GROUP,
    PASSWD,
    SESSION_STACK,
    SHADOW,
    logins,
    new_secrets,
)
from rule_states.state import State


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
    State(new_secrets(quality=f"{passing}\n")).put(host)
    assert host.judged(rule) == "pass"
    State(new_secrets(quality=f"{failing}\n")).put(host)
    assert host.judged(rule) == "fail"
    State(new_secrets(DEBIAN_NEW_SECRETS, quality=f"{passing}\n")).put(host)
    assert host.judged(rule) == "fail", "nobody reads the file"


@pytest.mark.parametrize("rule", ["failed-logins-refused", "failed-logins-counted"])
def test_failures_close_an_account(host, rule):
    State(logins()).put(host)
    assert host.judged(rule) == "pass"
    State(logins(DEBIAN_AUTH_STACK)).put(host)
    assert host.verdict(rule)["effective"] == "login, sshd, sudo, su"


def test_a_good_login_forgives(host):
    State(logins()).put(host)
    host.file("/etc/pam.d/su", "@include common-auth\n")
    assert host.judged("good-logins-forgive") == "pass"
    State(logins()).put(host)
    assert host.verdict("good-logins-forgive")["verdict"] == "pass"
    State(logins(DEBIAN_AUTH_STACK)).put(host)
    assert host.judged("good-logins-forgive") == "fail"


@pytest.mark.parametrize(("deny", "verdict"), [(1, "pass"), (3, "pass"), (0, "fail"), (4, "fail")])
def test_an_account_closes_after_few_failures_and_after_some(host, deny, verdict):
    State(logins(settings=f"deny = {deny}\n")).put(host)
    assert host.judged("failures-before-closing") == verdict


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


def test_the_account_that_joliba_uses_is_no_services_whatever_its_number(host):
    """A machine of hosts.yaml may have it as a system account."""
    passwd = PASSWD.replace("exploitation:x:1000:1000", "exploitation:x:999:999")
    for rule, others in [
        (
            "service-accounts-have-no-shell",
            {"passwd": passwd.replace("daemon:/usr/sbin:/usr/sbin/nologin", "daemon::/bin/sh")},
        ),
        (
            "service-accounts-have-no-password",
            {"passwd": passwd, "shadow": SHADOW.replace("daemon:*", "daemon:$y$j9T$x$y")},
        ),
    ]:
        people(host, passwd, SHADOW.replace("exploitation:!", "exploitation:$y$j9T$x$y"))
        assert host.judged(rule) == "pass"
        people(host, **others)
        assert host.verdict(rule)["persistent"] == "daemon"


def test_somebodys_first_group_counts_as_membership(host):
    people(host, PASSWD.replace("1000:1000", "1000:990"), group="administrateurs:x:990:\n")
    assert host.judged("automation-is-in-the-group-of-sudo", sudo_group="administrateurs") == "pass"


def test_a_password_of_root_is_renewed(host):
    people(host, shadow=SHADOW.replace("root:*:20781:0:99999", "root:*:20781:0:365"))
    assert host.judged("root-password-renewed") == "pass"
    people(host)
    assert host.judged("root-password-renewed") == "fail"
    people(host, shadow=SHADOW.replace("root:*:20781:0:99999", "root:*:20781:0:"))
    assert host.judged("root-password-renewed") == "fail"


def test_broken_lines_are_no_accounts_and_a_host_without_any_is_not_measured(host):
    people(host, f"{PASSWD}broken\n::::::\nx:y:z:0:0:/:/bin/sh\n+::::::\n", f"{SHADOW}\nbroken\n")
    assert host.judged("account-numbers-are-unique") == "pass"
    people(host, "", "")
    assert host.judged("account-numbers-are-unique") == "unmeasured"


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


def test_people_have_their_own_temporary_folders(host):
    host.file("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n')
    for service in ("login", "sshd", "su"):
        host.file(f"/etc/pam.d/{service}", SESSION_STACK)
    assert host.judged("people-have-own-temporary-folders") == "pass"
    host.file("/etc/pam.d/su", "session required pam_unix.so\n")
    assert host.verdict("people-have-own-temporary-folders")["effective"] == "su"
