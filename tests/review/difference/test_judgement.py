"""What a change may not do: each refusal beside the neighbour that is accepted."""

import pytest
from review.difference.conftest import JUSTICE, SANTE, commit, git

from infra.intake.checking import check
from infra.intake.findings import Severity
from infra.review.since import check_since, compare

WEB = "web:  {network: dmz, count: 2, flavor: SCS-2V-4, image: debian-12}"
APP = "app:  {network: interne, count: 2, flavor: SCS-2V-8, image: debian-12}"
BASE = "base: {network: interne, count: 2, flavor: SCS-4V-16, image: debian-12, volumes: {donnees: {size: 200}}}"
WITHOUT_VOLUME = BASE.replace(", volumes: {donnees: {size: 200}}", "")
BUCKET = "buckets: {archives: {size: 500}}"
VOLUME = "platforms.dossier-patient.tiers.base.volumes.donnees"
REGISTER = "inventories/ml-bko/addresses.yaml"
SITE = "inventories/ml-bko/site.yaml"


@pytest.fixture
def removing(change):
    """Change the sample request, naming what leaves."""

    def changed(*replacements, removes=()):
        change(SANTE, *replacements)
        if removes:
            change(SANTE, ("review_by", f"removes: [{', '.join(removes)}]\nreview_by"))

    return changed


def without_base():
    return [(f"      {BASE}\n", ""), ("      - {from: app,      to: base, ports: [5432/tcp]}\n", "")]


def renamed_platform():
    return [("  dossier-patient:\n", "  dossiers:\n")]


PLATFORM = "platforms.dossier-patient"


@pytest.mark.parametrize(
    ("replacements", "removes", "expected"),
    [
        ([], [], []),
        ([(BASE, WITHOUT_VOLUME)], [], ["LOSS-VOLUME"]),
        ([(BASE, WITHOUT_VOLUME)], [VOLUME], []),
        ([(BASE, WITHOUT_VOLUME)], ["platforms.dossier-patient.tiers.base"], ["LOSS-VOLUME", "CHANGE-REMOVES-NOTHING"]),
        ([(BASE, BASE.replace("size: 200", "size: 100"))], [], ["LOSS-VOLUME-SHRUNK"]),
        (
            [(BASE, BASE.replace("size: 200", "size: 100"))],
            [VOLUME],
            ["LOSS-VOLUME-SHRUNK", "CHANGE-REMOVES-NOTHING"],
        ),
        ([(BASE, BASE.replace("size: 200", "size: 201"))], [], []),
        ([(BUCKET, "buckets: {}")], [], ["LOSS-BUCKET"]),
        ([(BUCKET, "buckets: {}")], ["buckets.archives"], []),
        ([(BUCKET, "buckets: {archives: {size: 1}}")], [], []),
        ([(BASE, BASE.replace("count: 2", "count: 1"))], [], ["LOSS-VOLUME"]),
        ([(BASE, BASE.replace("count: 2", "count: 1"))], [VOLUME], []),
        ([(WEB, WEB.replace("count: 2", "count: 1"))], [], []),  # one of six
        (
            [(WEB, WEB.replace("count: 2", "count: 1")), (APP, APP.replace("count: 2", "count: 1"))],
            [],
            ["LOSS-SERVERS", "LOSS-SERVERS"],  # two of six
        ),
        (
            [(WEB, WEB.replace("count: 2", "count: 1")), (APP, APP.replace("count: 2", "count: 1"))],
            ["platforms.dossier-patient.tiers.web", "platforms.dossier-patient.tiers.app"],
            [],
        ),
        (without_base(), [], ["LOSS-SERVERS", "LOSS-VOLUME"]),
        (without_base(), [VOLUME], ["LOSS-SERVERS"]),
        (without_base(), ["platforms.dossier-patient.tiers.base"], ["LOSS-VOLUME"]),
        (without_base(), ["platforms.dossier-patient.tiers.base", VOLUME], []),
        (without_base(), [PLATFORM, VOLUME], ["LOSS-SERVERS", "CHANGE-REMOVES-NOTHING"]),  # the platform stays
        (renamed_platform(), [], ["LOSS-SERVERS"] * 3 + ["LOSS-VOLUME"]),
        (renamed_platform(), [PLATFORM], ["LOSS-VOLUME"]),
        (renamed_platform(), [PLATFORM, VOLUME], []),
        ([(APP, APP.replace("interne", "dmz"))], [], ["LOSS-REBUILD"]),
        ([(APP, APP.replace("interne", "dmz").replace("debian-12", "debian-12, rebuild: a"))], [], []),
        ([(WEB, WEB.replace("debian-12", "debian-12, rebuild: a"))], [], []),
        ([(WEB, WEB.replace("SCS-2V-4", "SCS-2V-8"))], [], []),
        ([], ["buckets.archives"], ["CHANGE-REMOVES-NOTHING"]),
        ([], ["platforms.nothing-like-it"], ["CHANGE-REMOVES-NOTHING"]),
    ],
)
def test_what_leaves_is_named_exactly(removing, codes, replacements, removes, expected):
    removing(*replacements, removes=removes)

    assert sorted(codes()) == sorted(expected)


TWO_OF_SIX = [(tier, tier.replace("count: 2", "count: 1")) for tier in (WEB, APP)]


@pytest.mark.parametrize(
    "case",
    [
        (16, TWO_OF_SIX[:1], ["LOSS-SERVERS"]),
        (17, TWO_OF_SIX[:1], []),
        (33, TWO_OF_SIX, ["LOSS-SERVERS", "LOSS-SERVERS"]),
        (34, TWO_OF_SIX, []),
        (100, without_base(), ["LOSS-SERVERS", "LOSS-VOLUME"]),  # never all of a tier
    ],
)
def test_the_site_says_what_share_of_the_servers_may_leave_unnamed(removing, change, project, case):
    most, replacements, expected = case
    change(SITE, ("platform_team:", f"most_destroyed: {most}\nplatform_team:"))
    commit(project)
    removing(*replacements)

    found = check_since(project, "HEAD")

    assert sorted(each.code for each in found) == expected
    texts = [each.text("fr") for each in found if each.code == "LOSS-SERVERS"]
    assert [text for text in texts if f"retirer {most} %" not in text] == []


def test_no_change_widens_what_it_may_remove_itself(removing, change, project):
    change(SITE, ("platform_team:", "most_destroyed: 100\nplatform_team:"))

    removing(*TWO_OF_SIX)

    assert [found.code for found in check_since(project, "HEAD", platform_team=True)] == ["LOSS-SERVERS"] * 2


@pytest.mark.parametrize(("most", "expected"), [(-1, ["SHAPE-RANGE"]), (0, []), (100, []), (101, ["SHAPE-RANGE"])])
def test_the_share_that_may_leave_is_a_percentage(change, project, most, expected):
    change(SITE, ("platform_team:", f"most_destroyed: {most}\nplatform_team:"))

    assert [found.code for found in check(project)] == expected


def test_the_fix_says_what_to_write(removing, project, change):
    removing((BASE, WITHOUT_VOLUME))
    (found,) = check_since(project, "HEAD")
    entry = found.fix("fr").split("`")[1]

    change(SANTE, ("review_by", f"{entry}\nreview_by"))

    assert check_since(project, "HEAD") == []


@pytest.mark.parametrize(
    "entry",
    ["donnees", "platforms", "buckets.*", "platforms.a.tiers.b.volumes", "platforms.a.b", "buckets.a\\nb", "../x"],
)
def test_a_name_of_no_thing_is_refused_by_its_form(change, codes, entry):
    change(SANTE, ("review_by", f'removes: ["{entry}"]\nreview_by'))

    assert codes() == ["SHAPE-PATTERN"]


def test_what_was_named_once_must_be_taken_out_by_the_next_change(removing, project, change, codes):
    removing((BUCKET, "buckets: {}"), removes=["buckets.archives"])
    commit(project)
    assert codes() == []

    change(SANTE, ("hosts: 20", "hosts: 21"))

    assert codes() == ["CHANGE-REMOVES-NOTHING"]


def test_a_new_tenant_removes_nothing(project, codes):
    text = (project / "inventories/ml-bko/tenants/agriculture.yaml").read_text().replace("agriculture", "peche")
    (project / "inventories/ml-bko/tenants/peche.yaml").write_text(f"{text}removes: [buckets.archives]\n")

    assert "CHANGE-REMOVES-NOTHING" in codes()


def test_a_vanished_file_is_refused_unless_its_request_was_retired_before(project, change, codes):
    (project / JUSTICE).unlink()
    assert codes() == ["ADDRESS-ORPHAN", "LOSS-FILE"]

    git(project, "checkout", "-q", "--", JUSTICE)
    change(JUSTICE, ("review_by", "lifecycle: retired\nreview_by"))
    change(REGISTER, ("transit: 10.64.4.15", "transit: 10.64.4.15\n    retired: true"))
    assert codes() == []
    commit(project)
    (project / JUSTICE).unlink()
    assert codes() == []


def test_retiring_and_deleting_at_once_is_refused(project, change, codes):
    """The register alone says nothing: a request of its own has to."""
    (project / JUSTICE).unlink()
    change(REGISTER, ("transit: 10.64.4.15", "transit: 10.64.4.15\n    retired: true"))

    assert codes() == ["CHANGE-REGISTER-RETIRED", "LOSS-FILE"]


def test_a_renamed_file_is_a_vanished_one(project, change, codes):
    text = (project / JUSTICE).read_text().replace("tenant: justice", "tenant: tribunaux")
    (project / JUSTICE.replace("justice", "tribunaux")).write_text(text)
    (project / JUSTICE).unlink()

    assert "LOSS-FILE" in codes(platform_team=True)


@pytest.mark.parametrize(
    ("replacements", "expected"),
    [
        ([("10.64.20.0/25", "10.64.20.128/25")], ["CHANGE-REGISTER-MOVED"]),
        ([("10.64.4.17", "10.64.4.99")], ["CHANGE-REGISTER-MOVED"]),
        ([("      notes: 10.64.16.64/26\n", "")], ["CHANGE-REGISTER-FREED", "ADDRESS-MISSING"]),
        (
            [
                ("portail: 10.64.16.16/28", "portail: 10.64.16.0/28"),
                ("public: 10.64.16.0/28", "public: 10.64.16.16/28"),
            ],
            ["CHANGE-REGISTER-MOVED", "CHANGE-REGISTER-MOVED"],
        ),
        ([("transit: 10.64.4.17", "transit: 10.64.4.17\n    retired: true")], ["CHANGE-REGISTER-RETIRED"]),
        ([("# Written by", "# Written with")], []),
    ],
)
def test_what_was_given_stays(change, codes, replacements, expected):
    change(REGISTER, *replacements)

    assert codes() == expected


RESERVE = "\n      reserve: 10.64.21.0/27"


@pytest.mark.parametrize(
    ("given", "asked", "expected"),
    [
        ("interne: 10.64.20.0/25", [], ["CHANGE-REGISTER-UNASKED"]),
        ("interne: 10.64.20.0/25", [SANTE], []),
        ("interne: 10.64.16.32/27", [SANTE], ["ADDRESS-MISSING", "CHANGE-REGISTER-UNASKED"]),  # to justice instead
        ("interne: 10.64.16.32/27", [JUSTICE], []),
    ],
)
def test_the_register_gives_only_what_a_request_asks_for(change, codes, given, asked, expected):
    change(REGISTER, (given, given + RESERVE))
    for file in asked:
        change(file, ("  interne: {", "  reserve: {hosts: 20}\n  interne: {"))

    assert sorted(codes()) == expected


@pytest.mark.parametrize(("asked", "expected"), [("hosts: 20", ["CHANGE-REGISTER-LARGER"]), ("hosts: 40", [])])
def test_a_new_block_is_no_larger_than_asked(change, codes, asked, expected):
    change(REGISTER, ("interne: 10.64.20.0/25", "interne: 10.64.20.0/25\n      reserve: 10.64.21.0/26"))
    change(SANTE, ("  interne: {", f"  reserve: {{{asked}}}\n  interne: {{"))

    assert codes() == expected


def test_a_block_given_before_stays_when_its_network_asks_for_less(change, codes):
    change(SANTE, ("  interne: {hosts: 100", "  interne: {hosts: 20"))

    assert codes() == []


def test_the_platform_team_allocates_for_several_requests_at_once(change, codes):
    for file in (SANTE, JUSTICE):
        change(file, ("  interne: {", "  reserve: {hosts: 20}\n  interne: {"))
    change(REGISTER, ("interne: 10.64.20.0/25", f"interne: 10.64.20.0/25{RESERVE}"))
    change(REGISTER, ("interne: 10.64.16.32/27", f"interne: 10.64.16.32/27{RESERVE.replace('.0/27', '.32/27')}"))

    assert codes(platform_team=True) == []


def test_nobody_is_given_a_block_without_a_request(change, codes):
    entry = "    administration: 10.64.0.99\n    transit: 10.64.4.99\n    networks:\n      interne: 10.64.21.0/27\n"
    change(REGISTER, ("  numerique:", f"  fantome:\n{entry}  numerique:"))

    assert sorted(codes()) == ["ADDRESS-ORPHAN", "CHANGE-REGISTER-UNASKED"]


def test_another_sites_register_that_cannot_be_read_is_told_beside_a_request_and_a_remark_in_it_is_not(project, change):
    other = REGISTER.replace("ml-bko", "bf-oua")
    change(SANTE, ("hosts: 20", "hosts: 21"))
    change(other, ("# Written by", "# Written with"))
    assert check_since(project, "HEAD", [project / SANTE]) == []

    (project / other).write_text("]]]] not yaml : {\n")
    found = check_since(project, "HEAD", [project / SANTE])

    assert {each.place.file for each in found} == {other}


def test_a_moved_block_is_shown_at_its_line_with_what_it_was(project, change):
    change(REGISTER, ("10.64.20.0/25", "10.64.20.128/25"))

    (found,) = check_since(project, "HEAD")

    line = (project / REGISTER).read_text().splitlines()[found.place.line - 1]
    assert line.strip() == "interne: 10.64.20.128/25"
    assert "10.64.20.0/25" in found.text("fr")


def test_a_retired_tenants_blocks_are_freed_with_its_file(project, change, codes):
    entry = (
        "  justice:\n    administration: 10.64.0.15\n    transit: 10.64.4.15\n    networks:\n"
        "      interne: 10.64.16.32/27\n"
    )
    change(REGISTER, (entry, ""))
    assert sorted(set(codes())) == ["ADDRESS-MISSING", "CHANGE-REGISTER-FREED"]

    git(project, "checkout", "-q", ".")
    change(JUSTICE, ("review_by", "lifecycle: retired\nreview_by"))
    change(REGISTER, ("transit: 10.64.4.15", "transit: 10.64.4.15\n    retired: true"))
    commit(project)
    (project / JUSTICE).unlink()
    change(REGISTER, (entry.replace("    networks", "    retired: true\n    networks"), ""))
    assert codes() == []


def test_one_request_touches_one_tenant(project, change, codes):
    change(SANTE, ("hosts: 20", "hosts: 21"))
    assert codes() == []

    change(JUSTICE, ("hosts: 20", "hosts: 21"))
    (found,) = check_since(project, "HEAD")

    assert found.code == "CHANGE-TENANTS"
    assert "ml-bko.justice, ml-bko.sante" in found.text("en")
    assert {found.place.file, *(place.file for place in found.related)} == {SANTE, JUSTICE}
    assert codes(platform_team=True) == []


@pytest.mark.parametrize(
    "file", [SITE, "inventories/countries/ml.yaml", "inventories/ml-bko/README", "inventories/x.py"]
)
def test_what_is_no_tenants_is_the_platform_teams(project, codes, file):
    with (project / file).open("a") as content:
        content.write("# changed\n")

    assert codes() == ["CHANGE-SHARED-FILE"]
    assert codes(platform_team=True) == []


def test_a_lowered_classification_is_told_and_a_raised_one_is_not(project, change):
    change(JUSTICE, ("classification: internal", "classification: public"))
    found = check_since(project, "HEAD")
    assert [(each.code, each.severity) for each in found] == [("CHANGE-CLASSIFICATION-LOWERED", Severity.WARNING)]

    change(JUSTICE, ("classification: public", "classification: restricted"))
    assert "CHANGE-CLASSIFICATION-LOWERED" not in [each.code for each in check_since(project, "HEAD")]


def test_a_default_of_the_site_that_destroys_is_refused_to_the_platform_team_too(project, change, codes):
    change(JUSTICE, ("base: {network: interne, volumes: {courriers: {size: 50}}}", "base: {network: interne}"))
    change(SITE, ("keep_days: 30", "keep_days: 31"))

    assert codes(platform_team=True) == ["LOSS-VOLUME"]


@pytest.mark.parametrize("broken", ["schema: 1\n", "tenant: [\n", ""])
def test_a_request_that_was_broken_before_cannot_be_compared(project, codes, broken):
    kept = (project / SANTE).read_text()
    (project / SANTE).write_text(broken)
    commit(project)
    (project / SANTE).write_text(kept)

    (found,) = check_since(project, "HEAD")

    assert (found.code, found.severity) == ("CHANGE-UNCLEAR", Severity.ERROR)
    assert f"({SANTE}:" in found.text("fr")
    assert [each.severity for each in check_since(project, "HEAD", platform_team=True)] == [Severity.WARNING]


def test_a_broken_request_that_vanishes_is_refused_all_the_same(project, codes):
    (project / SANTE).write_text("schema: 1\n")
    commit(project)
    (project / SANTE).unlink()

    assert "LOSS-FILE" in codes(platform_team=True)


def test_a_link_in_the_commit_cannot_be_compared(project, codes):
    kept = (project / SANTE).read_text()
    (project / SANTE).unlink()
    (project / SANTE).symlink_to(project / JUSTICE)
    commit(project)
    (project / SANTE).unlink()
    (project / SANTE).write_text(kept)

    assert codes() == ["CHANGE-UNCLEAR"]


@pytest.mark.parametrize("file", [SITE, REGISTER])
def test_a_commit_whose_site_is_broken_cannot_be_compared_and_says_why(project, codes, file):
    kept = (project / file).read_text()
    (project / file).write_text("schema: [\n")
    commit(project)
    (project / file).write_text(kept)

    found = [each for each in check_since(project, "HEAD") if each.code == "CHANGE-SITE-UNCLEAR"]

    assert len(found) == 1
    assert f"{file}:" in found[0].text("en")
    assert [each.severity for each in check_since(project, "HEAD", platform_team=True)] == [Severity.WARNING]
    (made,) = compare(project, "HEAD", ["ml-bko"])
    assert made.differences == ()


def test_a_vanished_site_is_refused_while_it_has_tenants(project, codes):
    git(project, "rm", "-rq", "inventories/ne-nia")

    assert "LOSS-SITE" in codes(platform_team=True)


def test_findings_that_were_there_before_and_elsewhere_are_left_out(project, change, codes):
    change(JUSTICE, ("network: interne}", "network: nulle-part}"))
    commit(project)
    change(SANTE, ("hosts: 20", "hosts: 21"))
    assert codes() == []

    change(SANTE, ("image: debian-12}", "image: debian-21}"))
    assert codes() == ["NAME-UNKNOWN-IMAGE"]


def test_a_change_that_breaks_another_tenants_file_is_told_there(project):
    """Two tenants declare the flow between them; one of the two files vanishes."""
    (project / "inventories/ml-bko/tenants/etat-civil.yaml").unlink()

    told = {each.code: each.place.file for each in check_since(project, "HEAD")}

    assert told["NAME-UNKNOWN-TENANT"] == "inventories/ml-bko/tenants/interieur.yaml"
    assert "LOSS-FILE" in told


def test_paths_narrow_what_is_told(project, change):
    change(SANTE, (BUCKET, "buckets: {}"))
    change(JUSTICE, ("base: {network: interne, volumes: {courriers: {size: 50}}}", "base: {network: interne}"))

    found = check_since(project, "HEAD", [project / JUSTICE], platform_team=True)

    assert [each.code for each in found] == ["LOSS-VOLUME"]
    assert found[0].place.file == JUSTICE


def test_fixes_name_the_commit_and_never_the_branch(project, codes):
    git(project, "branch", "$(touch${IFS}x)")
    (project / JUSTICE).unlink()

    found = [each for each in check_since(project, "$(touch${IFS}x)") if each.code == "LOSS-FILE"]

    assert git(project, "rev-parse", "HEAD")[:12] in found[0].fix("en")
    assert "touch" not in found[0].fix("en")
