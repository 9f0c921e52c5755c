"""The guard before the resources of a tenant's stack."""

import asyncio
import logging
import shutil
from pathlib import Path

import pulumi
import pulumi_openstack as openstack
import pytest
from datacenter.test_components import KEY, SAMPLES, foundation_of
from datacenter.test_valid_requests import SITE, accepted
from pulumi.runtime.settings import get_monitor

from infra import environment
from infra.datacenter import guard
from infra.datacenter.program import _judge
from infra.datacenter.tenant import Tenant, TenantArgs
from infra.intake.inventory import read_site
from infra.policy.bounds import UNKNOWN

ROOT: Path = environment.CHECKOUT
logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a refused program's other tasks would be told at the end


@pytest.fixture
def guarded(declare, monkeypatch):
    """``guarded(function, site, tenant)``: run it as the program of a tenant's stack, guarded."""
    monkeypatch.setenv("JOLIBA_LANG", "en")

    def run(program, site="ml-bko", name="sante", root=ROOT):
        inventory = read_site(root, site, only=[name])
        foundation = foundation_of(inventory)

        def with_stack():
            guard.install(_judge(inventory, inventory.site, name, foundation, None))
            return program(inventory, foundation)

        return declare(with_stack)

    return run


def sample(inventory, foundation):
    (request,) = inventory.requests.values()
    return Tenant(
        request.tenant.name,
        TenantArgs(
            request=request.tenant,
            site=inventory.site,
            register=inventory.register,
            peers=inventory.peers,
            foundation=foundation,
            commit="0123456789ab",
            password=pulumi.Output.secret("only-a-test"),
            administrator=openstack.Provider("administrator", cloud="lab"),
            built=None,
        ),
    )


@pytest.mark.parametrize(("site", "tenant"), SAMPLES)
def test_everything_that_joliba_declares_passes(guarded, site, tenant):
    declared = guarded(lambda *args: sample(*args).register_outputs({}), site, tenant)

    assert len(declared.resources) > 15


def test_everything_that_joliba_declares_of_an_accepted_request_passes(guarded, project, pytestconfig):
    number = 200 if pytestconfig.option.full else 5
    print(f"seed {pytestconfig.option.seed}")
    for start in range(0, number, 5):
        shutil.copy(ROOT / "inventories" / SITE / "addresses.yaml", project / "inventories" / SITE)
        names, _ = accepted(project, 5, f"{pytestconfig.option.seed} {start}")
        for name in names:
            declared = guarded(lambda *args: sample(*args).register_outputs({}), SITE, name, project)
            assert len(declared.resources) > 15


def rule(**inputs):
    group = openstack.networking.SecGroup("group", delete_default_rules=True)
    plain = {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp", "security_group_id": group.id}
    ports = {"port_range_min": 443, "port_range_max": 443, "remote_ip_prefix": "0.0.0.0/0"}
    return openstack.networking.SecGroupRule("rule", **{**plain, **ports, **inputs})


def subnet():
    network = openstack.networking.Network("network")
    return openstack.networking.Subnet("subnet", network_id=network.id, cidr="10.64.18.64/27")


def port(network_id=None):
    return openstack.networking.Port("port", network_id=network_id or subnet().network_id)


def balancer():
    return openstack.loadbalancer.LoadBalancer("balancer", vip_subnet_id=subnet().id)


def address(port_id):
    return openstack.networking.FloatingIp("address", pool="external_network_name", port_id=port_id)


def record(name):
    records = [address(balancer().vip_port_id).address]
    return openstack.dns.RecordSet("r", zone_id="sante-zone", type="A", records=records, name=name)


def bucket(**options):
    return openstack.objectstorage.Container("bucket", name="archives", opts=pulumi.ResourceOptions(**options))


def device(kind):
    return openstack.compute.InstanceBlockDeviceArgs(
        source_type="image", destination_type="volume", boot_index=0, volume_type=kind, uuid=IMAGE, volume_size=10
    )


def server(devices):
    return openstack.compute.Instance("server", flavor_id="SCS-2V-4-flavor", block_devices=devices)


def project():
    return openstack.identity.Project("project", name="sante", domain_id="domain_id")


def role(project_id):
    return openstack.identity.RoleAssignment("role", project_id=project_id, role_id="member-role")


def late(value):
    """A value that comes from another resource, and is known only after it."""
    return openstack.networking.Router("router", name="router").name.apply(lambda _: value)


IMAGE = "debian-12-image"
CASES = {
    "a rule from everywhere": ("INGRESS", lambda: rule(port_range_min=22), rule),
    "a range that comes late": (
        "INGRESS",
        lambda: rule(port_range_min=22, remote_ip_prefix=late("::/0")),
        lambda: rule(port_range_min=22, remote_ip_prefix=late("10.64.0.0/22")),
    ),
    "a public address on a server's port": (
        "ADDRESS",
        lambda: address(port().id),
        lambda: address(balancer().vip_port_id),
    ),
    "a public address on a port by its id": (
        "ADDRESS",
        lambda: address("3f0c"),
        lambda: address(balancer().vip_port_id),
    ),
    "a server on a plain volume, in a typed argument": (
        "UNENCRYPTED",
        lambda: server([device("standard")]),
        lambda: server([device("encrypted")]),
    ),
    "a server on a plain volume that comes late": (
        "UNENCRYPTED",
        lambda: server([device(late("standard"))]),
        lambda: server([device(late("encrypted"))]),
    ),
    "a volume type in the other way of writing": (
        "UNENCRYPTED",
        lambda: server([{**BOOT_CAMEL, "volumeType": "standard"}]),
        lambda: server([{**BOOT_CAMEL, "volumeType": "encrypted"}]),
    ),
    "a bucket without protection": ("UNPROTECTED", bucket, lambda: bucket(protect=True)),
    "a record of another zone that comes late": (
        "ZONE",
        lambda: record(late("x.finances.example.")),
        lambda: record(late("x.sante.example.")),
    ),
    "a type that nobody listed": (
        "TYPE",
        lambda: openstack.networking.FloatingIpAssociate("a", floating_ip="198.51.100.9", port_id="p"),
        lambda: openstack.compute.Keypair("k", public_key=KEY),
    ),
    "a port in a network by its id": ("FOREIGN", lambda: port("3f0c"), port),
    "a port in a network that only looks like the program's own": (
        "FOREIGN",
        lambda: port(subnet().network_id.apply(lambda _: "3f0c")),
        lambda: port(subnet().network_id.apply(str)),
    ),
    "a public address on a port that only looks like a balancer's": (
        "ADDRESS",
        lambda: address(balancer().vip_port_id.apply(lambda _: "3f0c")),
        lambda: address(balancer().vip_port_id.apply(str)),
    ),
    "a role in another's project": ("FOREIGN", lambda: role("3f0c"), lambda: role(project().id)),
    "a network that exists": (
        "EXISTING",
        lambda: openstack.networking.Network.get("network", "3f0c"),
        lambda: openstack.networking.Network("network"),
    ),
    "a network taken over": (
        "EXISTING",
        lambda: openstack.networking.Network("network", opts=pulumi.ResourceOptions(import_="3f0c")),
        lambda: openstack.networking.Network("network", opts=pulumi.ResourceOptions(protect=True)),
    ),
}
BOOT_CAMEL = {"sourceType": "image", "destinationType": "volume", "bootIndex": 0, "uuid": IMAGE, "volumeSize": 10}
EACH = pytest.mark.parametrize(("code", "bad", "sound"), CASES.values(), ids=CASES)


def declared_types():
    """What the engine was told, also of a program that failed."""
    return [kind for kind, _, _ in get_monitor().mocks.declared.resources]


@EACH
def test_what_policy_refuses_is_refused_and_the_engine_never_hears_of_it(guarded, code, bad, sound):
    types = []

    def program(*_):
        types.append(bad().pulumi_resource_type)

    with pytest.raises(pulumi.RunError, match=rf"the program is refused:\n.*\(RESOURCE-{code}\)"):
        guarded(program)

    assert not set(types) & set(declared_types())


@EACH
def test_its_nearest_neighbour_is_declared(guarded, code, bad, sound):
    types = []

    guarded(lambda *_: types.append(sound().pulumi_resource_type))

    assert set(types) <= set(declared_types())


def test_a_judged_value_keeps_where_it_comes_from_and_that_it_is_secret(declare):
    kept = []

    def program():
        router = openstack.networking.Router("router", name="router")
        transform = guard.guard(lambda _: [])
        secret = pulumi.Output.secret(router.name)
        args = pulumi.ResourceTransformationArgs(
            router, "t", "n", {"password": secret, "a": [router.id]}, pulumi.ResourceOptions()
        )
        judged = transform(args).props["password"]

        async def look():
            sources = {each.pulumi_resource_name for each in await judged.resources()}
            kept.append((await judged.is_secret(), sources, await judged.future()))

        return asyncio.ensure_future(look())

    declare(program)

    assert kept == [(True, {"router"}, "router")]


def test_what_a_preview_does_not_know_is_not_known_to_the_judge_either():
    assert guard._plain({"a": [pulumi.UNKNOWN] if hasattr(pulumi, "UNKNOWN") else [guard.PulumiUnknown()]}) == {
        "a": [UNKNOWN]
    }


@pytest.mark.parametrize("value", ["", None, "stale"])
def test_an_output_that_a_preview_does_not_know_is_not_known_whatever_stands_in_its_place(declare, value):
    seen = []

    def program():
        router = openstack.networking.Router("router", name="router")

        async def later(found):
            return found

        unknown = pulumi.Output({router}, later(value), is_known=later(found=False))
        transform = guard.guard(lambda declared: seen.append(declared.inputs) or [])
        args = pulumi.ResourceTransformationArgs(
            router, "t", "n", {"port": unknown, "ports": [unknown]}, pulumi.ResourceOptions()
        )
        return transform(args).props["port"]

    declare(program)

    assert seen[-1] == {"port": UNKNOWN, "ports": [UNKNOWN]}
