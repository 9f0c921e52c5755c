"""Preflight, proof of access and rollback through Ansible, on a light host: a real sshd, sudo and nftables."""

import pytest
from playing import LOOKED_AT, module, play, playbook, tasks

from infra.lab.guests.fleet import LightFleet, obstacle

FAILED = 2
SHELL = "ansible.builtin.shell"
NO_NEW_CONNECTIONS = (
    "nft 'add table inet closed; add chain inet closed in { type filter hook input priority 0; };"
    " add rule inet closed in tcp dport 22 tcp flags & (syn | ack) == syn drop';"
    " (sleep 40; nft delete table inet closed) >/dev/null 2>&1 &"
)
TOUCHES = {"files": ["/etc/ssh/sshd_config.d", "/etc/issue", "/etc/joliba/new.conf"], "firewall": True}


@pytest.fixture(scope="module")
def host(full):
    if why := obstacle():
        pytest.skip(why)
    with LightFleet(1) as (started,):
        yield started.access


def test_a_sudo_that_refuses_is_no_access_and_one_that_is_mended_is(host, tmp_path):
    mode = host.run("stat -c %a /etc/sudoers.d").stdout.strip()
    host.run(f"sudo sh -c 'chmod 0777 /etc/sudoers.d; (sleep 15; chmod {mode} /etc/sudoers.d) >/dev/null 2>&1 &'")

    said = module(host, tmp_path, "joliba_prove_access", become=False, expect=FAILED, patience=0)
    assert "exploitation logs in, and sudo -n fails" in said
    module(host, tmp_path, "joliba_prove_access", become=False, patience=60)


def test_a_connection_that_was_open_before_proves_nothing(host, tmp_path):
    steps = [
        {"name": "Close the door behind us", SHELL: NO_NEW_CONNECTIONS},
        {"name": "Go on over the open connection", SHELL: "echo still here"},
        {"name": "Prove", "joliba_prove_access": {"patience": 0}},
    ]

    said = play(host, tmp_path, steps, expect=FAILED)

    assert "changed=2" in said
    assert "no new SSH connection by key" in said
    steps[2]["joliba_prove_access"]["patience"] = 90
    assert "failed=0" in play(host, tmp_path, steps[2:])


def test_a_host_that_hardening_would_close_to_us_is_refused_in_one_french_line(host, tmp_path):
    wanted = {"joliba_run": "run", "joliba_second_way": False, "joliba_lang": "fr"}

    said = tasks(host, tmp_path, ["preflight"], **wanted, joliba_login_groups=["personne"], expect=FAILED)
    assert "usermod -aG personne exploitation" in said
    assert "n'est dans aucun des groupes admis par SSH" in said
    tasks(host, tmp_path, ["preflight"], **wanted, joliba_login_groups=["personne", "exploitation"])


def test_a_rollback_brings_back_files_and_firewall_and_a_second_one_changes_nothing(host, tmp_path):
    files = 'stat -c "%n %a %U %Y" /etc/issue /etc /etc/ssh/sshd_config.d; cat /etc/issue; ls /etc'
    seen = f"sudo sh -c '{files}; nft list ruleset'"
    host.run("sudo nft add table inet theirs")
    before = host.run(seen).stdout
    module(host, tmp_path, "joliba_restore_point", action="create", run="run-1", touches=TOUCHES)
    host.run("sudo sh -c 'echo x > /etc/issue; chmod 600 /etc/issue; mkdir /etc/joliba; echo x > /etc/joliba/new.conf; "
             "nft delete table inet theirs; nft add table inet ours'")  # fmt: skip

    looked = playbook(host, tmp_path, "rollback.yml", "--check", joliba_run="run-1", joliba=LOOKED_AT)
    assert "/etc/joliba/new.conf" in looked
    assert host.run("cat /etc/issue", check=False).stdout != before
    assert "changed=1" in playbook(host, tmp_path, "rollback.yml", joliba_run="run-1", joliba=LOOKED_AT)
    assert host.run(seen).stdout == before
    assert "changed=0" in playbook(host, tmp_path, "rollback.yml", joliba=LOOKED_AT)


def test_a_revert_is_not_armed_where_nothing_would_fire_it(host, tmp_path):
    module(host, tmp_path, "joliba_restore_point", action="create", run="run-2", touches=TOUCHES)

    said = module(host, tmp_path, "joliba_restore_point", action="arm", run="run-2", expect=FAILED)

    assert "systemd does not run here" in said
