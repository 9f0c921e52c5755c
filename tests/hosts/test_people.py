"""Accounts of a tenant's hosts from its access groups."""

import pytest

from infra.hosts.people import people
from infra.model.account import account
from infra.model.classification import Role
from infra.model.tenant import AccessGroup

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey"


def group(role, *comments):
    return AccessGroup(name="sante", role=role, keys=tuple(f"{KEY}{number} {c}" for number, c in enumerate(comments)))


def test_each_person_has_one_account_with_all_their_keys():
    found = people([group(Role.MEMBER, "A.Traore@sante.example", "a.traore@poste2"), group(Role.READER, "b.keita")])

    assert [(one["name"], len(one["keys"]), one["administrator"]) for one in found] == [
        ("a-traore", 2, True), ("b-keita", 1, False),
    ]  # fmt: skip


def test_a_key_without_its_owner_or_with_an_account_of_the_system_is_left_out():
    assert people([AccessGroup(name="sante", role=Role.MEMBER, keys=(KEY,)), group(Role.MEMBER, "root@x", "1@x")]) == []
    assert account("c.diallo@sante.example") == "c-diallo"


@pytest.mark.parametrize(
    ("systems", "persons"),
    [
        ("www-data", "w.data"), ("Root", "r.oot"), ("docker", "dockeray"), ("postgres", "postgres-traore"),
        ("systemd-resolve", "s.resolve"), ("joliba", "jolibata"), ("administrateurs", "administrateur.sante"),
        ("_apt", "apta"), ("a..b", "a.b"), ("-a", "a"), ("a" * 33, "a" * 32), ("é.keita", "e.keita"),
    ],
)  # fmt: skip
def test_only_a_name_that_no_system_has_is_a_persons(systems, persons):
    assert account(f"{systems}@sante.example") == ""
    assert account(f"{persons}@sante.example") == persons.replace(".", "-")
