"""What of the cloud an interrupted create may claim, told by the SDK's own resources."""

from datetime import UTC, datetime, timedelta

from openstack.dns.v2.zone import Zone
from openstack.identity.v3.project import Project
from openstack.network.v2.network import Network

from infra.fleet.leftovers import KINDS
from infra.fleet.ownership import Trace, is_proven

BEGAN = datetime(2026, 11, 1, 8, tzinfo=UTC)
DURING, BEFORE = ((BEGAN + timedelta(minutes=m)).strftime("%Y-%m-%dT%H:%M:%SZ") for m in (1, -1))
TAGS = ["joliba", "tenant=sante"]


def trace(inputs, *, project="p", own=(), since=BEGAN) -> Trace:
    return Trace(inputs=inputs, project=project, user="u", since=since and since.timestamp(), own=frozenset(own))


def network(created_at=DURING, **values) -> Network:
    return Network(id="n", name="front", created_at=created_at, **values)


def test_a_thing_of_the_runs_time_with_our_tags_is_ours():
    assert is_proven(network(tags=TAGS), trace({"tags": TAGS}))


def test_a_thing_that_is_older_than_the_run_is_somebodys_even_with_our_tags():
    assert not is_proven(network(BEFORE, tags=TAGS), trace({"tags": TAGS}))
    assert not is_proven(network(tags=TAGS), trace({"tags": TAGS}, since=None))


def test_an_untagged_network_of_that_name_is_left():
    assert not is_proven(network(tags=[]), trace({"tags": ["joliba"]}))


def test_one_that_was_not_yet_tagged_is_ours_in_the_stacks_own_project():
    assert is_proven(network(tags=[]), trace({"tags": TAGS}, own=["p"]))
    assert not is_proven(network(tags=["tenant=mines"]), trace({"tags": TAGS}, own=["p"]))
    assert not is_proven(network(BEFORE, tags=[]), trace({"tags": TAGS}, own=["p"]))


def test_a_share_of_a_zone_is_ours_if_it_is_with_the_stacks_own_project():
    share = Zone(id="s", created_at="2026-11-01T08:01:00.000000")

    assert is_proven(share, trace({"targetProjectId": "t", "zoneId": "z"}, own=["t"]))
    assert not is_proven(share, trace({"targetProjectId": "other", "zoneId": "z"}, own=["t"]))


def test_what_has_no_date_needs_a_mark():
    assert is_proven(Project(id="x", description="Santé", tags=TAGS), trace({"description": "Santé", "tags": TAGS}))
    assert not is_proven(Project(id="x", description="Autre"), trace({"description": "Santé", "tags": TAGS}))
    assert not is_proven(Project(id="x"), trace({"tags": TAGS}))


def test_a_zone_is_ours_by_its_date_alone_and_flavors_never_are():
    assert is_proven(Zone(id="z", created_at="2026-11-01T08:01:00.000000"), trace({}), dated=True)
    assert not is_proven(Zone(id="z", created_at="2026-11-01T07:59:00.000000"), trace({}), dated=True)
    assert KINDS["openstack:compute/flavor:Flavor"].remove is None
