"""What is read of a site, whole or in part, and what is told of files that are not there."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.errors import JolibaError
from infra.intake.checking import check, see_paths
from infra.intake.defaults import BUILT_IN
from infra.intake.findings import Severity
from infra.intake.inventory import read_site, sites, tenants
from infra.intake.site_reading import SiteReading
from infra.model.classification import Classification, HardeningLevel, Spread

SANTE = "ml-bko/tenants/sante.yaml"


def test_the_committed_inventories_have_no_finding_and_show_different_shapes(project):
    assert check(project) == []

    found = {site: read_site(project, site) for site in sites(project)}
    assert {site: len(inventory.requests) >= (6 if site == "ml-bko" else 2) for site, inventory in found.items()} == {
        "bf-oua": True,
        "ml-bko": True,
        "ne-nia": True,
    }
    of_mali = [request.tenant for request in found["ml-bko"].requests.values()]
    assert {tenant.classification for tenant in of_mali} == set(Classification)
    assert any(flow.crosses_tenants() for tenant in of_mali for flow in tenant.flows())


def test_all_domain_names_are_reserved_ones(project):
    for site in sites(project):
        inventory = read_site(project, site)
        names = [f"x.{inventory.site.zone_suffix}", inventory.site.hostmaster]
        for request in inventory.requests.values():
            contacts = request.tenant.contacts
            names += [contacts.owner.email, contacts.technical.email, contacts.security.email]
        assert [name for name in names if not name.endswith(".example")] == []


def test_an_ordinary_request_has_at_most_twenty_lines(project):
    lines = (project / "inventories/ml-bko/tenants/justice.yaml").read_text(encoding="utf-8").splitlines()

    assert len([line for line in lines if line and not line.startswith("#")]) <= 20


def test_one_tenant_reads_as_it_does_with_the_whole_site(project):
    whole = read_site(project, "ml-bko")

    for name in tenants(project, "ml-bko"):
        part = read_site(project, "ml-bko", only=[name])
        assert (part.requests.keys(), part.site, part.register) == ({name}, whole.site, whole.register)
        assert part.requests[name].tenant == whole.requests[name].tenant


def test_one_broken_tenant_does_not_hide_or_stop_another(project, change):
    change("ml-bko/tenants/justice.yaml", ("{hosts: 20}", "{hosts: many}"))

    assert read_site(project, "ml-bko", only=["sante"]).findings == ()
    assert "justice" not in read_site(project, "ml-bko").requests
    assert "sante" in read_site(project, "ml-bko").requests


def test_a_flow_between_tenants_is_read_from_the_other_file_alone(project, change):
    change(
        "ml-bko/tenants/etat-civil.yaml",
        (
            "{from: finances/solde.app, to: api, ports: [8443/tcp]}",
            "{from: finances/solde.app, to: api, ports: [8444/tcp]}",
        ),
    )

    alone = read_site(project, "ml-bko", only=["finances"]).findings
    both = read_site(project, "ml-bko").findings

    assert [(finding.code, finding.place.file[-13:], finding.related[0].file[-15:]) for finding in alone] == [
        ("FLOW-ONE-SIDED", "finances.yaml", "etat-civil.yaml")
    ]
    assert sorted(finding.place.file[-15:] for finding in both) == ["etat-civil.yaml", "s/finances.yaml"]


def test_two_tenants_may_split_the_ports_of_a_flow_differently(project, change):
    change(
        "ml-bko/tenants/etat-civil.yaml",
        ("to: api, ports: [8443/tcp]}              #", "to: api, ports: [8443/tcp, 8444/tcp]}              #"),
    )
    change(
        "ml-bko/tenants/finances.yaml",
        (
            "- {from: app, to: etat-civil/registre.api, ports: [8443/tcp]}",
            (
                "- {from: app, to: etat-civil/registre.api, ports: [8443/tcp]}\n"
                "      - {from: app, to: etat-civil/registre.api, ports: [8444/tcp]}"
            ),
        ),
    )

    assert check(project) == []


def test_intake_needs_no_pulumi_and_no_cloud():
    program = "import sys, infra.intake.checking, infra.intake.addresses, infra.plan.figures; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert not {"pulumi", "pulumi_openstack", "openstack", "babel"} & set(loaded)


def test_a_site_that_does_not_exist_is_told_with_those_that_do(project):
    with pytest.raises(JolibaError, match=r"ml-bk'.*ml-bko.*bf-oua"):
        read_site(project, "ml-bk")


def test_a_tenant_that_does_not_exist_is_told_with_those_that_do(project):
    with pytest.raises(JolibaError, match=r"'santee'.*mean sante"):
        read_site(project, "ml-bko", only=["santee"])


@pytest.mark.parametrize("name", ["../ml-bko", "", ".", "ml-bko/tenants", "/etc"])
def test_a_site_is_a_name_and_not_a_path(project, name):
    with pytest.raises(JolibaError):
        read_site(project, name)


def test_a_tenant_may_not_be_called_like_the_foundation(project):
    shutil.copy(project / "inventories" / SANTE, project / "inventories/ml-bko/tenants/foundation.yaml")

    found = [finding for finding in check(project) if "foundation.yaml" in finding.place.file]

    assert {finding.code for finding in found} >= {"NAME-RESERVED", "NAME-FILE"}


@pytest.mark.parametrize(
    "name", ["Sante.yaml", "sante.yml", "a b.yaml", "$(id).yaml", "santé.yaml", ".hidden.yaml", "x--y.yaml"]
)
def test_a_file_that_is_no_tenant_is_told(project, name):
    (project / "inventories/ml-bko/tenants" / name).write_text("schema: 1\n", encoding="utf-8")

    assert [finding.code for finding in check(project)] == ["FILE-NAME"]


def test_a_missing_register_is_an_empty_one(project):
    (project / "inventories/ne-nia/addresses.yaml").unlink()

    assert {finding.code for finding in check(project)} == {"ADDRESS-MISSING"}


@pytest.mark.parametrize(("name", "codes"), [("disparu", ["FILE-MISSING"]), ("sante", [])])
def test_a_file_that_goes_while_its_site_is_read_is_told(project, name, codes):
    listed = [*tenants(project, "ml-bko"), "disparu"]

    found = SiteReading(project, "ml-bko", listed).inventory([name], whole=False).findings

    assert [finding.code for finding in found] == codes


def test_a_broken_site_is_told_once_and_no_tenant_is_judged_by_it(project, change):
    change("ne-nia/site.yaml", ("cloud: lab", "cloud: [lab]"))

    assert [(finding.code, finding.place.line) for finding in check(project)] == [("SHAPE-TYPE", 6)]
    assert read_site(project, "ne-nia").site is None


def test_broken_yaml_in_a_site_is_one_finding(project, change):
    change("ne-nia/site.yaml", ("cloud: lab", "cloud: {lab"))

    assert [finding.code for finding in check(project)] == ["YAML-SYNTAX"]


def test_check_of_a_file_checks_its_site_alone(project, change):
    change("ne-nia/tenants/tresor.yaml", ("secret", "hidden"))

    assert check(project, [project / "inventories" / SANTE]) == []
    assert [finding.code for finding in check(project, [project / "inventories/ne-nia/tenants/tresor.yaml"])] == [
        "SHAPE-VALUE"
    ]
    assert [finding.code for finding in check(project, [project / "inventories/countries/ml.yaml"])] == ["SHAPE-VALUE"]


def test_check_of_a_request_leaves_out_what_is_wrong_with_others_alone(project, change):
    change("ml-bko/tenants/justice.yaml", ("classification: ", "classification: un"))
    tenants = project / "inventories/ml-bko/tenants"

    assert check(project, [tenants / "sante.yaml"]) == []
    for asked in (tenants / "justice.yaml", tenants, tenants.parent, tenants.parent / "site.yaml"):
        assert [finding.code for finding in check(project, [asked])] == ["SHAPE-VALUE"]


def test_check_of_a_request_tells_what_is_wrong_with_what_all_share(project, change):
    change("ml-bko/site.yaml", ("supernet: 10.64.0.0/12", "supernet: 10.80.0.0/12"))

    assert "SITE-OVERLAP" in {found.code for found in check(project, [project / "inventories" / SANTE])}


def test_check_of_a_file_from_elsewhere_is_a_wrong_use(project):
    circle = project / "inventories/ml-bko/tenants/mines.yaml"
    circle.symlink_to(circle)

    for path in (Path("/etc/hostname"), circle / "x"):
        with pytest.raises(JolibaError, match="inventories"):
            check(project, [path])


def test_check_of_a_folder_above_checks_all_that_is_in_it(project, change, monkeypatch):
    change("ml-bko/tenants/justice.yaml", ("classification: ", "classification: un"))
    monkeypatch.chdir(project / "inventories/ml-bko/tenants")

    for above in ("..", "../..", "."):
        assert [finding.code for finding in check(project, [Path(above).absolute()])] == ["SHAPE-VALUE"]
    with pytest.raises(JolibaError, match="inventories"):
        check(project, [Path("../../..").absolute()])


def test_check_of_a_file_in_a_folder_that_is_not_read_tells_the_folder(project):
    folder = project / "inventories/ml-bko/tenants/anciens"
    folder.mkdir()
    shutil.copy(project / "inventories" / SANTE, folder)

    assert [finding.code for finding in check(project, [folder / "sante.yaml"])] == ["FILE-NAME"]


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("ml-bko/tenants/snate.yaml", "inventories/ml-bko/tenants/sante.yaml"),
        ("ml-bko/sante.yaml", "inventories/ml-bko/"),
        ("countries/mli.yaml", "inventories/countries/ml.yaml"),
        ("ml-bko/tenants/sante.yaml/x", "inventories/ml-bko/tenants/sante.yaml"),
    ],
)
def test_a_path_that_is_not_there_is_told_with_what_is_near(project, path, near):
    with pytest.raises(JolibaError, match=f"no inventories/{path}: did you mean .*{near}"):
        see_paths(project, [project / "inventories" / path])


def test_files_folders_and_links_to_nowhere_are_there(project):
    link = project / "inventories/ml-bko/tenants/mines.yaml"
    link.symlink_to("/nowhere")

    see_paths(
        project, [project / "inventories" / SANTE, link, link.parent, link.parent / "..", project / "inventories"]
    )
    assert [finding.code for finding in check(project, [link])] == ["FILE-KIND"]


def test_defaults_are_merged_site_classification_profile_tenant_and_say_where_they_come_from(project):
    request = read_site(project, "ml-bko", only=["finances"]).requests["finances"]
    tenant, origins = request.tenant, request.origins

    base = ("platforms", "solde", "tiers", "base")
    assert tenant.hardening is HardeningLevel.ENHANCED
    assert tenant.platforms["solde"].tiers["app"].count == 2
    assert tenant.platforms["solde"].tiers["base"].spread is Spread.HARD
    assert tenant.platforms["solde"].tiers["base"].volumes["comptes"].type == "encrypted"
    assert origins[("hardening", "level")].path == "defaults.classification.secret.hardening.level"
    assert origins[(*base, "spread")].path == "defaults.profile.haute-disponibilite.tier.spread"
    assert origins[("platforms", "solde", "tiers", "app", "count")].path == "tier.count"
    assert origins[(*base, "volumes", "comptes", "type")].file == "inventories/ml-bko/site.yaml"
    assert origins[(*base, "count")].line == 22
    assert origins[("lifecycle",)] == BUILT_IN


def test_every_value_of_a_merged_request_has_an_origin(project):
    def leaves(value: object, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
        if isinstance(value, dict):
            return {leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))}
        return {path}

    for request in read_site(project, "ml-bko").requests.values():
        assert leaves(request.values) == set(request.origins)


def test_a_profile_may_give_a_whole_platform(project):
    tenant = read_site(project, "ml-bko", only=["agriculture"]).requests["agriculture"].tenant

    assert tenant.platforms["site"].tiers["web"].network == "public"
    assert tenant.platforms["site"].publish["marches.agriculture.example"].listen == 443


def test_hosts_in_a_request_replace_a_prefix_of_the_profile(project, change):
    change("ml-bko/tenants/agriculture.yaml", ("platforms:", "networks: {public: {prefix: 28}}\nplatforms:"))

    network = read_site(project, "ml-bko", only=["agriculture"]).requests["agriculture"].tenant.networks["public"]

    assert (network.hosts, network.prefix) == (None, 28)


def test_what_a_default_says_wrong_is_told_at_the_default(project, change):
    change(
        "ml-bko/site.yaml", ("web: {network: public, count: 2, flavor: SCS-1V-2}", "web: {network: publique, count: 2}")
    )

    found = [f for f in read_site(project, "ml-bko", only=["agriculture"]).findings if f.code == "NAME-UNKNOWN-NETWORK"]

    assert [finding.place.file for finding in found] == ["inventories/ml-bko/site.yaml"]


def _tenants_by_code(findings):
    """The codes of findings in the site's file, each with the tenants' files that they lead to."""
    at_defaults = [finding for finding in findings if finding.place.file == "inventories/ml-bko/site.yaml"]
    return [(finding.code, [Path(place.file).stem for place in finding.related]) for finding in at_defaults]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            "keep_days: 30",
            "keep_days: 3",
            [("POLICY-BACKUP-SHORT", ["justice"]), ("POLICY-BACKUP-SHORT", ["numerique"])],
        ),
        (
            "tier: {volume_type: encrypted}\n",
            "tier: {volume_type: standard}\n",
            [("CLASS-UNENCRYPTED", [name]) for name in ("etat-civil", "interieur", "sante")],
        ),
        ("volume_type: standard}", "volume_type: standart}", [("NAME-UNKNOWN-VOLUME-TYPE", [])]),
    ],
    ids=["for some, by the country", "for some, by their classification", "for all"],
)
def test_a_default_that_does_not_suit_some_is_told_with_each_of_them_and_one_that_suits_none_once(
    project, change, old, new, found
):
    change("ml-bko/site.yaml", (old, new))

    assert _tenants_by_code(check(project)) == found


def test_one_tenants_deviation_hides_no_other_tenants_error(project, change):
    consent = "owner: DSI, approver: Direction générale du numérique, expires: 2027-01-31"
    entry = f"{{rule: POLICY-BACKUP-SHORT, reason: Essai, {consent}}}"
    change("ml-bko/site.yaml", ("keep_days: 30", "keep_days: 3"))
    change("ml-bko/tenants/numerique.yaml", ("review_by", f"deviations: [{entry}]\nreview_by"))

    found = [finding for finding in check(project) if finding.code == "POLICY-BACKUP-SHORT"]

    assert [(finding.severity, finding.related[0].file.rpartition("/")[2]) for finding in found] == [
        (Severity.ERROR, "justice.yaml"),
        (Severity.WARNING, "numerique.yaml"),
    ]


def test_a_value_that_nobody_says_is_missing(project, change):
    change("ml-bko/site.yaml", (", volume_type: standard}", "}"))

    found = read_site(project, "ml-bko", only=["justice"]).findings

    assert [(finding.code, finding.place.path) for finding in found] == [
        ("VALUE-MISSING", "platforms.courriers.tiers.app"),
        ("VALUE-MISSING", "platforms.courriers.tiers.base"),
    ]


@pytest.mark.timeout(120)  # with every mistake told it would take an hour
def test_a_file_with_thousands_of_mistakes_is_told_in_part(project):
    text = (project / "inventories" / SANTE).read_text(encoding="utf-8")
    wrong = "".join(f"key{number}: 1\nK{number}: [1]\n" for number in range(9000))
    (project / "inventories" / SANTE).write_text(text + wrong, encoding="utf-8")

    assert len(read_site(project, "ml-bko", only=["sante"]).findings) <= 101


def test_the_time_to_read_tenants_grows_with_their_number_and_not_with_its_square(project):
    folder = project / "inventories/ml-bko/tenants"
    text = (folder / "sante.yaml").read_text(encoding="utf-8")

    def seconds(tenants):
        for number in range(tenants - len(list(folder.iterdir()))):
            (folder / f"t{tenants}-{number}.yaml").write_text(
                text.replace("sante", f"t{tenants}-{number}"), encoding="utf-8"
            )
        started = time.process_time()
        assert len(read_site(project, "ml-bko").requests) == tenants
        return time.process_time() - started

    hundred, thousand = seconds(100), seconds(1000)

    print(hundred, thousand)
    assert thousand < 3 * 10 * hundred


@pytest.mark.parametrize(
    ("ending", "code"),
    [("---\nplatforms: 1\n", "YAML-DOCUMENTS"), ("deviations: [" + "1, " * 150 + "1]\n", "SHAPE-COUNT")],
    ids=["a second document", "countless errors"],
)
def test_what_stands_in_a_file_that_is_not_read_whole_is_not_judged(project, change, ending, code):
    change("ml-bko/tenants/sante.yaml", ("to: web,", "to: 'web]',"), ("app:  {network", "zzz:  # {network"))
    file = project / "inventories/ml-bko/tenants/sante.yaml"
    file.write_text(file.read_text(encoding="utf-8") + ending, encoding="utf-8")

    found = read_site(project, "ml-bko", only=["sante"])

    assert code in {finding.code for finding in found.findings}
    assert found.requests == {}


@pytest.mark.parametrize("number", [100, 101])
def test_of_more_than_a_hundred_mistakes_the_first_are_told_and_how_many_there_are(project, change, number):
    names = "".join(f"      x{each}.invalide.example: {{tier: web, port: 443}}\n" for each in range(16))
    flows = "".join(f"      - {{from: web, to: rien{each}, ports: [{each + 1}/tcp]}}\n" for each in range(number - 16))
    publish = "    publish: {dossier.sante.example: {tier: web, port: 443}}"
    change("ml-bko/tenants/sante.yaml", (publish, f"{flows}    publish:\n{names}"))

    found = read_site(project, "ml-bko", only=["sante"]).findings

    assert len(found) == number
    told = [finding for finding in found if finding.code == "FILE-FINDINGS"]
    assert [finding.values for finding in told] == ([] if number <= 100 else [{"count": "101", "shown": "100"}])


@pytest.mark.parametrize("number", [99, 101, 400])
def test_keys_that_are_too_many_to_be_told_are_not_judged_either(project, change, number):
    surplus = "".join(f"  n{each}: {{name: DSI, email: true}}\n" for each in range(number))
    change("ml-bko/tenants/sante.yaml", ("networks:\n", f"{surplus}networks:\n"))

    inventory = read_site(project, "ml-bko", only=["sante"])

    assert {finding.code for finding in inventory.findings} == {"SHAPE-UNKNOWN-KEY"}
    assert inventory.refusals == {"sante"}
