"""The passwords of backups: made once, kept from others, and beside what rules are asked with."""

import json
from dataclasses import replace

import pytest

from infra.hosts.asking import questions
from infra.hosts.catalogue import HostRole, read_catalogue
from infra.hosts.collecting import snapshot
from infra.hosts.inventory import Host
from infra.model.classification import HardeningLevel

HOST = Host(
    name="s.t.web-1", site="s", tenant="t", ministry="M", platform="p", tier="web", role=HostRole.GUEST,
    level=HardeningLevel.HIGH, address="10.0.0.5", cloud="lab", facts={"backup": {"repository": "https://b/t/web-1/"}},
)  # fmt: skip
OTHER = replace(HOST, name="s.t.web-2", address="10.0.0.6")


@pytest.fixture
def passwords(home):
    """``passwords(*hosts)``: what playbooks get, by host."""

    def told(*hosts):
        return {name: each["variables"]["joliba_backup"] for name, each in snapshot(hosts).items()}

    told.folder = home / "keys/s/backups"
    return told


def test_they_are_made_once_one_a_host_and_one_a_tenant(passwords):
    made = passwords(HOST, OTHER)

    assert passwords(HOST, OTHER) == made
    assert made[HOST.name]["login"] == made[OTHER.name]["login"]
    assert len({made[HOST.name]["login"], *(each["encryption"] for each in made.values())}) == 3
    assert sorted(file.name for file in passwords.folder.iterdir()) == ["s.t.web-1", "s.t.web-2", "t"]
    assert {file.stat().st_mode & 0o777 for file in passwords.folder.iterdir()} == {0o600}


def test_those_of_an_earlier_release_go_on_being_used(passwords):
    passwords.folder.mkdir(parents=True)
    for name in (HOST.name, "t"):
        (passwords.folder / name).write_text(f"of-{name}\n")

    assert passwords(HOST) == {HOST.name: {"encryption": "of-s.t.web-1", "login": "of-t"}}


def test_a_host_that_saves_nothing_has_none(passwords):
    assert passwords(replace(HOST, facts={"backup": {}})) == {HOST.name: {}}
    assert not passwords.folder.exists()


def test_no_question_of_an_audit_has_them(home):
    variables = snapshot([HOST])[HOST.name]["variables"]
    asked = json.dumps([variables["joliba"], questions(read_catalogue(), variables["joliba"])])

    assert [word for word in variables["joliba_backup"].values() if word in asked] == []
    assert home
