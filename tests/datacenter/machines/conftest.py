"""One lab with real machines, a foundation and one small tenant on it: with ``--full`` only, as root, many minutes."""

import os

import openstack
import pytest
from real_site import REQUEST, SITE, TENANT, RealSite

from infra.intake.inventory import read_site
from infra.lab import Lab
from infra.lab.machines.uplink import Uplink


@pytest.fixture(scope="module")
def place(full, installation, tmp_path_factory):
    """An installation of its own, since a site has one lab: with one tenant's request made small."""
    if os.geteuid():
        pytest.skip("real machines need root")
    made = installation(tmp_path_factory.mktemp("vms"))
    (made.root / "inventories" / SITE / "tenants" / f"{TENANT}.yaml").write_text(REQUEST, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOLIBA_ROOT", str(made.root))
        patch.setenv("JOLIBA_HOME", str(made.home))
        yield made


@pytest.fixture(scope="module")
def lab(place):
    """The lab, without anything built on it."""
    found = read_site(place.root, SITE, only=[]).site
    lab = Lab(SITE)
    link = Uplink.of(
        gateway=str(found.external.gateway),
        subnet=str(found.external.subnet),
        operators=str(found.administration.operators[0]),
    )
    try:
        lab.start(print, machines=link)
        yield lab
    finally:
        lab.reset()


@pytest.fixture(scope="module")
def real(place, lab):
    """The lab with its foundation and its tenant built, and the host keys of every server known."""
    place.joliba("up", f"{SITE}.foundation", f"{SITE}.{TENANT}", "--yes")
    site = RealSite(lab, openstack.connect(**lab.cloud()), place.joliba)
    site.know()
    return site
