"""A tenant that drops its last way out loses its router's gateway, and gets it back when it asks again."""

import pytest

TENANT = "ml-bko.justice"
EGRESS = "egress: [{to: 203.0.113.7/32, ports: [443/tcp], reason: Paiement}]\n"


@pytest.fixture
def request_file(workplace):
    file = workplace.root / "inventories/ml-bko/tenants/justice.yaml"
    kept = file.read_text(encoding="utf-8")
    yield file
    file.write_text(kept, encoding="utf-8")
    workplace.joliba("destroy", TENANT, "--yes", "--delete-data", "--confirm", "justice")


def test_the_gateway_goes_with_the_last_way_out(site, workplace, cloud, request_file):
    inside = request_file.read_text(encoding="utf-8")
    gateways, told = [], " still leads out of the site"
    for request in (inside + EGRESS, inside, inside + EGRESS):
        request_file.write_text(request, encoding="utf-8")
        if request == inside:
            by_hand = workplace.pulumi("up", "-s", TENANT, "--yes", "--skip-preview", "--non-interactive").stdout
            assert told in by_hand
        done = workplace.joliba("up", TENANT, "--yes").stdout
        assert told not in done
        (router,) = cloud.network.routers(name="justice-router")
        gateways.append(router.external_gateway_info is not None)
        if request == inside:
            workplace.joliba("up", TENANT, "--yes")  # quotas made room first
            workplace.joliba("up", TENANT, "--yes", "--refresh", "--expect-no-changes")

    assert gateways == [True, False, True]
