"""Tenants whose names begin alike: what they name must not be the other's."""

import pytest

from infra.intake.inventory import read_site

SANTE = "ml-bko/tenants/sante.yaml"


@pytest.fixture
def beside(project):
    """Adds a tenant of a name of its own, with the request of another."""

    def added(name: str, *replacements: tuple[str, str]) -> None:
        folder = project / "inventories/ml-bko/tenants"
        text = (folder / "sante.yaml").read_text(encoding="utf-8").replace("sante", name)
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
    change(SANTE, ("sante-audit", "sante-navale-audit"))

    assert [finding.code for finding in _found(project, "sante")] == ["GROUP-FOREIGN"]
    assert "autre locataire, sante-navale" in _found(project, "sante")[0].text("fr")
    assert _found(project, "sante-navale") == []


def test_a_group_may_begin_like_the_name_of_another_tenant(project, change, beside):
    beside("sante-navale")
    change(SANTE, ("sante-audit", "sante-navales"))

    assert _found(project, "sante") == []
