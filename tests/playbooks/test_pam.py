"""PAM's stacks are evaluated as libpam does: what is written is not what holds."""

import pytest
from ansible.module_utils.joliba import pam
from ansible.module_utils.joliba.observing import NotApplicable, Unmeasured

UNIX = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
COUNTED = """\
auth    required    pam_faillock.so preauth
auth    [success=3 default=ignore]  pam_unix.so nullok
auth    [default=die]   pam_faillock.so authfail
auth    sufficient  pam_faillock.so authsucc
auth    requisite   pam_deny.so
auth    required    pam_permit.so
"""


def unchecked(host, text, module="pam_faillock.so", kind="auth", **said):
    pam.stack.cache_clear()
    host.file("/etc/pam.d/login", text)
    return pam.unchecked({"kind": kind, "module": module, "services": ["login"], **said}).effective


@pytest.mark.parametrize(
    "control",
    ["required", "requisite", "REQUIRED", "[success=ok default=bad]", "[success=ok ignore=ignore default=die]"],
)
def test_a_module_that_must_agree_is_obeyed(host, control):
    assert unchecked(host, f"auth {control} pam_faillock.so\nauth required pam_permit.so\n") == []


@pytest.mark.parametrize("control", ["optional", "sufficient", "[success=ok default=ignore]"])
def test_a_module_that_need_not_agree_is_not(host, control):
    assert unchecked(host, f"auth {control} pam_faillock.so\nauth required pam_permit.so\n") == ["login"]


def test_a_module_after_one_that_suffices_is_never_asked(host):
    assert unchecked(host, "auth sufficient pam_unix.so\nauth required pam_faillock.so\n") == ["login"]
    assert unchecked(host, "auth required pam_faillock.so\nauth sufficient pam_unix.so\n") == []


def test_a_module_that_is_jumped_over_is_never_asked(host):
    jump = "auth [success=1 default=ignore] pam_unix.so\nauth required pam_faillock.so\nauth required pam_permit.so\n"
    assert unchecked(host, jump) == ["login"]
    assert unchecked(host, jump.replace("success=1", "success=ignore")) == []


def test_jumps_alone_let_nobody_in(host):
    host.file("/etc/pam.d/login", "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n")
    assert not pam.outcome(pam.stack("login", "auth")).success
    host.file("/etc/pam.d/su", UNIX)
    assert pam.outcome(pam.stack("su", "auth")).success


def test_a_refused_password_is_counted_and_a_right_one_is_not(host):
    host.file("/etc/pam.d/login", COUNTED)
    argument = {"kind": "auth", "module": "pam_faillock.so", "with": "authfail", "services": ["login"]}
    assert pam.uncalled({**argument, "refusing": "pam_unix.so"}).effective == []
    assert pam.uncalled(argument).effective == ["login"]


@pytest.mark.parametrize(
    "include", ["@include common-auth\n", "auth include common-auth\n", "auth substack common-auth\n"]
)
def test_includes_are_followed(host, include):
    host.file("/etc/pam.d/common-auth", COUNTED)
    assert unchecked(host, include, **{"with": "preauth"}) == []
    host.file("/etc/pam.d/common-auth", UNIX)
    assert unchecked(host, include, **{"with": "preauth"}) == ["login"]


def test_what_suffices_in_a_substack_ends_only_that(host):
    host.file("/etc/pam.d/inner", "auth sufficient pam_unix.so\n")
    assert unchecked(host, "auth substack inner\nauth required pam_faillock.so\n") == []
    assert unchecked(host, "auth include inner\nauth required pam_faillock.so\n") == ["login"]


def test_comments_kinds_continued_lines_and_full_paths_are_read_as_libpam_does(host):
    text = "# auth required pam_faillock.so\n-auth \\\n  required /lib/security/pam_faillock.so preauth # why\n"
    assert unchecked(host, f"{text}account required pam_faillock.so\nauth required pam_permit.so\n") == []
    assert [each.arguments for each in pam.stack("login", "auth")][0] == ("preauth",)


def test_an_argument_in_the_stack_wins_over_the_file(host):
    argument = {
        "service": "login", "kind": "auth", "module": "pam_faillock.so", "key": "deny", "file": "/etc/security/f.conf",
    }  # fmt: skip
    host.file("/etc/pam.d/login", COUNTED)
    assert pam.setting(argument).effective is None
    host.file("/etc/security/f.conf", "# deny = 9\n deny = 3  # three\nsilent\n")
    assert pam.setting(argument).effective == "3"
    host.file("/etc/pam.d/su", COUNTED.replace("preauth", "preauth deny=5"))
    assert pam.setting({**argument, "service": "su"}).effective == "5"
    assert pam.setting({**argument, "key": "silent"}).effective == "yes"


def test_a_modules_main_file_wins_over_its_drop_ins(host):
    argument = {
        "service": "passwd",
        "kind": "password",
        "module": "pam_pwquality.so",
        "key": "minlen",
        "file": "/etc/q.conf",
    }
    host.file("/etc/pam.d/passwd", "password requisite pam_pwquality.so retry=3\n")
    host.file("/etc/q.conf.d/60-ours.conf", "minlen = 15\n")
    assert pam.setting(argument).effective == "15"
    host.file("/etc/q.conf", "minlen=8\n")
    assert pam.setting(argument).effective == "8"


def test_a_setting_of_a_module_that_is_not_asked_is_none(host):
    host.file("/etc/pam.d/login", UNIX)
    host.file("/etc/security/f.conf", "deny = 3\n")
    argument = {
        "service": "login",
        "kind": "auth",
        "module": "pam_faillock.so",
        "key": "deny",
        "file": "/etc/security/f.conf",
    }
    assert pam.setting(argument).effective is None


@pytest.mark.parametrize("text", ["", "nonsense\n", "auth\n", "auth [success pam_unix.so\n", "auth what pam_unix.so\n"])
def test_a_broken_stack_lets_nobody_in(host, text):
    host.file("/etc/pam.d/login", text)
    assert not pam.outcome(pam.stack("login", "auth")).success


def test_a_stack_in_a_circle_is_not_measured(host):
    host.file("/etc/pam.d/login", "@include login\n")
    with pytest.raises(Unmeasured, match="includes itself"):
        pam.stack("login", "auth")


def test_a_service_that_is_not_there_is_none(host):
    host.file("/etc/pam.d/login", COUNTED)
    with pytest.raises(NotApplicable):
        pam.stack("sshd", "auth")
    assert pam.unchecked({"kind": "auth", "module": "pam_faillock.so", "services": ["login", "sshd"]}).effective == []
