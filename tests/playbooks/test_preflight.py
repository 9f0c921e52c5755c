"""What speaks against a run on a host: each refusal, and its accepted neighbour."""

import fcntl
import os
import pwd
import subprocess
import sys
import threading
import time

import pytest
from ansible.module_utils.joliba import preflight

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5cX0n0XkqkF3mN0cUeY8a1Q8mJb2v0Yw7l3t9s4r5u someone"
PERSON = pwd.struct_passwd(("awa", "x", 2001, 2001, "", "/nowhere", "/bin/sh"))


def codes(refusals):
    found = list(refusals)
    assert all({"code", "en", "fr"} == set(each) and "\n" not in each["en"] + each["fr"] for each in found)
    return [each["code"] for each in found]


@pytest.fixture
def sshd(monkeypatch):
    """``sshd(name=value)``: what ``sshd -T`` says of everyone."""
    said = {}
    monkeypatch.setattr(preflight, "_sshd", lambda _account: said)
    return said.update


@pytest.fixture
def shadow(tmp_path, monkeypatch):
    """``shadow(day)``: when the account of `PERSON` ends."""

    def written(day):
        (tmp_path / "shadow").write_text(f"root:*:19000:0:99999:7:::\nawa:!:19000:0:99999:7::{day}:\n")
        monkeypatch.setattr(preflight, "SHADOW", str(tmp_path / "shadow"))

    return written


def test_an_account_outside_the_group_that_may_run_sudo_is_refused(monkeypatch):
    monkeypatch.setattr(preflight, "groups_of", lambda _account: {"users"})

    assert codes(preflight._groups("awa", "sudo", [])) == ["sudo-group"]
    assert codes(preflight._groups("awa", "users", [])) == []
    assert codes(preflight._groups("root", "sudo", [])) == []
    assert codes(preflight._groups("awa", "", [])) == []


def test_an_account_in_no_group_that_may_log_in_is_refused(monkeypatch):
    monkeypatch.setattr(preflight, "groups_of", lambda _account: {"users"})

    assert codes(preflight._groups("awa", "", ["admins", "exploitation"])) == ["login-group"]
    assert codes(preflight._groups("awa", "", ["admins", "users"])) == []


def test_the_groups_of_an_account_are_those_of_its_next_login():
    assert "root" in preflight.groups_of("root")
    assert preflight.groups_of("no-such-account") == set()


def test_an_account_that_the_run_puts_into_its_groups_itself_is_accepted(monkeypatch):
    monkeypatch.setattr(preflight, "groups_of", lambda _account: {"users"})
    monkeypatch.setenv("SUDO_USER", "awa")
    asked = {
        "run": "",
        "sudo_group": "administrateurs",
        "login_groups": ["admins"],
        "now": 0,
        "second_way": False,
        "patience": 0,
    }
    found = [preflight.refusals({**asked, "joining": joining}) for joining in ([], ["moussa"], ["awa"])]

    told = [{each["code"] for each in refused} & {"sudo-group", "login-group"} for refused in found]
    assert told == [{"sudo-group", "login-group"}, {"sudo-group", "login-group"}, set()]


@pytest.fixture
def administrator(monkeypatch):
    """``administrator(user, groups)``: the only account of the host, with sudo and a key."""

    def only(user, groups=("users",)):
        monkeypatch.setattr(preflight.pwd, "getpwall", lambda: [user])
        monkeypatch.setattr(preflight, "groups_of", lambda _account: set(groups))
        monkeypatch.setattr(preflight, "may_log_in", lambda _user: True)
        monkeypatch.setattr(preflight, "has_key", lambda _user: True)
        answer = subprocess.CompletedProcess((), 0, f"User {user.pw_name} may run the following commands", "")
        monkeypatch.setattr(preflight.commands, "run", lambda *_command: answer)

    return only


def test_a_sole_administrator_is_refused_and_root_is_no_second_one(administrator):
    administrator(PERSON)
    assert codes(preflight._second_way("awa", "", [])) == ["second-way"]
    assert codes(preflight._second_way("exploitation", "", [])) == []

    administrator(pwd.getpwnam("root"))
    assert codes(preflight._second_way("exploitation", "", [])) == ["second-way"]


@pytest.mark.parametrize(
    ("groups", "refused"),
    [
        (("administrateurs", "admins"), []),
        (("sudo", "admins"), []),  # R38 takes these along
        (("users", "admins"), ["second-way"]),
        (("administrateurs", "users"), ["second-way"]),
    ],
)
def test_a_second_administrator_whom_the_run_would_shut_out_does_not_count(administrator, groups, refused):
    administrator(PERSON, groups)

    assert codes(preflight._second_way("exploitation", "administrateurs", ["admins"])) == refused


@pytest.fixture
def sudo(tmp_path, monkeypatch):
    """The program, as the host has it."""
    program = tmp_path / "sudo"
    program.touch()
    monkeypatch.setattr(preflight, "SUDO", str(program))
    return program


@pytest.mark.parametrize(
    ("group", "spared", "refused"),
    [
        ("users", "moussa", ["loses-sudo"]),
        ("sudo", "moussa", []),  # R38 takes these along
        ("administrateurs", "moussa", []),
        ("users", "awa", []),
    ],
)
def test_who_would_lose_sudo_is_named_first(administrator, sudo, group, spared, refused):
    administrator(PERSON, (group,))
    sudo.chmod(0o4755)

    assert codes(preflight._loses_sudo({spared}, "administrateurs")) == refused


def test_where_only_its_group_executes_sudo_nobody_loses_it(administrator, sudo):
    administrator(PERSON)
    sudo.chmod(0o4110)

    assert codes(preflight._loses_sudo(set(), "administrateurs")) == []


def test_a_key_counts_where_sshd_looks_for_it(tmp_path, sshd):
    sshd({"authorizedkeysfile": f"{tmp_path}/%u.keys .ssh/authorized_keys"})
    assert not preflight.has_key(PERSON)

    (tmp_path / "awa.keys").write_text(f"# {KEY}\n")
    assert not preflight.has_key(PERSON)
    (tmp_path / "awa.keys").write_text(f'from="10.0.0.0/8" {KEY}\n')
    assert preflight.has_key(PERSON)


def test_an_authority_for_users_stands_for_keys(sshd):
    sshd({"authorizedkeysfile": "none", "trustedusercakeys": "/etc/ssh/users.pub"})

    assert preflight.has_key(PERSON)


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ("", True),
        ('from="10.0.0.0/8" ', True),
        ('environment="NOTE=command, restrict",no-pty ', True),
        (r"""no-X11-forwarding,command="echo 'Please login as the user \"exploitation\".';exit 142" """, False),
        ("restrict ", False),
        ('restrict,from="10.0.0.0/8" ', False),
        (f'command="{KEY}" ', False),
    ],
)
def test_a_key_that_only_runs_a_given_command_is_no_way_in(options, counts):
    assert bool(preflight.opening_key(f"{options}{KEY}\n")) is counts


@pytest.mark.parametrize(("shell", "may"), [("/bin/sh", True), ("/usr/sbin/nologin", False), ("/bin/false", False)])
def test_who_has_no_shell_is_nobodys_second_way(shell, may, shadow):
    shadow("")

    assert preflight.may_log_in(pwd.struct_passwd((*PERSON[:6], shell))) is may


@pytest.mark.parametrize(("expires", "may"), [("", True), ("99999", True), ("1", False)])
def test_an_account_that_has_expired_is_nobodys_second_way(expires, may, shadow):
    shadow(expires)

    assert preflight.may_log_in(PERSON) is may


def test_a_full_disk_is_refused(monkeypatch):
    monkeypatch.setattr(preflight, "NEEDED", {"/": 1 << 60})
    assert codes(preflight._disk()) == ["disk-full"]

    monkeypatch.setattr(preflight, "NEEDED", {"/": 1})
    assert codes(preflight._disk()) == []


def test_a_disk_mounted_read_only_is_refused(monkeypatch):
    monkeypatch.setattr(preflight, "NEEDED", {"/": 1})
    mounted = os.statvfs("/")
    monkeypatch.setattr(preflight.os, "statvfs", lambda _: os.statvfs_result((*mounted[:8], os.ST_RDONLY, 255)))

    assert codes(preflight._disk()) == ["read-only"]


def test_who_holds_the_packages_lock_is_named_and_the_lock_is_not_taken(tmp_path, monkeypatch):
    lock = tmp_path / "lock"
    lock.touch()
    monkeypatch.setattr(preflight, "_LOCKS", (str(lock),))
    monkeypatch.setattr(preflight.commands, "found", lambda _: False)
    assert codes(preflight._packages(0)) == []

    program = (
        f"import fcntl, time; lock = open({str(lock)!r}, 'w'); fcntl.lockf(lock, 2); print(flush=True); time.sleep(9)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        refused = list(preflight._packages(0))
        holder.kill()
    assert codes(refused) == ["packages-locked"]
    assert f"({holder.pid})" in refused[0]["en"]
    with lock.open("w") as free:
        fcntl.lockf(free, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_packages_lock_that_ends_is_waited_for(tmp_path, monkeypatch):
    lock = tmp_path / "lock"
    lock.touch()
    monkeypatch.setattr(preflight, "_LOCKS", (str(lock),))
    monkeypatch.setattr(preflight, "_PAUSE", 0.1)
    monkeypatch.setattr(preflight.commands, "found", lambda _: False)
    program = f"import fcntl, time; lock = open({str(lock)!r}, 'w'); fcntl.lockf(lock, 2); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        ends = threading.Timer(1, holder.stdin.close)
        ends.start()
        assert preflight.lock_holder(str(lock))

        assert codes(preflight._packages(60)) == []
        assert ends.finished.is_set()


def test_another_run_at_work_is_refused_and_the_same_one_is_not(monkeypatch):
    monkeypatch.setattr(preflight.revert, "at_work", lambda: {"run": "other"})
    monkeypatch.setattr(preflight.revert, "remaining", lambda _state: 30.0)

    assert codes(preflight._other_run("mine")) == ["other-run"]
    assert codes(preflight._other_run("other")) == []


def test_a_clock_that_is_off_is_refused():
    assert codes(preflight._clock(time.time() - 4000)) == ["clock"]
    assert codes(preflight._clock(time.time() - 10)) == []
    assert codes(preflight._clock(0)) == []


def test_a_configuration_that_is_broken_already_is_refused(monkeypatch):
    answers = {"sshd": 255, "visudo": 0}
    monkeypatch.setattr(preflight.commands, "found", lambda _name: True)
    monkeypatch.setattr(
        preflight.commands,
        "run",
        lambda *command: subprocess.CompletedProcess(command, answers[command[0]], "", "line 3\nbad"),
    )

    (refused,) = preflight._configuration()
    assert refused["code"] == "sshd-refuses"
    assert refused["en"].endswith("line 3 bad")
