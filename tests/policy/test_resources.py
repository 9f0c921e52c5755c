"""What may be declared, on plain data: each refusal beside its accepted neighbour."""

import inspect
from dataclasses import replace
from datetime import date
from importlib import import_module

import pytest
import yaml
from policy.bounds_of import OWN, ROOT, bounds_of

from infra.intake.inventory import read_site
from infra.policy import foundation, types
from infra.policy.bounds import UNKNOWN, Bounds, Declared
from infra.policy.inputs import TOGETHER, Judged
from infra.policy.resources import judge_resource
from infra.policy.tenant_inputs import INPUTS

INGRESS = {
    "direction": "ingress", "protocol": "tcp", "port_range_min": 443, "port_range_max": 443,
    "remote_ip_prefix": "0.0.0.0/0", "remote_group_id": None,
}  # fmt: skip
EGRESS = {**INGRESS, "direction": "egress", "remote_ip_prefix": "10.64.16.0/24"}
DATA = {types.VOLUME: {"volume_type": "encrypted", "size": 10}, types.BUCKET: {"name": "archives"}}


@pytest.fixture(scope="module")
def within() -> Bounds:
    """The bounds of the sample tenant `sante`: restricted, one name published at 443."""
    return bounds_of("sante")


def codes(within, kind, inputs, **other):
    declared = Declared(type=kind, name="x", inputs=inputs, **{"own": OWN, "sources": None, **other})
    return [finding.code for finding in judge_resource(declared, within)]


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


@pytest.mark.parametrize("kind", DATA)
def test_data_that_is_not_protected_is_refused(within, kind):
    assert codes(within, kind, DATA[kind]) == ["RESOURCE-UNPROTECTED"]
    assert codes(within, kind, DATA[kind], protect=True) == []


def test_a_public_address_belongs_to_a_balancer(within):
    def of(sources, port=UNKNOWN):
        return codes(within, types.ADDRESS, {"port_id": port}, sources=sources)

    balancers = {"port_id": frozenset({types.BALANCER})}
    assert of({"port_id": frozenset({types.PORT})}) == ["RESOURCE-ADDRESS"]
    assert of({}) == ["RESOURCE-ADDRESS"]
    assert of({"port_id": frozenset({types.BALANCER, types.PORT})}) == ["RESOURCE-ADDRESS"]
    assert of(balancers) == []
    assert of(None) == []  # judged when it is known
    assert of(balancers, "another") == ["RESOURCE-ADDRESS"]
    assert of(balancers, "own") == []


def test_types_that_nobody_listed_are_refused(within):
    assert codes(within, "openstack:networking/floatingIpAssociate:FloatingIpAssociate", {}) == ["RESOURCE-TYPE"]
    assert codes(within, "command:local:Command", {}) == ["RESOURCE-TYPE"]
    assert codes(within, types.ROUTES, {}) == []
    assert codes(within, "joliba:datacenter:Tenant", {}) == []


def test_what_exists_already_is_not_taken_over(within):
    assert codes(within, types.NETWORK, {}, existing="id") == ["RESOURCE-EXISTING"]
    assert codes(within, types.NETWORK, {}) == []


def test_a_tenant_that_needs_no_encryption_may_have_plain_volumes_and_no_other_images():
    plain = bounds_of("education")

    assert codes(plain, types.VOLUME, {"volume_type": "standard"}, protect=True) == []
    assert codes(plain, types.SERVER, {"block_devices": None, "image_id": "i"}) == []
    assert codes(plain, types.SERVER, {"block_devices": None, "image_id": "another"}) == ["RESOURCE-IMAGE"]


def test_an_image_out_of_support_is_one_only_for_a_request_that_was_accepted_with_it(monkeypatch):
    monkeypatch.setattr("infra.policy.bounds.judged_on", lambda _: date(2028, 7, 1))  # after debian-12's end
    named = bounds_of("sante")

    def on_13(tenant):
        platforms = {
            name: replace(each, tiers={key: replace(tier, image="debian-13") for key, tier in each.tiers.items()})
            for name, each in tenant.platforms.items()
        }
        return replace(tenant, platforms=platforms)

    other = bounds_of("sante", on_13)

    assert codes(named, types.SERVER, {"image_id": "i", "block_devices": UNKNOWN}) == []
    assert codes(other, types.SERVER, {"image_id": "i", "block_devices": UNKNOWN}) == ["RESOURCE-IMAGE"]
    assert codes(other, types.SERVER, {"image_id": "i13", "block_devices": UNKNOWN}) == []


def test_a_real_cloud_is_in_the_national_list(within):
    national = read_site(ROOT, "ml-bko", only=["sante"]).country.policy.national
    urls = ["https://cloud.invalid:5000/v3", "https://cloud.example:5000/v3", "https://10.64.8.2/v3"]
    real = replace(within, national=national, auth_urls=frozenset(urls))

    assert [codes(real, types.PROVIDER, {"auth_url": url}) for url in urls] == [["RESOURCE-CLOUD"], [], []]


def test_a_tenant_that_needs_no_way_out_has_no_gateway():
    assert codes(bounds_of("justice"), types.ROUTER, {"external_network_id": "external_network"}) == [
        "RESOURCE-FOREIGN"
    ]
    assert codes(bounds_of("sante"), types.ROUTER, {"external_network_id": "external_network"}) == []


def test_a_destination_of_the_request_may_be_reached(within):
    own = bounds_of("finances")
    rule = {**EGRESS, "remote_ip_prefix": "203.0.113.64/28"}

    assert codes(own, types.RULE, rule) == []
    assert codes(within, types.RULE, rule) == ["RESOURCE-EGRESS"]


def test_a_secret_tenant_has_no_port_that_the_internet_reaches():
    own = bounds_of("finances")

    assert codes(own, types.RULE, INGRESS) == ["RESOURCE-INGRESS"]
    assert codes(own, types.RULE, {**INGRESS, "remote_ip_prefix": "10.64.0.0/22"}) == []


def test_refusals_are_told_in_both_languages_and_escaped(within):
    declared = Declared(type=types.RECORD, name="\x1b[2Jx", inputs={"name": "<b>\u202e", "zone_id": "sante-zone"})

    (finding,) = judge_resource(declared, within)

    assert "\x1b" not in finding.text("fr")
    assert "n'est pas dans la zone" in finding.text("fr")
    assert "is not in the tenant's zone" in finding.text("en")
    assert "\u202e" not in finding.text("en")


def inputs_of(kind: str) -> set[str]:
    """Every input that the SDK of a type knows."""
    module, _, name = kind.removeprefix("openstack:").partition("/")
    package = "pulumi_openstack" if kind == types.PROVIDER else f"pulumi_openstack.{module}"
    made = getattr(import_module(package), "Provider" if kind == types.PROVIDER else name.rpartition(":")[2])
    ours = {"self", "__self__", "resource_name", "opts", "__props__"}
    return set(inspect.signature(made._internal_init).parameters) - ours


EVERY = [
    pytest.param(rows, judge, kind, id=f"{stack}: {kind.rpartition(':')[2]}")
    for stack, rows, judge in (
        ("tenant", INPUTS, judge_resource),
        ("foundation", foundation.INPUTS, foundation.judge_foundation),
    )
    for kind in rows
]


@pytest.fixture(scope="module")
def shared() -> foundation.FoundationBounds:
    inventory = read_site(ROOT, "ml-bko", only=[])
    return foundation.foundation_bounds(
        inventory.site, inventory.country, register=inventory.register, files=["file"], key="key"
    )


@pytest.mark.parametrize(("rows", "judge", "kind"), EVERY)
def test_every_input_of_a_type_is_judged_or_harmless_for_a_reason_or_refused(within, shared, rows, judge, kind):
    row, about = rows[kind], within if rows is INPUTS else shared
    assert sorted(row.keys() - inputs_of(kind)) == []  # no misspelt one

    for name in inputs_of(kind) - row.keys():
        for value in ("x", UNKNOWN, True, -1, ["x"], {"x": "x"}):
            declared = Declared(type=kind, name="x", inputs={name: value}, protect=True, sources=None)
            assert "RESOURCE-INPUT" in [finding.code for finding in judge(declared, about)], name
    for name, rule in leaves(row):
        assert isinstance(rule, Judged) or len(rule.split()) > 1, f"{name} says no reason"


def leaves(row, around=()):
    for name, rule in row.items():
        if isinstance(rule, dict):
            yield from leaves(rule, (*around, name))
        else:
            yield (*around, name), rule


DANGEROUS = {"metadata": {"quota-bytes": "1"}, "volume_type_quota": {"gigabytes_encrypted": "-1"}, "name": "another"}
TRUE = {"insecure", "external", "shared"}


@pytest.mark.parametrize(("rows", "judge", "kind"), EVERY)
def test_a_foreign_value_of_every_judged_input_is_refused(within, shared, rows, judge, kind):
    for path, rule in leaves(rows[kind]):
        if not isinstance(rule, Judged):
            continue
        name = path[-1]
        value = True if name in TRUE else -1 if rule.code == "RESOURCE-QUOTA" else "another"
        value = DANGEROUS.get(name, value)
        if name == "properties":
            value = {"image_source": "https://images.invalid/x"}
        given = {name: value} if len(path) == 1 else {path[0]: [{name: value}]}
        if kind == types.BUCKET and name == "metadata":
            given["name"] = "archives"
        declared = Declared(type=kind, name="x", inputs=given, protect=True, sources=None)
        about = within if rows is INPUTS else shared
        assert rule.code in [finding.code for finding in judge(declared, about)], path


def test_every_input_that_is_judged_with_others_has_a_case():
    refused = {(case["type"], name) for case in CASES for name in case["bad"]}
    nested = {(types.SERVER, "block_devices", each) for each in ("boot_index", *BOOT_KEYS)}
    together = {(kind, *path) for kind, row in INPUTS.items() for path, rule in leaves(row) if rule is TOGETHER}

    left = {each for each in together - nested if each[:2] not in refused}
    assert left == {(types.ADDRESS, "port_id")}  # test_a_public_address_belongs_to_a_balancer


BOOT_KEYS = ("destination_type", "source_type", "volume_type")
