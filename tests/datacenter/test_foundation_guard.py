"""The guard before the resources of a site's foundation."""

import pulumi
import pulumi_openstack as openstack
import pytest
from datacenter.test_components import KEY, ROOT
from datacenter.test_guard import declared_types

from infra.datacenter import guard
from infra.datacenter.foundation import Foundation, FoundationArgs
from infra.datacenter.program import _judge_foundation
from infra.intake.inventory import read_site, sites
from infra.lab.machines.profile import BootableImage


@pytest.fixture
def guarded(declare, monkeypatch, tmp_path):
    """``guarded(function, site)``: run it as the program of a foundation, guarded."""
    monkeypatch.setenv("JOLIBA_LANG", "en")

    def run(program, site="ml-bko", bootable=None):
        inventory = read_site(ROOT, site)
        args = FoundationArgs(
            site=inventory.site, register=inventory.register, management_key=KEY, root=ROOT,
            placeholders=tmp_path, bootable=bootable or {},
        )  # fmt: skip

        def with_stack():
            guard.install(_judge_foundation(args, inventory.country))
            program(args)

        return declare(with_stack)

    return run


@pytest.mark.parametrize("site", sites(ROOT))
def test_everything_that_a_foundation_declares_passes(guarded, site):
    declared = guarded(lambda args: Foundation("foundation", args) and None, site)

    assert len(declared.resources) > 40


def test_a_labs_real_images_pass_too(guarded, tmp_path):
    for part in ("disk", "kernel", "initrd"):
        (tmp_path / part).write_text(part)
    real = BootableImage(
        disk=tmp_path / "disk", kernel=tmp_path / "kernel", initrd=tmp_path / "initrd", command_line="quiet"
    )

    declared = guarded(lambda args: Foundation("foundation", args) and None, bootable={"debian-12": real})

    assert any(name.endswith("-kernel") for name in declared.of("Image"))


VERSION = "debian-12-20261101"


def image(**more):
    return lambda args: openstack.images.Image(
        "image", container_format="bare", disk_format="raw",
        **{"name": VERSION, "local_file_path": str(args.placeholders / f"{VERSION}.raw"), **more},
    )  # fmt: skip


def external(**more):
    segment = {"physical_network": "public", "network_type": "flat", **more}
    return lambda _: openstack.networking.Network("external", external=True, segments=[segment])


def subnet(**more):
    def declared(_):
        network = openstack.networking.Network("services")
        given = {"cidr": "10.64.8.0/21", "dns_nameservers": ["10.64.8.10"], "network_id": network.id, **more}
        return openstack.networking.Subnet("services", **given)

    return declared


def rule(**more):
    def declared(_):
        group = openstack.networking.SecGroup("bastion", delete_default_rules=True)
        ssh = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
        given = {"remote_ip_prefix": "198.18.64.0/28", "ethertype": "IPv4", "security_group_id": group.id}
        return openstack.networking.SecGroupRule("rule", **{**ssh, **given, **more})

    return declared


def router(**more):
    def declared(_):
        return openstack.networking.Router("router", external_network_id=external()(None).id, **more)

    return declared


def zone(**more):
    return lambda _: openstack.dns.Zone(
        "zone", **{"name": "sante.example.", "email": "dns@numerique.example", "type": "PRIMARY", **more}
    )


CASES = {
    "an image from the network": ("INPUT", image(image_source_url="https://x.invalid/i.qcow2"), image()),
    "an image of a file that the site does not name": ("ORIGIN", image(local_file_path="/etc/passwd"), image()),
    "an image from abroad": (
        "ORIGIN",
        image(properties={"image_source": "https://images.invalid/debian"}),
        image(properties={"image_source": "https://images.numerique.example/debian"}),
    ),
    "an image that the site does not list": ("FOREIGN", image(name="debian-99"), image(name="debian-12-20260901")),
    "another segment": ("FOREIGN", external(physical_network="abroad"), external()),
    "a network that everyone shares": (
        "INPUT",
        lambda _: openstack.networking.Network("services", shared=True),
        lambda _: openstack.networking.Network("services"),
    ),
    "another range": ("FOREIGN", subnet(cidr="10.0.0.0/24"), subnet(cidr="10.64.4.0/22")),
    "a DNS server abroad": ("RESOLVER", subnet(dns_nameservers=["8.8.8.8"]), subnet(dns_nameservers=["10.64.8.11"])),
    "a subnet of another network": ("FOREIGN", subnet(network_id="3f0c"), subnet()),
    "SSH from everywhere": ("INGRESS", rule(remote_ip_prefix="0.0.0.0/0"), rule()),
    "another port from the operators": ("INGRESS", rule(port_range_max=23), rule()),
    "a way out of the site": (
        "EGRESS",
        rule(direction="egress", remote_ip_prefix="0.0.0.0/0"),
        rule(direction="egress", remote_ip_prefix="10.64.0.0/12"),
    ),
    "a router that hides who goes out": ("FOREIGN", router(enable_snat=True), router(enable_snat=False)),
    "a router as Neutron makes it": ("FOREIGN", router(), router(enable_snat=False)),
    "a group as Neutron makes it": (
        "GROUP",
        lambda _: openstack.networking.SecGroup("group"),
        lambda _: openstack.networking.SecGroup("group", delete_default_rules=True),
    ),
    "a zone of nobody's": ("FOREIGN", zone(name="presidence.example."), zone()),
    "a zone that is another's copy": ("INPUT", zone(masters=["8.8.8.8"]), zone()),
    "a type of tenants": (
        "TYPE",
        lambda _: openstack.objectstorage.Container("bucket", name="x"),
        lambda _: openstack.networking.SecGroup("group", delete_default_rules=True),
    ),
    "another cloud": (
        "CLOUD",
        lambda _: openstack.Provider("administrator", cloud="elsewhere"),
        lambda _: openstack.Provider("administrator", cloud="lab"),
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize(("code", "bad", "sound"), CASES.values(), ids=CASES)


@EACH
def test_what_the_sites_file_does_not_say_is_refused_and_the_engine_never_hears_of_it(guarded, code, bad, sound):
    refused = []

    with pytest.raises(pulumi.RunError, match=rf"the program is refused:\n.*\(RESOURCE-{code}\)"):
        guarded(lambda args: refused.append(bad(args).pulumi_resource_type))

    assert not set(refused) & set(declared_types())


@EACH
def test_its_nearest_neighbour_is_declared(guarded, code, bad, sound):
    declared = guarded(lambda args: sound(args) and None)

    assert declared.resources
