"""People on a light host: real accounts, a real SSH server, keys that open and keys that do not."""

import json
import subprocess
from dataclasses import replace

import pytest
from playing import PLAYBOOKS, module, playbook

from infra.hosts.catalogue import read_catalogue
from infra.lab.guests.fleet import LightFleet, obstacle

FAILED = 2
READ_ANEW = {"name": "Have the SSH server read where people's keys are", "ansible.builtin.command": "kill -HUP 1"}
"""The light host's SSH server is its first process; there is no systemd to ask."""


@pytest.fixture
def host(full):
    if why := obstacle():
        pytest.skip(why)
    with LightFleet(1) as (started,):
        yield started.access


def key(folder, name):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name], check=True)
    return (folder / f"{name}.pub").read_text().strip()


def person(name, *keys, administrator=False):
    return {"name": name, "keys": sorted(keys), "administrator": administrator}


def people(host, folder, *those, expect=0):
    plays = [{
        "name": "Test", "hosts": "all", "gather_facts": False, "become": True, "handlers": [READ_ANEW],
        "tasks": [{"name": "B1", "ansible.builtin.include_tasks": str(PLAYBOOKS / "roles/base/tasks/B01.yml")}],
    }]  # fmt: skip
    book = folder / "people.json"
    book.write_text(json.dumps(plays))
    facts = {"people": list(those), "sudo_group": "administrateurs"}
    return playbook(host, folder, book, expect=expect, joliba={"facts": facts})


def as_person(host, folder, name, key_of=None):
    return replace(host, user=name, key=folder / (key_of or name))


def may_log_in(host, folder, name, key_of=None):
    return as_person(host, folder, name, key_of).run("id -un", check=False).stdout.strip() == name


def test_only_declared_keys_open_a_persons_account_and_a_revoked_one_is_gone(host, tmp_path):
    awa, other = key(tmp_path, "awa"), key(tmp_path, "other")
    people(host, tmp_path, person("awa", awa, administrator=True), person("bakary", other))
    login = as_person(host, tmp_path, "awa")

    assert login.run("sudo -n id -un").stdout.strip() == "root"
    login.run(f"mkdir -m 700 .ssh && echo '{other}' > .ssh/authorized_keys && chmod 600 .ssh/authorized_keys")
    assert may_log_in(host, tmp_path, "bakary", "other")
    assert not may_log_in(host, tmp_path, "awa", "other")
    assert "changed=0" in people(host, tmp_path, person("awa", awa, administrator=True), person("bakary", other))
    people(host, tmp_path, person("awa", key(tmp_path, "new"), administrator=True))
    assert not may_log_in(host, tmp_path, "awa")
    assert host.run("ls /etc/ssh/joliba-keys").stdout.split() == ["awa"]


def test_the_automation_account_and_the_servers_other_settings_stay_as_they_are(host, tmp_path):
    asked = "sudo sshd -T -C user=exploitation,host=localhost,addr=127.0.0.1"
    before = host.run(asked).stdout

    people(host, tmp_path, person("awa", key(tmp_path, "awa")))

    assert host.run(asked).stdout == before
    changed = set(host.run(asked.replace("exploitation", "awa")).stdout.splitlines()) ^ set(before.splitlines())
    assert {line.split()[0] for line in changed} == {"authorizedkeysfile"}


def test_a_link_in_a_home_leads_root_nowhere(host, tmp_path):
    awa = person("awa", key(tmp_path, "awa"))
    people(host, tmp_path, awa)
    seen = "stat -c '%U %a' /etc/systemd/system; ls -A /etc/systemd/system"
    before = host.run(seen).stdout
    as_person(host, tmp_path, "awa").run("ln -s /etc/systemd/system .ssh")
    host.run("sudo rm /etc/ssh/joliba-keys/awa")

    people(host, tmp_path, awa)

    assert host.run(seen).stdout == before
    assert may_log_in(host, tmp_path, "awa")


@pytest.mark.parametrize("name", ["www-data", "exploitation"])
def test_an_account_that_is_no_persons_is_refused_and_stays_as_it_is(host, tmp_path, name):
    before = host.run(f"getent passwd {name}; id {name}").stdout

    said = people(host, tmp_path, person(name, key(tmp_path, "awa"), administrator=True), expect=FAILED)

    assert f"no accounts of people: {name}" in said
    assert host.run(f"getent passwd {name}; id {name}").stdout == before
    people(host, tmp_path, person("awa", key(tmp_path, "awa2")))


def test_a_rollback_takes_accounts_and_unused_homes_and_leaves_what_people_wrote(host, tmp_path):
    (touched,) = (each.touches for each in read_catalogue().recommendations.values() if each.number == "B1")
    seen = "sudo sh -c 'cat /etc/passwd /etc/shadow /etc/group /etc/gshadow; ls /etc/ssh /etc/ssh/sshd_config.d /home'"
    host.run("echo mine | sudo tee /home/exploitation/later >/dev/null")
    before = host.run(seen).stdout
    module(host, tmp_path, "joliba_restore_point", action="create", run="run-1", touches={"files": touched.files})
    host.run("sudo touch /var/lib/joliba/restore/run-1/begun")  # as arming does, for which light hosts have no systemd
    people(host, tmp_path, person("awa", key(tmp_path, "awa")), person("bakary", key(tmp_path, "bakary")))
    as_person(host, tmp_path, "bakary").run("echo mine > rapport; exit")
    host.run("echo mine again | sudo tee /home/exploitation/later >/dev/null")

    said = module(host, tmp_path, "joliba_restore_point", action="restore", run="run-1")

    assert host.run(seen).stdout.replace("bakary\n", "") == before
    assert host.run("cat /home/exploitation/later").stdout == "mine again\n"
    assert host.run("sudo stat -c '%U %a' /home/bakary; sudo cat /home/bakary/rapport").stdout == "root 700\nmine\n"
    assert "changed=1" in said
