"""``joliba sheet --since``: what a change loses, and what cannot be compared."""

import pytest
from review.difference.conftest import SANTE, commit

from infra.intake.inventory import read_site
from infra.review.assembly import Facts, sheet
from infra.review.rendering import _unmarked
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


def told_losses(sheet):
    """The sentences, without the marks around what the request says."""
    return [_unmarked(told) for told in sheet.losses]


WEB = "web:  {network: dmz, count: 2, flavor: SCS-2V-4, image: debian-12}"


def test_a_rebuild_is_shown_as_the_loss_of_system_disks_and_a_change_that_waits_is_not(made, change):
    change(SANTE, (WEB, WEB.replace("debian-12", "debian-13")))
    assert (made().verdict, made().losses) == ("sound", [])

    change(SANTE, (WEB.replace("debian-12", "debian-13"), WEB.replace("debian-12", "debian-13, rebuild: a1")))
    assert made().verdict == "loss"
    assert [told.partition(" to rebuild")[0] for told in told_losses(made())] == ["Servers of dossier-patient.web: 2"]


def test_a_tier_that_leaves_by_its_name_is_shown_as_the_loss_of_its_system_disks(made, change):
    change(SANTE, (f"      {WEB}\n", ""), ("      - {from: internet, to: web,  ports: [443/tcp]}\n", ""))
    change(SANTE, ("      - {from: web,      to: app,  ports: [8080/tcp]}\n", ""))
    change(SANTE, ("    publish: {dossier.sante.example: {tier: web, port: 443}}", ""))
    change(SANTE, ("review_by", "removes: [platforms.dossier-patient.tiers.web]\nreview_by"))

    assert made().verdict == "loss"
    assert ["2 of 2 to destroy" in told for told in told_losses(made())] == [True]


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


def signatures(sheet):
    return {row["name"]: row["reason"] for row in sheet.approvers}


def test_who_approved_the_request_until_now_signs_its_change_too(made, change):
    before = signatures(made())
    change(SANTE, ("classification: restricted", "classification: internal"))
    change(SANTE, ("data: {health: true, personal: true}", "data: {health: false, personal: false}"))
    change(SANTE, ("name: Direction générale", "name: Direction nouvelle"))

    now = signatures(made())
    assert now["Direction nouvelle"] == "owns the data"
    assert {name: now[name] for name in before} == dict.fromkeys(before, "approved it until now")


def test_of_a_change_that_leaves_who_approves_the_same_people_sign_for_the_same_reasons(made, change):
    before = signatures(made())
    change(SANTE, ("hosts: 20", "hosts: 21"))

    assert signatures(made()) == before
