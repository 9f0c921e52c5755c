"""What the sample requests of all three sites declare, under mocks."""

from collections import Counter
from dataclasses import fields, replace

import pulumi
import pulumi_openstack as openstack
import pytest

from infra import environment
from infra.datacenter.catalogue import Catalogue, CatalogueArgs
from infra.datacenter.foundation import Foundation, FoundationArgs
from infra.datacenter.tenant import Tenant, TenantArgs
from infra.intake.inventory import read_site, sites, tenants
from infra.lab.machines.profile import BootableImage
from infra.model.contract import FoundationContract, HostContract, TenantContract, decode_foundation, decode_tenant
from infra.plan import naming

ROOT = environment.CHECKOUT
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl joliba"
SAMPLES = [(site, tenant) for site in sites(ROOT) for tenant in tenants(ROOT, site)]


def foundation_of(inventory):
    site = inventory.site
    known = {
        "flavors": {name: f"{name}-flavor" for name in site.flavors},
        "images": {name: f"{name}-image" for name in site.images},
        "qos": {name: f"{name}-qos" for name in site.qos},
        "zones": {name: f"{name}-zone" for name in inventory.names},
        "roles": {"member": "member-role", "reader": "reader-role"},
        "management_key": KEY,
    }
    return FoundationContract(**{field.name: known.get(field.name, field.name) for field in fields(FoundationContract)})


def declared_tenant(declare, inventory, name, *, built=None, change=lambda request: request, kept=None):
    """What a tenant declares, and its contract as it would arrive at a reader."""
    contract = {}

    def program():
        administrator = openstack.Provider("administrator", cloud="lab")
        tenant = Tenant(
            name,
            TenantArgs(
                request=change(inventory.requests[name].tenant),
                site=inventory.site,
                register=inventory.register,
                peers=inventory.peers,
                foundation=foundation_of(inventory),
                commit="0123456789ab",
                password=pulumi.Output.secret("only-a-test"),
                administrator=administrator,
                built=built,
            ),
        )
        return pulumi.Output.from_input(tenant.contract).apply(contract.update)

    return declare(program, kept=kept), decode_tenant(contract)


@pytest.fixture
def declare_tenant(declare):
    """``declare_tenant(site, tenant)`` gives what was declared and the contract."""

    def run(site, name, **more):
        return declared_tenant(declare, read_site(ROOT, site, only=[name]), name, **more)

    return run


@pytest.mark.parametrize(("site", "tenant"), SAMPLES)
def test_every_sample_declares_what_its_request_says(declare_tenant, site, tenant):
    request = read_site(ROOT, site, only=[tenant]).requests[tenant].tenant

    declared, contract = declare_tenant(site, tenant)

    hosts = [host for address, tier in request.tiers() for host in naming.hosts(address, tier)]
    assert sorted(declared.of("Instance")) == sorted(hosts) == sorted(contract.hosts)
    assert len(declared.of("Network")) - 1 == len(request.networks)  # and the component of that name
    assert sorted(declared.of("Container")) == sorted(f"buckets-{name}" for name in request.buckets)
    assert sorted(record["name"] for record in declared.of("RecordSet").values()) == sorted(
        f"{name}." for platform in request.platforms.values() for name in platform.publish
    )


@pytest.mark.parametrize(("site", "tenant"), SAMPLES)
def test_no_two_resources_of_a_stack_have_the_same_name(declare_tenant, site, tenant):
    declared, _ = declare_tenant(site, tenant)

    seen = Counter((kind, name) for kind, name, _ in declared.resources)
    assert [name for name, number in seen.items() if number > 1] == []


def test_restricted_data_lies_on_encrypted_volumes_root_disks_included(declare_tenant):
    declared, _ = declare_tenant("ml-bko", "sante")

    roots = {server["blockDevices"][0]["volumeType"] for server in declared.of("Instance").values()}
    data = {volume["volumeType"] for volume in declared.of("Volume").values()}
    assert roots == data == {"encrypted"}


def test_ids_come_from_the_foundation_and_nothing_is_looked_up(declare_tenant):
    declared, _ = declare_tenant("ml-bko", "sante")

    server = next(iter(declared.of("Instance").values()))
    assert server["flavorId"].endswith("-flavor")
    assert server["blockDevices"][0]["uuid"] == "debian-12-image"


def test_a_smaller_request_has_room_for_what_leaves_until_the_next_run(declare_tenant):
    _, before = declare_tenant("ml-bko", "sante")

    def halved(request):
        platforms = {
            name: replace(platform, tiers={key: replace(tier, count=1) for key, tier in platform.tiers.items()})
            for name, platform in request.platforms.items()
        }
        return replace(request, platforms=platforms)

    during, contract = declare_tenant("ml-bko", "sante", built=before, change=halved)
    after, _ = declare_tenant("ml-bko", "sante", built=contract, change=halved)

    needed = before.granted["compute"]["instances"]
    assert during.of("QuotaSetV2")["access-quota-compute"]["instances"] == needed + needed // 2
    assert after.of("QuotaSetV2")["access-quota-compute"]["instances"] == needed // 2


def test_a_renamed_tier_has_room_for_the_old_servers_and_the_new(declare_tenant):
    _, before = declare_tenant("ml-bko", "justice")

    def renamed(request):
        platform = request.platforms["courriers"]
        tiers = {"app": platform.tiers["app"], "bases": replace(platform.tiers["base"], name="bases")}
        return replace(request, platforms={"courriers": replace(platform, tiers=tiers, flows=())})

    during, _ = declare_tenant("ml-bko", "justice", built=before, change=renamed)

    assert during.of("QuotaSetV2")["access-quota-compute"]["instances"] == 4
    assert during.of("QuoteSetV3")["access-quota-volumes"]["volumes"] == 6


def test_a_larger_request_gets_just_what_it_needs(declare_tenant):
    _, before = declare_tenant("ml-bko", "justice")

    def larger(request):
        platform = request.platforms["courriers"]
        tiers = {**platform.tiers, "app": replace(platform.tiers["app"], count=3)}
        return replace(request, platforms={"courriers": replace(platform, tiers=tiers)})

    during, _ = declare_tenant("ml-bko", "justice", built=before, change=larger)

    assert during.of("QuotaSetV2")["access-quota-compute"]["instances"] == 4


def test_the_contract_says_of_each_host_what_a_configurator_needs(declare_tenant):
    _, contract = declare_tenant("ml-bko", "sante")

    assert isinstance(contract, TenantContract)
    host = contract.hosts["dossier-patient-base-1"]
    assert isinstance(host, HostContract)
    assert (host.platform, host.tier, host.network, list(host.volumes)) == (
        "dossier-patient",
        "base",
        "interne",
        ["donnees"],
    )


@pytest.fixture
def warnings(monkeypatch):
    """What a program by hand warns of."""
    told = []
    monkeypatch.setattr(pulumi, "warn", told.append)
    monkeypatch.delenv(environment.RUN, raising=False)
    return told


OUTSIDE = {"externalNetworkId": "outside"}


@pytest.mark.parametrize(("lang", "says"), [("en", "still leads out of the site"), ("fr", "mène encore hors du site")])
def test_by_hand_a_gateway_that_stays_open_is_told_with_the_command_that_closes_it(
    declare_tenant, warnings, monkeypatch, lang, says
):
    monkeypatch.setenv("JOLIBA_LANG", lang)

    declare_tenant("ml-bko", "justice", kept=OUTSIDE)

    (told,) = warnings
    assert says in told
    assert "GATEWAY-KEPT" in told
    assert "`joliba up ml-bko.justice`" in told


@pytest.mark.parametrize(
    ("tenant", "kept"),
    [pytest.param("justice", {}, id="it is closed"), pytest.param("sante", OUTSIDE, id="it is asked for")],
)
def test_of_other_gateways_nothing_is_said(declare_tenant, warnings, tenant, kept):
    declare_tenant("ml-bko", tenant, kept=kept)

    assert warnings == []


def test_joliba_closes_the_gateway_and_says_nothing_of_it_before(declare_tenant, warnings, monkeypatch):
    monkeypatch.setenv(environment.RUN, "mine")

    declare_tenant("ml-bko", "justice", kept=OUTSIDE)

    assert warnings == []


@pytest.mark.parametrize("site", sites(ROOT))
def test_a_foundation_offers_what_its_site_lists_and_a_zone_to_each_tenant(declare, tmp_path, site):
    inventory = read_site(ROOT, site)
    contract = {}

    def program():
        foundation = Foundation(
            "foundation",
            FoundationArgs(
                site=inventory.site,
                register=inventory.register,
                management_key=KEY,
                root=ROOT,
                placeholders=tmp_path,
            ),
        )
        return pulumi.Output.from_input(foundation.contract).apply(contract.update)

    declared = declare(program)

    found = decode_foundation(contract)
    assert sorted(found.flavors) == sorted(inventory.site.flavors)
    assert sorted(found.zones) == sorted(inventory.register.tenants)
    assert len(declared.of("Image")) == sum(len(image.versions) for image in inventory.site.images.values())
    assert found.auth_url == "http://127.0.0.1:5000/v3"


def test_where_an_image_boots_its_current_version_is_it_and_all_others_stay_as_they_were(declare, tmp_path):
    site = read_site(ROOT, "ml-bko", only=[]).site
    for part in ("disk", "kernel", "initrd"):
        (tmp_path / part).write_text(part)
    real = BootableImage(
        disk=tmp_path / "disk", kernel=tmp_path / "kernel", initrd=tmp_path / "initrd", command_line="quiet"
    )

    def images(bootable):
        return declare(
            lambda: (
                Catalogue("c", CatalogueArgs(site=site, root=ROOT, placeholders=tmp_path, bootable=bootable)) and None
            )
        ).of("Image")

    before, after = images({}), images({"debian-12": real})

    current = f"c-image-{site.images['debian-12'].current.name}"
    assert after.keys() - before.keys() == {f"{current}-kernel", f"{current}-initrd"}
    assert {name for name in before if before[name] != after[name]} == {current}
    found = after[current]
    assert (found["localFilePath"], found["diskFormat"]) == (str(real.disk), "qcow2")
    assert found["properties"] == {
        **before[current]["properties"],
        "kernel_id": f"{current}-kernel-id",
        "ramdisk_id": f"{current}-initrd-id",
        "os_command_line": "quiet",
    }
