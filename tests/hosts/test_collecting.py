"""Which hosts a site has, by its stacks and its files; no cloud."""

import json
import subprocess
import sys
from dataclasses import asdict, fields, replace
from datetime import date
from pathlib import Path

import pytest
from hosts.test_inventory import contract_of

from infra.environment import CHECKOUT
from infra.errors import JolibaError, RefusedError
from infra.hosts.collecting import collect
from infra.hosts.own_hosts import read_own_hosts
from infra.intake.inventory import read_site
from infra.model.classification import Classification
from infra.model.contract import FoundationContract

TODAY = date(2026, 11, 24)
TENANTS = ("justice", "sante")


@pytest.fixture
def built(root):
    """A project two of whose tenants are built as they ask; its folder of requests."""
    requests = read_site(root, "ml-bko").requests
    for name in TENANTS:
        keep(root, name, contract_of(requests[name].tenant))
    return root / "inventories/ml-bko/tenants"


def keep(root, name, contract):
    """Write a stack's state, as Pulumi would leave it."""
    folder = root.parent / "home/labs/ml-bko/state/.pulumi/stacks/joliba"
    folder.mkdir(parents=True, exist_ok=True)
    stack = {"urn": "urn", "type": "pulumi:pulumi:Stack", "outputs": {"contract": asdict(contract)}}
    state = {"version": 3, "checkpoint": {"latest": {"resources": [stack]}}}
    (folder / f"ml-bko.{name}.json").write_text(json.dumps(state))


def told(found):
    """The tenants of the hosts that are meant, and of those that are left out, each with the reason."""
    meant = {host.tenant for host in found.hosts} - {"foundation"}
    return sorted(meant), {host.tenant: reason for host, reason in found.left_out}


def test_the_tenants_that_are_built_have_hosts(built, root):
    assert told(collect(root, ["ml-bko"])) == (["justice", "sante"], {})


@pytest.mark.usefixtures("built")
def test_ansibles_own_inventory_has_the_hosts_of_the_stacks(root, tmp_path, monkeypatch):
    monkeypatch.setenv("ANSIBLE_CONFIG", str(CHECKOUT / "playbooks/ansible.cfg"))
    monkeypatch.setenv("ANSIBLE_HOME", str(tmp_path / "ansible"))
    program = Path(sys.executable).parent / "ansible-inventory"

    listed = json.loads(subprocess.run([program, "--list"], check=True, capture_output=True).stdout)

    hosts = {host.name: host for host in collect(root, []).hosts}
    assert {name: told["ansible_host"]["__ansible_unsafe"] for name, told in listed["_meta"]["hostvars"].items()} == {
        name: host.address for name, host in hosts.items()
    }
    assert {*listed["ml_bko__sante"]["hosts"]} == {name for name, host in hosts.items() if host.tenant == "sante"}


NOTES = {
    "en": (
        "ml-bko.justice#1: not honoured: ",
        "x: it is no longer there",
        "ml-bko.sante: its request cannot be read: joliba check",
    ),
    "fr": (
        "ml-bko.justice#1 : dérogation non retenue : ",
        "x : cet hôte n'existe plus",
        "ml-bko.sante : sa demande ne peut pas être lue\N{NO-BREAK SPACE}: joliba check",
    ),
}


@pytest.mark.parametrize("lang", NOTES)
def test_what_is_amiss_is_told_in_the_users_language(built, root, monkeypatch, lang):
    (built / "sante.yaml").write_text("broken: [\n")
    file = built / "justice.yaml"
    entry = "{rule: R80, owner: DSI, reason: Essai, approver: DSI, expires: 2027-06-30}"
    file.write_text(f"{file.read_text()}\ndeviations: [{entry}]\n")
    monkeypatch.setenv("JOLIBA_LANG", lang)
    deviation, host, stack = NOTES[lang]

    found = collect(root, ["ml-bko"])

    assert told(found)[1] == {"sante": "its request cannot be read: joliba check"}  # the report translates it
    assert [note.startswith(deviation) for note in found.notes] == [True]
    assert found.among(["x"]).notes[-1] == host
    with pytest.raises(RefusedError) as refused:
        collect(root, ["ml-bko.sante"])
    assert refused.value.told(lang) == stack


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("earlier", [True, False])
def test_what_an_earlier_release_did_not_tell_of_a_stack_is_said(root, earlier):
    named = {field.name: field.name for field in fields(FoundationContract)} | {"image_versions": {}}
    foundation = FoundationContract(**named)
    tenant = contract_of(read_site(root, "ml-bko").requests["sante"].tenant)
    if earlier:
        foundation = replace(foundation, bastion_id="")
        hosts = {name: replace(host, volume_types={}) for name, host in tenant.hosts.items()}
        tenant = replace(tenant, hosts=hosts)
    keep(root, "foundation", foundation)
    keep(root, "sante", tenant)

    notes = collect(root, ["ml-bko"]).notes

    assert [note.rpartition(": ")[2] for note in notes] == (
        ["joliba up ml-bko.foundation", "joliba up ml-bko.sante"] if earlier else []
    )


@pytest.mark.parametrize("gone", [True, False], ids=["deleted", "broken"])
def test_a_built_tenant_without_a_request_is_left_out_and_told(built, root, gone):
    file, before = built / "sante.yaml", collect(root, ["ml-bko.sante"]).hosts
    if gone:
        file.unlink()
    else:
        file.write_text(file.read_text() + "\nbroken: [\n")

    found = collect(root, ["ml-bko"])

    reason = "its request is gone, and its stack is not" if gone else "its request cannot be read: joliba check"
    assert told(found) == (["justice"], {"sante": reason})
    assert [host.name for host, _ in found.left_out] == [host.name for host in before]
    with pytest.raises(JolibaError):
        collect(root, ["ml-bko.sante"])
    assert told(collect(root, ["ml-bko.justice"])) == (["justice"], {})


@pytest.mark.parametrize(
    ("consent", "honoured"),
    [
        ("approver: {office}, expires: 2027-06-30", True),
        ("approver: DSI, expires: 2027-06-30", False),  # its own
        ("approver: Stagiaire, expires: 2027-06-30", False),  # no office of the country's
        ("approver: {office}, expires: 2099-06-30", False),
    ],
)
def test_a_deviation_that_the_country_does_not_accept_excuses_no_host(built, root, consent, honoured):
    file, country = built / "sante.yaml", read_site(root, "ml-bko").country
    office = country.approvers[Classification.RESTRICTED][0]
    entry = f"{{rule: R80, owner: DSI, reason: Essai, {consent.format(office=office)}}}"
    file.write_text(f"{file.read_text()}\ndeviations: [{entry}]\n")

    found = collect(root, ["ml-bko.sante"])

    assert {"R80" in [each.rule for each in host.deviations] for host in found.hosts} == {honoured}
    assert (found.notes == ()) is honoured


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, None),
        ({"rule": "B6"}, None),
        ({"rule": "R81"}, "hosts.yaml:5:"),
        ({"rule": "ssh-asks-for-key"}, "hosts.yaml:5:"),
        ({"approver": "DSI"}, "hosts.yaml:8:"),
        ({"approver": "Stagiaire"}, "hosts.yaml:8:"),
        ({"expires": "2099-06-30"}, "hosts.yaml:9:"),
        ({"hosts": "[hyperviseur-l]"}, "hosts.yaml:10:"),
    ],
)
def test_a_deviation_of_the_datacenters_own_hosts_is_judged_as_a_requests(root, changed, line):
    country = read_site(root, "ml-bko").country
    said = {
        "rule": "ssh-asks-for-keys", "reason": "Essai", "owner": "DSI",
        "approver": country.approvers[Classification.SECRET][0], "expires": "2027-06-30", "hosts": "[bastion, h1]",
    } | changed  # fmt: skip
    entry = "".join(f"\n    {key}: {value}" for key, value in said.items()).replace("\n    ", "\n  - ", 1)
    file = root / "inventories/ml-bko/hosts.yaml"
    hosts = "hosts: {h1: {address: 10.64.0.25, role: hypervisor, level: high}}"
    file.write_text(f"schema: 1\nsite: ml-bko\n{hosts}\ndeviations:{entry}\n")

    if line:
        with pytest.raises(RefusedError, match=line):
            read_own_hosts(root, "ml-bko", country, TODAY)
    else:
        (deviation,) = read_own_hosts(root, "ml-bko", country, TODAY).deviations
        assert deviation.hosts == ("ml-bko.foundation.bastion", "ml-bko.foundation.h1")


@pytest.mark.parametrize("broken", ["tenants/etat-civil.yaml", "addresses.yaml"])
def test_a_file_that_a_tenants_flows_need_takes_no_other_tenant_along(built, root, broken):
    requests = read_site(root, "ml-bko").requests
    for name in ("finances", "etat-civil"):
        keep(root, name, contract_of(requests[name].tenant))
    assert told(collect(root, ["ml-bko"])) == (["etat-civil", "finances", *TENANTS], {})
    (built.parent / broken).write_text("broken: [\n")

    meant, left_out = told(collect(root, ["ml-bko"]))

    why = "a request that its own names, or the address register, cannot be read: joliba check"
    assert left_out["finances"] == why
    assert (meant == [*TENANTS]) is (broken != "addresses.yaml")
    with pytest.raises(RefusedError, match="cannot be read: joliba check"):
        collect(root, ["ml-bko.finances"])


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("meant", ["ml-bko", "ml-bko.sante", "ml-bko.foundation.bastion"])
def test_the_bastion_that_hosts_are_reached_through_is_told_with_them(root, meant):
    """Its key must be known before any of them is."""
    named = {field.name: field.name for field in fields(FoundationContract)} | {"image_versions": {}}
    keep(root, "foundation", FoundationContract(**named))

    found = collect(root, [meant])

    bastions = [] if meant.endswith("bastion") else ["ml-bko.foundation.bastion"]
    assert [host.name for host in found.bastions] == bastions
    assert ("ml-bko.foundation.bastion" in [host.name for host in found.hosts]) is (meant != "ml-bko.sante")
    assert found.among([]).bastions == found.bastions
