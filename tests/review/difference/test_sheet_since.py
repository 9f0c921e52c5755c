"""``joliba sheet --since``: what a change loses, and what cannot be compared."""

import pytest
from review.difference.conftest import SANTE, commit

from infra.intake.inventory import read_site
from infra.review.assembly import Facts, sheet
from infra.review.since import check_since, compare

SITE = "inventories/ml-bko/site.yaml"


@pytest.fixture
def made(project):
    def make(tenant="sante"):
        inventory = read_site(project, "ml-bko")
        (comparison,) = compare(project, "HEAD", ["ml-bko"])
        facts = Facts(
            inventory=inventory,
            findings=check_since(project, "HEAD", [inventory.requests[tenant].file]),
            commit="0123456789ab",
            comparison=comparison,
            since="HEAD",
        )
        return sheet(inventory.requests[tenant], facts, "en")

    return make


def test_a_loss_that_the_request_does_not_name_refuses_and_one_that_it_names_is_shown(made, change):
    change(SANTE, ("buckets: {archives: {size: 500}}", "buckets: {}"))
    assert (made().verdict, len(made().losses)) == ("refused", 1)

    change(SANTE, ("buckets: {}", "removes: [buckets.archives]"))
    assert (made().verdict, len(made().losses)) == ("loss", 1)


def test_an_earlier_request_may_have_used_what_the_site_no_longer_offers(made, change, project):
    change(SITE, ("  SCS-1V-2:", "  SCS-1V-1:       {vcpus: 1, ram: 1}\n  SCS-1V-2:"))
    change(SANTE, ("count: 2, flavor: SCS-2V-4,", "count: 2, flavor: SCS-1V-1,"))
    commit(project)
    change(SITE, ("  SCS-1V-1:       {vcpus: 1, ram: 1}\n", ""))
    change(SANTE, ("flavor: SCS-1V-1,", "flavor: SCS-2V-4,"))

    usages = {usage.limit.resource.value: (usage.before, usage.after) for usage in made().usages}

    assert usages["vcpus"][1] - usages["vcpus"][0] == 2  # two servers of two instead of one


def test_a_tenant_called_like_the_sites_file_is_not_told_of_it(made, change, project):
    tenants = project / "inventories/ml-bko/tenants"
    text = (tenants / "justice.yaml").read_text(encoding="utf-8").replace("justice", "site")
    (tenants / "site.yaml").write_text(text, encoding="utf-8")
    commit(project)
    change(SITE, ("city: Bamako", "city: Kati"))

    assert {finding.place.file for finding in made("site").findings} <= {"inventories/ml-bko/tenants/site.yaml"}
