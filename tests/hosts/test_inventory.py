"""Hosts from a tenant's contract, and what of its request follows them."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.environment import CHECKOUT
from infra.errors import RefusedError
from infra.hosts.catalogue import HostRole
from infra.hosts.collecting import Choice, snapshot
from infra.hosts.inventory import group_name, port_facts, site_facts, tenant_hosts
from infra.hosts.own_hosts import read_own_hosts
from infra.intake.inventory import read_site
from infra.model.classification import Classification, TierRole
from infra.model.contract import HostContract, TenantContract
from infra.plan import naming

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def inventory():
    return read_site(CHECKOUT, "ml-bko")


@pytest.fixture(scope="module")
def hosts(inventory):
    return hosts_of(inventory, inventory.requests["sante"].tenant)


def contract_of(tenant):
    """What the stack of a tenant says that is built as it asks."""
    servers = {
        host: HostContract(
            address=f"10.64.16.{number}", network=tier.network, platform=address.platform, tier=address.tier,
            flavor=tier.flavor, image=tier.image, image_id="i", rebuild="", server_id=f"server-{number}",
            volumes=dict.fromkeys(tier.volumes, f"volume-{number}"),
            volume_types={name: volume.type for name, volume in tier.volumes.items()},
        )
        for address, tier in tenant.tiers()
        for number, host in enumerate(naming.hosts(address, tier), start=5)
    }  # fmt: skip
    return TenantContract(
        site="ml-bko", tenant=tenant.name, classification=tenant.classification, hardening=tenant.hardening,
        project_id="p", networks={}, hosts=servers, published={}, buckets=(), granted={}, parts=(),
    )  # fmt: skip


def hosts_of(inventory, tenant, contract=None):
    """The hosts of such a tenant, built as it asks or as a contract says."""
    peers = {name: request.tenant for name, request in inventory.requests.items()}
    found = tenant_hosts(
        contract or contract_of(tenant), site=inventory.site, register=inventory.register, tenant=tenant, peers=peers,
        bastion="198.51.100.20", banner="Réservé",
    )  # fmt: skip
    return {host.name: host for host in found}


def of_tier(hosts, tier):
    return next(host for host in hosts.values() if host.tier == tier)


def test_every_server_of_the_contract_is_a_host_of_its_groups(hosts, inventory):
    servers = sum(tier.count for _, tier in inventory.requests["sante"].tenant.tiers())
    web = of_tier(hosts, "web")

    assert len(hosts) == servers
    assert web.groups[:2] == ("ml_bko", "ml_bko__sante")
    assert group_name("role", "guest") in web.groups


@pytest.mark.parametrize("role", TierRole)
def test_a_servers_role_for_the_rules_is_its_tiers(inventory, role):
    tenant = inventory.requests["sante"].tenant
    platform = tenant.platforms["dossier-patient"]
    tiers = {**platform.tiers, "app": replace(platform.tiers["app"], role=role)}
    asked = replace(tenant, platforms={**tenant.platforms, platform.name: replace(platform, tiers=tiers)})

    hosts = hosts_of(inventory, asked)

    told = snapshot(list(hosts.values()))
    assert of_tier(hosts, "app").role == role
    assert told[of_tier(hosts, "app").name]["variables"]["joliba"]["role"] == role.value
    assert group_name("role", role) in of_tier(hosts, "app").groups
    assert of_tier(hosts, "web").role == "guest"


def test_a_hosts_firewall_follows_the_requests_flows_and_nothing_else(hosts, inventory):
    blocks = inventory.register.tenants["sante"].networks
    tenant = inventory.requests["sante"].tenant
    for host in hosts.values():
        declared = {"22/tcp"} | {
            str(port)
            for flow in tenant.flows()
            if (flow.target.platform, flow.target.tier) == (host.platform, host.tier)
            for port in flow.ports
        }
        assert set(host.facts["listening"]) == declared
        sources = {flow["from"] for flow in host.facts["flows_in"]}
        assert str(inventory.site.addresses.administration) in sources
        assert sources - {str(inventory.site.addresses.administration)} <= {
            str(block) for tenant in inventory.register.tenants.values() for block in tenant.networks.values()
        }
    assert blocks


def test_ssh_goes_through_the_bastion_to_hosts_whose_keys_are_known(hosts, home):
    told = snapshot([of_tier(hosts, "web")])
    (host,) = told.values()
    arguments = host["variables"]["ansible_ssh_common_args"]

    assert "StrictHostKeyChecking=yes" in arguments
    assert f"HostKeyAlias={of_tier(hosts, 'web').address}" in arguments
    assert "HostKeyAlias=198.51.100.20" in arguments
    assert "joliba@198.51.100.20" in arguments


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_host_is_refused_in_the_users_language(hosts, home, monkeypatch, lang):
    monkeypatch.setenv("JOLIBA_LANG", lang)

    (host,) = snapshot([of_tier(hosts, "web")]).values()

    assert host["variables"]["joliba"]["lang"] == lang


def test_ssh_is_for_the_automation_account_and_for_people(hosts, home):
    (host,) = snapshot([of_tier(hosts, "web")]).values()
    facts = host["variables"]["joliba"]["facts"]

    assert facts["ssh_groups"] == [facts["automation_user"], "joliba-people"]


@pytest.mark.parametrize(
    ("text", "tier", "held"),
    [
        ("ml-bko", "web", True), ("ml-bko.sante", "web", True), ("ml-bko.sante.dossier-patient.web", "web", True),
        ("ml-bko.sante.dossier-patient.web", "app", False), ("ml-bko.justice", "web", False), ("bf-oua", "web", False),
    ],
)  # fmt: skip
def test_a_person_names_hosts_by_site_tenant_platform_and_tier(hosts, text, tier, held):
    assert Choice.parse(text).holds(of_tier(hosts, tier)) is held


def test_a_host_is_named_by_its_own_name_too(hosts):
    host = of_tier(hosts, "web")
    assert Choice.parse(host.name).holds(host)


def test_the_datacenters_own_hosts_come_from_their_file(inventory):
    (host,) = read_own_hosts(CHECKOUT, "ml-bko", inventory.country, TODAY).listed(inventory.site, "198.51.100.20")
    assert (host.name, host.role, host.jump) == ("ml-bko.foundation.hyperviseur-1", "hypervisor", None)
    assert "habilités" in host.facts["banner"]
    assert host.facts["banner"] == host.facts["banner"].strip(), "as rules read it on hosts"


def test_a_machines_own_operators_keep_their_way_in(inventory, home, tmp_path):
    file = tmp_path / "inventories/ml-bko/hosts.yaml"
    file.parent.mkdir(parents=True)
    own = "h1: {address: 10.64.0.25, role: hypervisor, level: high, user: ansible, login_groups: [exploitants]}"
    file.write_text(f"schema: 1\nsite: ml-bko\nhosts:\n  {own}\n")

    (host,) = snapshot(
        list(read_own_hosts(tmp_path, "ml-bko", inventory.country, TODAY).listed(inventory.site, ""))
    ).values()

    assert host["variables"]["joliba"]["facts"]["ssh_groups"] == ["ansible", "joliba-people", "exploitants"]


@pytest.mark.parametrize(("said", "own"), [("", []), (", port: 2222", ["2222/tcp"])])
def test_ssh_on_a_port_of_its_own_comes_from_the_administration_network(inventory, tmp_path, said, own):
    file = tmp_path / "inventories/ml-bko/hosts.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f"schema: 1\nsite: ml-bko\nhosts:\n  h1: {{address: 10.64.0.2, role: router, level: high{said}}}\n")

    (host,) = read_own_hosts(tmp_path, "ml-bko", inventory.country, TODAY).listed(inventory.site, "")

    administration = str(inventory.site.addresses.administration)
    assert host.facts["flows_in"] == [{"from": administration, "ports": own}] * len(own)
    assert host.facts["listening"] == own


def test_the_bastion_has_operators_and_deviations_of_its_own(inventory, home, tmp_path):
    file = tmp_path / "inventories/ml-bko/hosts.yaml"
    file.parent.mkdir(parents=True)
    office = inventory.country.approvers[Classification.SECRET][0]
    deviation = f"{{rule: R38, reason: Essai, owner: DSI, approver: {office}, expires: 2027-06-30, hosts: [bastion]}}"
    file.write_text(
        f"schema: 1\nsite: ml-bko\nbastion: {{level: high, login_groups: [exploitants]}}\nhosts: {{}}\n"
        f"deviations:\n  - {deviation}\n"
    )
    foundation = SimpleNamespace(bastion="198.51.100.20", bastion_id="server-0")

    host = read_own_hosts(tmp_path, "ml-bko", inventory.country, TODAY).bastion_host(foundation, inventory.site)

    assert (host.level, host.server_id) == ("high", "server-0")
    assert [each.rule for each in host.deviations] == ["R38"]
    (told,) = snapshot([host]).values()
    assert told["variables"]["joliba"]["facts"]["ssh_groups"] == ["joliba", "joliba-people", "exploitants"]


def test_a_file_of_hosts_that_its_schema_refuses_is_refused_with_its_line(inventory, tmp_path):
    file = tmp_path / "inventories/ml-bko/hosts.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("schema: 1\nsite: ml-bko\nhosts:\n  h1: {address: 10.0.0.256, role: hypervisor, level: high}\n")
    with pytest.raises(RefusedError, match=r"hosts\.yaml:4"):
        read_own_hosts(tmp_path, "ml-bko", inventory.country, TODAY)
    file.write_text(file.read_text().replace("256", "25"))
    assert list(read_own_hosts(tmp_path, "ml-bko", inventory.country, TODAY).hosts) == ["h1"]
    file.write_text(file.read_text().replace("h1:", "bastion:"))  # the site's own is called so
    with pytest.raises(RefusedError, match=r"hosts\.yaml:4"):
        read_own_hosts(tmp_path, "ml-bko", inventory.country, TODAY)


def test_plain_ansible_gets_the_same_hosts_and_takes_no_word_of_them_for_a_template(hosts, home, tmp_path):
    hostile = "{{ 7 * 7 }}"
    plain = snapshot(list(hosts.values()))
    for host in plain.values():
        host["variables"]["joliba"]["facts"]["banner"] = hostile
    (tmp_path / "hosts.json").write_text(json.dumps(plain))
    source = tmp_path / "joliba.yml"
    source.write_text(json.dumps({"plugin": "joliba", "snapshot": str(tmp_path / "hosts.json")}))
    command = [Path(sys.executable).parent / "ansible", "-i", source, "ml_bko__sante", "-c", "local", "-m"]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(CHECKOUT / "playbooks/ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path),
    }
    done = subprocess.run(
        [*command, "ansible.builtin.debug", "-a", "var=joliba.facts.banner"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.count(hostile) == len(hosts)
    assert "49" not in done.stdout


def test_a_host_saves_its_volumes_as_often_as_the_request_says_in_a_place_of_its_own(hosts, inventory):
    base, backups = of_tier(hosts, "base"), inventory.requests["sante"].tenant.backups

    saved = base.facts["backup"]

    assert saved["repository"].endswith(f"/sante/{base.name.removeprefix('ml-bko.sante.')}/")
    assert "/srv/donnees" in saved["paths"]
    assert "/srv/donnees" in saved["mounts"]
    assert (saved["every_hours"], saved["keep_days"]) == (backups.every_hours, backups.keep_days)
    assert len({host.facts["backup"]["repository"] for host in hosts.values()}) == len(hosts)


def test_a_volume_is_encrypted_as_its_type_says_and_must_be_as_the_classification_says(hosts):
    facts = of_tier(hosts, "base").facts

    assert facts["encryption_asked"]
    assert facts["encrypted_volumes"] == facts["volume_names"] == ["donnees"]
    assert of_tier(hosts, "web").facts["encrypted_volumes"] == []


def test_a_volume_that_was_built_of_another_type_than_is_asked_for_now_is_not_called_encrypted(inventory):
    tenant = inventory.requests["sante"].tenant
    contract = contract_of(tenant)
    plain = {
        name: replace(host, volume_types=dict.fromkeys(host.volumes, "standard"))
        for name, host in contract.hosts.items()
    }

    hosts = hosts_of(inventory, tenant, replace(contract, hosts=plain))

    assert of_tier(hosts, "base").facts["encrypted_volumes"] == []


def test_icmp_is_no_port_of_a_firewall_which_takes_it_from_everywhere():
    flows = [{"from": "10.0.0.0/24", "ports": ["icmp", "22/tcp"]}, {"from": "10.1.0.0/24", "ports": ["icmp"]}]

    assert port_facts(flows) == {"flows_in": [{"from": "10.0.0.0/24", "ports": ["22/tcp"]}], "listening": ["22/tcp"]}


def test_a_labs_hosts_keep_the_sources_of_their_image_and_a_real_sites_do_not(inventory):
    real = site_facts(replace(inventory.site, cloud="bamako"), "")

    assert "repositories" not in site_facts(inventory.site, "")
    assert real["repositories"][0] == f"https://{inventory.site.services.mirror[0]}/debian"


@pytest.mark.parametrize(
    ("role", "trusted"),
    [("guest", []), ("bastion", []), ("container-host", ["interface docker0"]), ("router", ["protocol 89"])],
)
def test_only_roles_that_need_it_trust_more_than_flows(hosts, home, role, trusted):
    host = replace(of_tier(hosts, "web"), role=HostRole(role))

    (told,) = snapshot([host]).values()

    assert told["variables"]["joliba"]["facts"]["trusted"][:1] == trusted
