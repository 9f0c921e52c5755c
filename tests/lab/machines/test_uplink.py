"""How the host reaches a lab with real machines."""

import json
import shutil
import subprocess
from ipaddress import IPv4Interface, IPv4Network

import pytest

from infra.intake.inventory import read_site, sites
from infra.lab.machines import uplink
from infra.lab.machines.uplink import Uplink
from infra.lab.problem import LabError


def test_the_host_is_an_operator_and_the_room_is_the_last_of_the_range():
    found = Uplink.of(gateway="198.51.100.1", subnet="198.51.100.0/24", operators="198.18.64.0/28")

    assert found.gateway == IPv4Interface("198.51.100.1/24")
    assert found.operator == IPv4Interface("198.18.64.1/28")
    assert found.inside == IPv4Interface("198.18.64.14/28")


@pytest.mark.parametrize(("operators", "accepted"), [("198.18.64.0/30", True), ("198.18.64.0/31", False)])
def test_an_operators_range_has_room_for_the_host_and_the_lab_or_is_refused(operators, accepted):
    def of():
        return Uplink.of(gateway="198.51.100.1", subnet="198.51.100.0/24", operators=operators)

    if accepted:
        assert of().operator != of().inside
    else:
        with pytest.raises(LabError, match="too small"):
            of()


def test_every_site_of_the_project_can_have_real_machines_and_no_two_meet(project):
    links = []
    for name in sites(project):
        site = read_site(project, name, only=[]).site
        links.append(
            Uplink.of(
                gateway=str(site.external.gateway),
                subnet=str(site.external.subnet),
                operators=str(site.administration.operators[0]),
            )
        )

    networks = [network for link in links for network in (link.gateway.network, link.operator.network)]
    assert len(networks) == 2 * len(sites(project))
    assert not [(one, other) for one in networks for other in networks if one is not other and one.overlaps(other)]


@pytest.mark.skipif(not shutil.which("ip"), reason="there is no iproute2")
def test_a_network_that_the_host_reaches_another_way_is_refused_and_a_free_one_is_not():
    routes = json.loads(subprocess.run(["ip", "-j", "-4", "route"], capture_output=True, check=True).stdout or "[]")
    taken = [route for route in routes if route["dst"] != "default" and "dev" in route]
    if not taken:
        pytest.skip("this machine has no network")

    with pytest.raises(LabError, match=taken[0]["dev"]):
        uplink.refuse_overlap(IPv4Network(taken[0]["dst"]), "joliba-own")
    uplink.refuse_overlap(IPv4Network(taken[0]["dst"]), taken[0]["dev"])
    uplink.refuse_overlap(IPv4Network("240.0.0.0/30"), "joliba-own")
