"""The other countries' sites, each on a fresh lab of its own: built from nothing, and back to nothing."""

import openstack
import pytest
from cloud_listing import listing

from infra import environment
from infra.intake.inventory import tenants
from infra.lab import Lab


@pytest.fixture(scope="module")
def sites(sample):
    return sample(("bf-oua", "ne-nia"), 1)


def test_a_whole_site_is_built_stays_as_it_is_and_goes_with_its_foundation(sites, sample, workplace):
    for site in sites:
        lab = Lab(site)
        lab.start()
        try:
            cloud = openstack.connect(**lab.cloud())
            names = sample(tenants(environment.CHECKOUT, site), 1)
            stacks = [f"{site}.{name}" for name in ("foundation", *names)]
            before = listing(cloud, lab)

            workplace.joliba("up", *stacks, "--yes")
            workplace.joliba("up", *stacks, "--yes", "--expect-no-changes")
            workplace.joliba("preview", *stacks, "--refresh", "--expect-no-changes")
            built = listing(cloud, lab)
            confirmed = [word for name in names for word in ("--confirm", f"{site}.{name}")]
            workplace.joliba("destroy", *stacks, "--yes", "--delete-data", *confirmed)

            after = listing(cloud, lab)
            assert len(built["servers"]) > len(before["servers"])
            assert {kind: (before.get(kind), now) for kind, now in after.items() if now != before.get(kind)} == {}
        finally:
            lab.stop()
