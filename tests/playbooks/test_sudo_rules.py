"""Rules on sudo, from what its own cvtsudoers prints."""

import shutil
import subprocess

import pytest
from rule_states.accounts import by_administrators, gives, sudoers

from infra.hosts.deviations import shipped_for

ROOT = {
    "User_List": [{"username": "root"}],
    "Cmnd_Specs": [{"runasusers": [{"username": "ALL"}], "Commands": [{"command": "ALL"}]}],
}
GROUP = {**ROOT, "User_List": [{"usergroup": "sudo"}]}
ADM = [{"usergroup": "adm"}]
NOT_SH = [{"command": "/bin/sh", "negated": True}]
DEBIAN = ["env_reset", "mail_badpass", "use_pty"]
FULL = [
    {"Options": [{"env_reset": True}]}, {"Options": [{"noexec": True}]}, {"Options": [{"requiretty": True}]},
    {"Options": [{"use_pty": True}, {"umask": "0077"}]}, {"Options": [{"ignore_dot": True}]},
    {"Binding": [{"username": "exploitation"}], "Options": [{"noexec": False}, {"requiretty": False}]},
]  # fmt: skip
DEFAULTS = [
    "sudo-keeps-programs-from-running-others", "sudo-needs-a-terminal", "sudo-has-its-own-terminal",
    "sudo-writes-for-its-user-only", "sudo-ignores-the-current-folder", "sudo-resets-the-environment",
]  # fmt: skip


def test_the_defaults_that_are_asked_for_pass_and_those_of_debian_do_not(host):
    sudoers(defaults=FULL).put(host)
    assert [host.judged(rule) for rule in DEFAULTS] == ["pass"] * 6
    sudoers(defaults=[{"Options": [{name: True}]} for name in DEBIAN]).put(host)
    assert [host.judged(rule) for rule in DEFAULTS] == ["fail", "fail", "pass", "fail", "fail", "pass"]
    sudoers().put(host)
    assert [host.judged(rule) for rule in DEFAULTS] == ["fail"] * 6


def test_the_last_default_holds(host):
    sudoers(defaults=[*FULL, {"Options": [{"use_pty": False}]}]).put(host)
    assert host.judged("sudo-has-its-own-terminal") == "fail"


def test_a_default_for_a_command_holds_whatever_comes_after(host):
    lax, strict = ({"Options": [{"umask": mask}]} for mask in ("0000", "0077"))
    rule = "sudo-writes-for-its-user-only"

    def judged(bound):
        sudoers(defaults=[{"Binding": [bound], **lax}, strict]).put(host)
        return host.judged(rule)

    assert judged({"command": "/bin/sh"}) == "fail"
    assert judged({"username": "awa"}) == "pass"


@pytest.mark.parametrize(
    "bound", [{"username": "awa"}, {"usergroup": "sudo"}, {"hostname": "ALL"}, {"command": "/bin/sh"}, {"userid": 1001}]
)
def test_nobody_but_automation_is_exempt(host, bound):
    sudoers(defaults=[*FULL, {"Binding": [bound], "Options": [{"noexec": False}]}]).put(host)
    assert host.judged("sudo-keeps-programs-from-running-others") == "fail"
    sudoers(defaults=[*FULL, {"Binding": [bound], "Options": [{"noexec": True}]}]).put(host)
    assert host.judged("sudo-keeps-programs-from-running-others") == "pass"


@pytest.mark.parametrize(
    ("rule", "name"),
    [("automation-cannot-run-others-by-sudo", "noexec"), ("automation-needs-a-terminal-for-sudo", "requiretty")],
)
def test_automations_exemption_is_a_failure_that_a_deviation_must_cover(host, rule, name):
    sudoers(defaults=FULL).put(host)
    assert host.judged(rule) == "fail"
    sudoers(defaults=[{"Options": [{name: True}]}]).put(host)
    assert host.judged(rule) == "pass"


@pytest.mark.parametrize(
    ("rule", "passing", "failing"),
    [
        ("sudo-does-not-give-root", gives("/bin/ls /srv", target="backup"), gives("/bin/ls /srv")),
        ("sudo-does-not-give-root", gives("/bin/ls /srv", target="backup"), gives("/bin/ls /srv", target=None)),
        ("sudo-does-not-give-root", gives("/bin/ls", target=None, runasgroups=ADM), gives("ALL", target="ALL")),
        ("sudo-lets-no-command-run-others", gives("/bin/ls"), gives("/bin/ls", Options=[{"noexec": False}])),
        ("sudo-forbids-nothing-by-name", gives("/bin/ls"), gives("/bin/ls", Commands=NOT_SH)),
        ("sudo-states-arguments", gives("/bin/ls /srv"), gives("/bin/ls")),
        ("sudo-states-arguments", gives('/bin/ls ""'), gives("ALL")),
        ("sudo-gives-no-editor", gives("sudoedit /etc/hosts"), gives("/usr/bin/vim /etc/hosts")),
    ],
)  # fmt: skip
def test_what_rules_give(host, rule, passing, failing):
    sudoers(ROOT, GROUP, passing).put(host)
    assert host.judged(rule) == "pass"
    sudoers(ROOT, GROUP, failing).put(host)
    assert host.judged(rule) == "fail"


def test_a_group_counts_as_soon_as_somebody_is_in_it(host):
    sudoers(ROOT, GROUP).put(host)
    assert host.judged("sudo-does-not-give-root") == "pass"
    sudoers(ROOT, GROUP, members="awa").put(host)
    assert host.verdict("sudo-does-not-give-root")["effective"] == "%sudo as ALL: ALL"


@pytest.mark.parametrize("rule", ["automation-does-not-become-root", "automation-states-arguments"])
def test_automations_rights_are_told_apart(host, rule):
    sudoers(ROOT, gives("ALL", user="exploitation", target="ALL")).put(host)
    assert host.judged(rule) == "fail"
    assert host.judged("sudo-does-not-give-root") == "pass"
    assert host.judged("sudo-states-arguments") == "pass"
    sudoers(ROOT, gives("/bin/ls /srv", user="exploitation", target="backup")).put(host)
    assert host.judged(rule) == "pass"


@pytest.mark.parametrize("rule", ["people-do-not-become-root", "people-state-arguments"])
def test_the_rights_of_the_requests_administrators_are_told_apart(host, rule):
    ours = by_administrators("ALL", target="ALL")
    sudoers(ROOT, ours).put(host)
    assert host.judged(rule) == "fail"
    assert host.judged("sudo-does-not-give-root") == "pass"
    assert host.judged("sudo-states-arguments") == "pass"
    assert rule in {each.rule for each in shipped_for("ml-bko.sante.web-1")}
    sudoers(ROOT, ours, gives("ALL", target="ALL")).put(host)
    assert host.verdict("sudo-does-not-give-root")["effective"] == "awa as ALL: ALL"


def test_rules_that_cannot_be_read_are_not_measured(host):
    host.says("cvtsudoers", "", code=1)
    assert host.judged("sudo-does-not-give-root") == "unmeasured"
    host.says("cvtsudoers", "not JSON")
    assert host.judged("sudo-does-not-give-root") == "unmeasured"
    host.commands.clear()
    assert host.judged("sudo-does-not-give-root") == "not-applicable"


def test_sudo_executable_is_for_its_group(host):
    program = host.file("/usr/bin/sudo", "", mode=0o4110)
    status = program.stat()
    host.file("/etc/passwd", f"root:x:{status.st_uid}:0::/root:/bin/sh\n")
    host.file("/etc/group", f"administrateurs:x:{status.st_gid}:\n")
    assert host.judged("sudo-is-for-its-group", sudo_group="administrateurs") == "pass"
    assert host.judged("sudo-is-for-its-group", sudo_group="autres") == "fail"
    program.chmod(0o4755)
    assert host.judged("sudo-is-for-its-group", sudo_group="administrateurs") == "fail"
    assert host.judged("sudo-is-for-its-group", sudo_group=None) == "unmeasured"


@pytest.mark.skipif(not shutil.which("cvtsudoers"), reason="no cvtsudoers here (apt-get install sudo)")
def test_the_real_cvtsudoers_is_understood(host, tmp_path):
    text = """\
Defaults noexec
Defaults umask=0077
Defaults:exploitation !noexec, !requiretty
User_Alias OPS = awa, %sudo
OPS ALL = (ALL) NOPASSWD: EXEC: /bin/sh, !/bin/su, /bin/ls ""
"""
    (tmp_path / "sudoers").write_text(text)
    done = subprocess.run(
        ["cvtsudoers", "-e", "-f", "json", tmp_path / "sudoers"], capture_output=True, text=True, check=True
    )
    sudoers(members="awa").put(host)
    host.says("cvtsudoers -e -f json /etc/sudoers", done.stdout)
    assert host.judged("sudo-keeps-programs-from-running-others") == "pass"
    assert host.judged("sudo-writes-for-its-user-only") == "pass"
    assert host.verdict("sudo-forbids-nothing-by-name")["effective"] == "awa,%sudo as ALL: !/bin/su"
    assert host.verdict("sudo-states-arguments")["effective"] == "awa,%sudo as ALL: /bin/sh"
    assert host.judged("sudo-lets-no-command-run-others") == "fail"
