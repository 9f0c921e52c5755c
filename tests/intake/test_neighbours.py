"""What a tenant names must be neither another tenant's nor the site's."""

import pytest

from infra.intake.addresses import allocate, write_register
from infra.intake.inventory import read_site
from infra.intake.shape import schema_of

SANTE = "ml-bko/tenants/sante.yaml"


@pytest.fixture
def beside(project):
    """Adds a tenant of a name of its own, with the request of another."""

    def added(name: str, *replacements: tuple[str, str]) -> None:
        folder = project / "inventories/ml-bko/tenants"
        text = (folder / "sante.yaml").read_text(encoding="utf-8").replace("sante", name)
        text = text.replace("Ministère de la Santé", f"Ministère {name}")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    return added


def _found(project, name):
    found = read_site(project, "ml-bko", only=[name]).findings
    return [finding for finding in found if finding.code != "ADDRESS-MISSING"]


def test_a_group_may_not_bear_the_longer_name_of_another_tenant(project, change, beside):
    beside("sante-navale")
    inventory = read_site(project, "ml-bko")
    write_register(project, allocate(inventory)[0], before=inventory.register)
    change(SANTE, ("sante-audit", "sante-navale-audit"))

    assert [finding.code for finding in _found(project, "sante")] == ["GROUP-FOREIGN"]
    assert "autre locataire, sante-navale" in _found(project, "sante")[0].text("fr")
    assert _found(project, "sante-navale") == []


@pytest.mark.parametrize("only", [["sante-navale"], ["sante", "sante-navale"]])
def test_a_new_tenants_name_may_not_make_an_older_ones_group_its_own(project, change, beside, only):
    beside("sante-navale")
    change(SANTE, ("sante-audit", "sante-navale-audit"))

    inventory = read_site(project, "ml-bko", only=only)

    (finding,) = (finding for finding in inventory.findings if finding.code != "ADDRESS-MISSING")
    assert (finding.code, finding.place.path) == ("NAME-GROUP", "tenant")
    assert finding.place.file.endswith("/sante-navale.yaml")
    assert [place.path for place in finding.related] == ["access.groups.sante-navale-audit"]
    assert "Le groupe sante-navale-audit du locataire sante porterait" in finding.text("fr")
    assert "sante-navale" not in allocate(inventory)[0].tenants


def test_a_group_may_begin_like_the_name_of_another_tenant(project, change, beside):
    beside("sante-navale")
    change(SANTE, ("sante-audit", "sante-navales"))

    assert (_found(project, "sante"), _found(project, "sante-navale")) == ([], [])


def test_two_tenants_servers_may_not_have_the_same_names(project, change, beside):
    beside("sante-dossier", ("dossier-patient", "patient"))

    for name, other in (("sante", "sante-dossier"), ("sante-dossier", "sante")):
        found = _found(project, name)
        assert {finding.code for finding in found} == {"HOST-NAME-CLASH"}
        assert {place.file for finding in found for place in finding.related} == {
            f"inventories/ml-bko/tenants/{other}.yaml"
        }
        assert "sante-dossier-patient-web-1" in "".join(finding.text("fr") for finding in found)


def test_tenants_whose_names_begin_alike_may_have_equal_platforms(project, beside):
    beside("sante-dossier", ("dossier-patient", "patients"))

    assert (_found(project, "sante"), _found(project, "sante-dossier")) == ([], [])


def test_the_longest_server_name_that_the_schema_lets_through_is_a_host_name():
    schema = schema_of("tenant")
    platforms = schema["$defs"]["platforms"]
    tiers = platforms["additionalProperties"]["properties"]["tiers"]

    longest = [schema["properties"]["tenant"]["maxLength"]]
    longest += [names["propertyNames"]["maxLength"] for names in (platforms, tiers)]
    longest += [len(str(schema["$defs"]["tier"]["properties"]["count"]["maximum"]))]

    assert sum(longest) + len("---") <= 63  # RFC 1123


@pytest.mark.parametrize("name", ["administration", "external", "services", "transit"])
def test_a_network_may_not_be_called_like_the_sites_own(project, change, name):
    change(SANTE, ("dmz:     {", f"{name}: {{"), ("network: dmz", f"network: {name}"))

    found = _found(project, "sante")

    assert [(finding.code, finding.place.path) for finding in found] == [("SHAPE-NAME", f"networks.{name}")]
    assert f'"{name}" ne peut pas' in found[0].text("fr")


@pytest.mark.parametrize("name", ["administrations", "externe", "services-web", "transit-interne"])
def test_a_network_may_have_a_name_near_the_sites_own(project, change, name):
    change(SANTE, ("dmz:     {", f"{name}: {{"), ("network: dmz", f"network: {name}"))

    assert _found(project, "sante") == []


def test_a_tenants_zone_may_not_hold_another_sites(project, beside):
    beside("bf")
    beside("bfa")

    assert [(finding.code, finding.values["owner"]) for finding in _found(project, "bf")] == [("NAME-ZONE", "bf-oua")]
    assert _found(project, "bfa") == []
