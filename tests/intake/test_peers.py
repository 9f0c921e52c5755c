"""What one ministry's file does to another's whose flows name it."""

import pytest

from infra.intake import consistency, flow_checks
from infra.intake.addresses import allocate
from infra.intake.findings import MOST_TOLD
from infra.intake.inventory import read_site, tenants
from infra.plan.firewall import security_groups
from infra.plan.routing import tenant_routes

PEER = "ml-bko/tenants/etat-civil.yaml"
REGISTER = "ml-bko/addresses.yaml"
BROKEN = [
    pytest.param(("classification: ", "classification: {"), id="no YAML"),
    pytest.param(("classification: ", "classification: tres-"), id="an unknown word"),
    pytest.param(("platforms:", "platform:"), id="an unknown key"),
    pytest.param(("ports: [8443/tcp]", "ports: [84430/tcp]"), id="a port that is none"),
    pytest.param(("tenant: etat-civil", "tenant: etat-civi"), id="another name"),
]


def _told(inventory, code):
    return [finding for finding in inventory.findings if finding.code == code]


@pytest.mark.parametrize("replacement", BROKEN)
@pytest.mark.parametrize("only", [["finances"], None])
def test_a_flow_to_a_tenant_with_a_broken_file_is_told_at_the_flow_with_both_files(project, change, replacement, only):
    change(PEER, replacement)

    found = _told(read_site(project, "ml-bko", only=only), "FLOW-PEER-BROKEN")

    finances = [finding for finding in found if finding.place.file.endswith("finances.yaml")]
    assert [finding.place.path for finding in finances] == ["platforms.solde.flows[1]"]
    assert [place.file for place in finances[0].related] == [f"inventories/{PEER}"]
    assert "etat-civil" in finances[0].text("en")
    assert "erreurs" in finances[0].text("fr")


def _without(project, name):
    file = project / "inventories" / REGISTER
    text = file.read_text(encoding="utf-8")
    start = text.index(f"  {name}:\n")
    rest = text[start:].split("\n")
    after = next(number for number, line in enumerate(rest[1:], 1) if not line.startswith("    "))
    file.write_text(text[:start] + "\n".join(rest[after:]), encoding="utf-8")


def test_a_flow_to_a_tenant_without_a_block_is_told_until_it_is_given(project):
    _without(project, "etat-civil")

    inventory = read_site(project, "ml-bko", only=["finances"])

    found = _told(inventory, "FLOW-PEER-NO-BLOCK")
    assert [place.file for finding in found for place in finding.related] == [f"inventories/{PEER}"]
    assert "bloc au registre" in found[0].text("fr")
    whole = read_site(project, "ml-bko")
    assert allocate(whole)[0].tenants.keys() >= {"etat-civil", "finances"}


def test_errors_that_concern_others_do_not_make_a_file_unusable(project, change):
    change("ml-bko/tenants/interieur.yaml", ("platforms:", "platform:"))

    inventory = read_site(project, "ml-bko", only=["finances"])

    assert _told(read_site(project, "ml-bko"), "FLOW-PEER-BROKEN") != []
    assert inventory.findings == ()
    assert "etat-civil" in inventory.peers


@pytest.mark.parametrize("replacement", BROKEN)
def test_every_request_without_an_error_can_be_planned(project, change, replacement):
    change(PEER, replacement)
    _without(project, "justice")

    planned = 0
    for name in tenants(project, "ml-bko"):
        inventory = read_site(project, "ml-bko", only=[name])
        if inventory.refused or inventory.site is None:
            continue
        tenant = inventory.requests[name].tenant
        security_groups(tenant, site=inventory.site, register=inventory.register, peers=inventory.peers)
        tenant_routes(tenant, site=inventory.site, register=inventory.register)
        planned += 1

    assert planned >= 4


def test_a_peers_flows_are_read_once_however_many_lead_to_it(project, change, monkeypatch):
    read = []
    parse = flow_checks.parse_flow
    monkeypatch.setattr(flow_checks, "parse_flow", lambda *of, **at: read.append(at["tenant"]) or parse(*of, **at))
    theirs, own = "{from: finances/solde.app, to: api, ", "{from: app, to: etat-civil/registre.api, "
    for file, flow in ((PEER, theirs), ("ml-bko/tenants/finances.yaml", own)):
        more = "".join(f"      - {flow}ports: [{port}/tcp]}}\n" for port in range(9000, 9050))
        change(file, (f"      - {flow}", f"{more}      - {flow}"))

    assert read_site(project, "ml-bko", only=["finances"]).findings == ()
    flows = (project / "inventories" / PEER).read_text(encoding="utf-8").count("- {from: ")
    assert read.count("etat-civil") == flows

    change(PEER, ("[9007/tcp]", "[9107/tcp]"))
    (found,) = read_site(project, "ml-bko", only=["finances"]).findings
    assert (found.code, found.values["ports"]) == ("FLOW-ONE-SIDED", "9007/tcp")


def test_no_more_names_are_sought_than_findings_are_ever_told(project, change, monkeypatch):
    sought = []
    seek = consistency.suggestion
    monkeypatch.setattr(consistency, "suggestion", lambda found, names: sought.append(names) or seek(found, names))
    for platform in ("base", "file"):
        first = f"      - {{from: app, to: {platform}, "
        more = "".join(f"      - {{from: app, to: fin{platform}{n}/a.b, ports: [22/tcp]}}\n" for n in range(80))
        change("ml-bko/tenants/finances.yaml", (first, f"{more}{first}"))

    found = read_site(project, "ml-bko", only=["finances"]).findings

    unknown = [finding.values["nearest"] for finding in found if finding.code == "NAME-UNKNOWN-TENANT"]
    assert len(unknown) == MOST_TOLD
    assert "—" not in unknown
    assert (len(sought), sum(map(bool, sought))) == (160, MOST_TOLD)
