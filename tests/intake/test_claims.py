"""Who bears another tenant's name is told: its ministry, or its owner's domain."""

import pytest

from infra.intake.inventory import read_site

SANTE, FINANCES = "ml-bko/tenants/sante.yaml", "ml-bko/tenants/finances.yaml"
MINISTRY = "Ministère de la Santé et du Développement social"
THEIRS = "Ministère de l'Économie et des Finances"


def _found(project, name="sante"):
    findings = read_site(project, "ml-bko", only=[name]).findings
    assert not [finding for finding in findings if finding.severity != "warning"]
    return [(finding.code, finding.place.path, finding.values["other"]) for finding in findings]


@pytest.mark.parametrize("written", [THEIRS, "MINISTERE DE L\u2019ECONOMIE ET  DES FINANCES"])
def test_another_tenants_ministry_is_told_to_the_newer_one(project, change, written):
    change(FINANCES, (THEIRS, f"'{MINISTRY.upper()}'"))
    change(SANTE, (MINISTRY, f'"{written}"'))

    assert _found(project) == []
    assert _found(project, "finances") == []
    change(FINANCES, (f"'{MINISTRY.upper()}'", THEIRS))
    told = {name: _found(project, name) for name in ("sante", "finances")}
    assert sorted(map(len, told.values())) == [0, 1]
    newer, older = sorted(told, key=lambda name: not told[name])
    assert told[newer] == [("NAME-MINISTRY", "ministry", older)]


def test_a_ministry_of_a_like_name_is_another_one(project, change):
    change(SANTE, (MINISTRY, "Ministère de l'Économie et du Plan"))

    assert _found(project) == []


def test_an_owner_of_another_tenants_domain_is_told_with_both_files(project, change):
    change(SANTE, ("dg@sante.example", "dg@agriculture.example"))
    newer = max(("sante", "agriculture"), key=read_site(project, "ml-bko", only=[]).register.age)
    older = ({"sante", "agriculture"} - {newer}).pop()

    assert _found(project, newer) == [("NAME-DOMAIN", "contacts.owner.email", older)]
    (finding,) = read_site(project, "ml-bko", only=[newer]).findings
    assert [place.file for place in finding.related] == [f"inventories/ml-bko/tenants/{older}.yaml"]
    assert "agriculture.example" in finding.text("fr")


@pytest.mark.parametrize("address", ["dg@dg.sante.example", "dg@hopital.example"])
def test_an_owner_of_a_domain_of_its_own_is_not_told(project, change, address):
    change(SANTE, ("dg@sante.example", address))

    assert _found(project) == []


def test_those_who_run_the_applications_may_be_of_an_agency_that_many_share(project, change):
    change(SANTE, ("dsi@sante.example", "dsi@numerique.example"), ("rssi@sante.example", "csirt@numerique.example"))

    assert _found(project) == []


def test_a_domain_of_the_national_list_is_everybodys(project, change):
    change(SANTE, ("dg@sante.example", "sante@gouv.example"))
    change(FINANCES, ("dntcp@finances.example", "finances@gouv.example"))
    assert sum(len(_found(project, name)) for name in ("sante", "finances")) == 1

    change("countries/ml.yaml", ("domains: [example]", "domains: [example, gouv.example]"))

    assert (_found(project), _found(project, "finances")) == ([], [])
