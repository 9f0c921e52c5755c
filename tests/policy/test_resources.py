"""What may be declared, on plain data: each refusal beside its accepted neighbour."""

from pathlib import Path

import pytest
import yaml
from netaddr import IPNetwork

from infra.intake.inventory import read_site
from infra.policy.resources import BALANCER, PROVIDER, UNKNOWN, Bounds, Declared, bounds, judge_resource

ROOT = Path(__file__).parents[2]
NETWORKING = "openstack:networking/"
RULE = f"{NETWORKING}secGroupRule:SecGroupRule"
ADDRESS = f"{NETWORKING}floatingIp:FloatingIp"
NETWORK = f"{NETWORKING}network:Network"
PORT = f"{NETWORKING}port:Port"
GROUP = f"{NETWORKING}secGroup:SecGroup"
SERVER = "openstack:compute/instance:Instance"
VOLUME = "openstack:blockstorage/volume:Volume"
BUCKET = "openstack:objectstorage/container:Container"
ROLE = "openstack:identity/roleAssignment:RoleAssignment"
RECORD = "openstack:dns/recordSet:RecordSet"
SHARE = "openstack:dns/zoneShareV2:ZoneShareV2"
LISTENER = "openstack:loadbalancer/listener:Listener"

INGRESS = {
    "direction": "ingress", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443,
    "remote_ip_prefix": "0.0.0.0/0", "remote_group_id": None,
}  # fmt: skip
EGRESS = {**INGRESS, "direction": "egress", "remote_ip_prefix": "10.64.16.0/24"}
BOOT = {
    "boot_index": 0, "source_type": "image", "destination_type": "volume", "uuid": "i", "volume_type": "encrypted",
}  # fmt: skip
DATA = {"volume_type": "encrypted", "size": 10}


@pytest.fixture(scope="module")
def within() -> Bounds:
    """The bounds of the sample tenant `sante`: restricted, one name published at 443."""
    inventory = read_site(ROOT, "ml-bko", only=["sante"])
    roles = {"member": "member-role", "reader": "reader-role"}
    tenant = inventory.requests["sante"].tenant
    return bounds(tenant, inventory.site, inventory.country, zone_id="sante-zone", roles=roles)


def codes(within, kind, inputs, **other):
    return [finding.code for finding in judge_resource(Declared(type=kind, name="x", inputs=inputs, **other), within)]


CASES = yaml.safe_load((ROOT / "tests/cases/resources.yaml").read_text(encoding="utf-8"))
EACH = pytest.mark.parametrize("case", [pytest.param(case, id=case["it"]) for case in CASES])


@EACH
def test_what_no_request_may_ask_for_is_refused_and_its_neighbour_accepted(within, case):
    assert codes(within, case["type"], {**case["sound"], **case["bad"]}, protect=True) == [case["code"]]
    assert codes(within, case["type"], case["sound"], protect=True) == []


@EACH
def test_what_is_not_known_yet_is_refused_only_for_being_there(within, case):
    inputs = {**case["sound"], **dict.fromkeys(case["bad"], UNKNOWN)}

    expected = [case["code"]] if case.get("present") else []
    assert codes(within, case["type"], inputs, protect=True) == expected


@pytest.mark.parametrize("kind", [VOLUME, BUCKET])
def test_data_that_is_not_protected_is_refused(within, kind):
    assert codes(within, kind, DATA) == ["RESOURCE-UNPROTECTED"]
    assert codes(within, kind, DATA, protect=True) == []


def test_a_public_address_belongs_to_a_balancer(within):
    def of(sources):
        return codes(within, ADDRESS, {"port_id": UNKNOWN}, sources=sources)

    assert of({"port_id": frozenset({PORT})}) == ["RESOURCE-ADDRESS"]
    assert of({}) == ["RESOURCE-ADDRESS"]
    assert of({"port_id": frozenset({BALANCER, PORT})}) == ["RESOURCE-ADDRESS"]
    assert of({"port_id": frozenset({BALANCER})}) == []
    assert of(None) == []  # judged when it is known


def test_types_that_nobody_listed_are_refused(within):
    assert codes(within, "openstack:networking/floatingIpAssociate:FloatingIpAssociate", {}) == ["RESOURCE-TYPE"]
    assert codes(within, "command:local:Command", {}) == ["RESOURCE-TYPE"]
    assert codes(within, "openstack:networking/routerRoutesV2:RouterRoutesV2", {}) == []
    assert codes(within, "joliba:datacenter:Tenant", {}) == []


def test_a_tenant_that_needs_no_encryption_may_have_plain_volumes():
    inventory = read_site(ROOT, "ml-bko", only=["education"])
    tenant = inventory.requests["education"].tenant
    plain = bounds(tenant, inventory.site, inventory.country, zone_id="z", roles={})

    assert codes(plain, VOLUME, {"volume_type": "standard"}, protect=True) == []
    assert codes(plain, SERVER, {"block_devices": None, "image_id": "i"}) == []


def test_a_real_cloud_is_in_the_national_list():
    inventory = read_site(ROOT, "ml-bko", only=["sante"])
    national = inventory.country.policy.national
    real = Bounds(
        file="x", zone="z", zone_id="z", inside=IPNetwork("10.64.0.0/12"), open_ports=frozenset(), listens=frozenset(),
        egress=(), encrypting=None, roles=frozenset(), national=national,
    )  # fmt: skip

    assert codes(real, PROVIDER, {"auth_url": "https://cloud.invalid:5000/v3"}) == ["RESOURCE-CLOUD"]
    assert codes(real, PROVIDER, {"auth_url": "https://cloud.example:5000/v3"}) == []
    assert codes(real, PROVIDER, {"auth_url": "https://10.64.8.2/v3"}) == []


def test_a_destination_of_the_request_may_be_reached(within):
    inventory = read_site(ROOT, "ml-bko", only=["finances"])
    tenant = inventory.requests["finances"].tenant
    own = bounds(tenant, inventory.site, inventory.country, zone_id="z", roles={})
    rule = {**EGRESS, "remote_ip_prefix": "203.0.113.64/28"}

    assert codes(own, RULE, rule) == []
    assert codes(within, RULE, rule) == ["RESOURCE-EGRESS"]


def test_a_secret_tenant_has_no_port_that_the_internet_reaches():
    inventory = read_site(ROOT, "ml-bko", only=["finances"])
    own = bounds(inventory.requests["finances"].tenant, inventory.site, inventory.country, zone_id="z", roles={})

    assert codes(own, RULE, INGRESS) == ["RESOURCE-INGRESS"]
    assert codes(own, RULE, {**INGRESS, "remote_ip_prefix": "10.64.0.0/22"}) == []


def test_refusals_are_told_in_both_languages_and_escaped(within):
    declared = Declared(type=RECORD, name="\x1b[2Jx", inputs={"name": "<b>\u202e", "zone_id": "sante-zone"})

    (finding,) = judge_resource(declared, within)

    assert "\x1b" not in finding.text("fr")
    assert "n'est pas dans la zone" in finding.text("fr")
    assert "is not in the tenant's zone" in finding.text("en")
    assert "\u202e" not in finding.text("en")
