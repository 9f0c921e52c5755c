"""Rules of sites, of days and of images; rules of requests are cases as data (tests/cases/requests/policy.yaml)."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import date

import pytest

from infra.errors import JolibaError
from infra.intake.defaults import merged
from infra.intake.findings import Severity
from infra.intake.inventory import read_site
from infra.intake.messages import MESSAGES
from infra.intake.reading import read
from infra.policy.days import judged_on, months_after
from infra.policy.images import support_ends
from infra.policy.judging import judge_request
from infra.policy.residency import state_hosts

TODAY = date(2026, 11, 24)
SITE = "ml-bko/site.yaml"


def codes(project, *, only=(), today=TODAY):
    return [
        (each.code, each.place.path) for each in read_site(project, "ml-bko", only=list(only), today=today).findings
    ]


@pytest.mark.parametrize(
    ("old", "foreign", "refusal", "near"),
    [
        ("hostmaster: dns@numerique.example", "hostmaster: dns@numerique.invalid", ("NAME", "dns.hostmaster"), None),
        ("alertes@numerique.example", "alertes@numerique.invalid", ("NAME", "hosts.mail_alias"), "a@mail.example"),
        ("  suffix: example", "  suffix: invalid", ("NAME", "dns.suffix"), "  suffix: gov.example"),
        ("198.18.64.0/28", "198.18.0.0/28", ("ADDRESS", "administration.operators[0]"), "198.18.79.240/28"),
        ("subnet: 198.51.100.0/24", "subnet: 198.51.100.0/23", ("ADDRESS", "external.subnet"), None),
        (
            "images.numerique.example/debian-12/20260901",
            "cloud.debian.org/debian-12/20260901",
            ("NAME", "images.debian-12.versions.20260901.properties.image_source"),
            "10.64.8.30/debian-12/20260901",
        ),
        ("cloud: lab", "cloud: ml\nstate: s3://etat?endpoint=objets.invalid", ("NAME", "state"), None),
        (
            "cloud: lab",
            "cloud: ml\nstate: s3://etat",
            ("STATE", "state"),
            "cloud: ml\nstate: s3://etat?endpoint=https://objets.example:9000&s3ForcePathStyle=true",
        ),
        (
            "cloud: lab",
            "cloud: ml\nstate: postgres://joliba@base.invalid/etat",
            ("NAME", "state"),
            "cloud: ml\nstate: postgres://joliba@10.64.9.1/etat",
        ),
    ],
)
def test_what_a_site_has_outside_the_national_list_is_refused(project, change, old, foreign, refusal, near):  # noqa: PLR0917  a case
    code, path = refusal
    file = project / "inventories" / SITE
    kept = file.read_text(encoding="utf-8")
    change(SITE, (old, foreign))

    refused = read_site(project, "ml-bko", only=[], today=TODAY)

    assert (f"POLICY-RESIDENCY-{code}", path) in [(each.code, each.place.path) for each in refused.findings]
    assert refused.site is None
    file.write_text(kept, encoding="utf-8")
    if near:
        change(SITE, (old, near))
    assert codes(project) == []


@pytest.mark.parametrize("service", ["dns", "ntp", "mirror", "logs", "backups"])
def test_services_outside_the_sites_own_ranges_are_refused(project, change, service):
    text = (project / "inventories" / SITE).read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith(f"  {service}: ["))
    change(SITE, (line, f"  {service}: [9.9.9.9]"))

    assert codes(project) == [("ADDRESS-OUTSIDE", f"services.{service}[0]")]


def test_the_same_site_is_refused_where_another_countrys_law_holds(project, change):
    change(SITE, ("country: ml", "country: bf"))

    assert ("POLICY-RESIDENCY-ADDRESS", "addresses.supernet") in codes(project)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("file:///var/lib/joliba", None),
        ("s3://etat", ()),
        ("s3://etat?endpoint=", ()),
        ("s3://etat?endpoint=objets.example", ("objets.example",)),
        ("s3://etat?endpoint=http://objets.example:9000", ("objets.example",)),
        ("s3://etat?endpoint=a.example&endpoint=b.invalid", ("a.example", "b.invalid")),
        ("postgres://u:p@base.example:5432/etat", ("base.example",)),
        ("postgres://a.example,b.invalid:5433/etat", ("a.example", "b.invalid")),
        ("postgres://a.example/etat?host=b.invalid", ("a.example", "b.invalid")),
        ("postgres:///etat", ()),
        ("s3://[", ()),
        ("s3://etat?endpoint=[", ()),
    ],
)
def test_the_hosts_of_a_state(url, hosts):
    assert state_hosts(url) == hosts


def test_an_image_out_of_support_is_refused_and_one_that_soon_is_warned_of(project, change):
    change(SITE, ("supported_until: 2028-06-30", "supported_until: 2026-11-24"))

    on_the_last_day = read_site(project, "ml-bko", only=["sante"], today=TODAY).findings
    after = read_site(project, "ml-bko", only=["sante"], today=date(2026, 11, 25)).findings

    assert {(each.code, each.severity) for each in on_the_last_day} == {("POLICY-IMAGE-ENDING", Severity.WARNING)}
    assert [(each.code, each.place.file.rpartition("/")[2]) for each in after] == [
        ("POLICY-IMAGE-ENDED", "site.yaml"),  # the bastion's
        ("POLICY-IMAGE-ENDED", "sante.yaml"),
    ]


def test_support_ends_with_the_earlier_of_what_the_maker_and_the_image_say(project):
    image = read_site(project, "ml-bko", only=[], today=TODAY).site.images["debian-12"]
    version = replace(image.current, properties={"provided_until": "2027-01-31"})

    assert support_ends(image) == date(2028, 6, 30)
    assert support_ends(replace(image, versions=(version,))) == date(2027, 1, 31)
    assert support_ends(replace(image, supported_until=None)) is None


def test_a_request_without_backups_is_refused_and_one_without_servers_has_nothing_to_save(project, change):
    change(SITE, ("    backups: {every_hours: 24, keep_days: 30}\n", ""))

    assert codes(project, only=["justice"]) == [("POLICY-BACKUP-MISSING", "backups")]
    assert codes(project, only=["agriculture"]) == []
    text = (project / "inventories/ml-bko/tenants/justice.yaml").read_text(encoding="utf-8")
    change("ml-bko/tenants/justice.yaml", (text[text.index("platforms:") : text.index("review_by")], ""))
    assert codes(project, only=["justice"]) == []


@pytest.mark.parametrize("name", ["wpad", "www"])
def test_a_tenant_named_like_a_service_of_the_state_is_refused(project, name):
    folder = project / "inventories/ml-bko/tenants"
    text = (folder / "agriculture.yaml").read_text(encoding="utf-8")
    for each in (name, f"{name}2"):
        (folder / f"{each}.yaml").write_text(text.replace("agriculture", each), encoding="utf-8")

    assert ("POLICY-NAME", "tenant") in codes(project, only=[name])
    assert ("POLICY-NAME", "tenant") not in codes(project, only=[f"{name}2"])


def test_policy_refuses_a_request_without_making_its_file_useless_for_others(project, change):
    change("ml-bko/tenants/etat-civil.yaml", ("2027-04-30", "2026-11-01"))

    assert codes(project, only=["finances"]) == []
    assert codes(project, only=["etat-civil"]) == [("POLICY-REVIEW-PAST", "review_by")]
    whole = read_site(project, "ml-bko", today=TODAY)
    assert [each.code for each in whole.findings] == ["POLICY-REVIEW-PAST"]
    assert whole.refused
    assert "etat-civil" in whole.requests  # for a sheet that says why it is refused


def test_health_data_may_not_leave_the_country_whose_law_keeps_it(project, change):
    change(
        "bf-oua/tenants/sante.yaml",
        ("buckets:", "egress: [{to: 198.51.100.0/24, ports: [443/tcp], reason: Copie}]\nbuckets:"),
    )

    found = read_site(project, "bf-oua", only=["sante"], today=TODAY).findings

    assert [(each.code, "001-2021" in each.text("fr"), "CIL" in each.fix("fr")) for each in found] == [
        ("POLICY-TRANSFER-HEALTH", True, True)
    ]


def test_months_end_where_the_calendar_does():
    assert months_after(date(2026, 11, 24), 18) == date(2028, 5, 24)
    assert months_after(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert months_after(date(2026, 12, 31), 12) == date(2027, 12, 31)


def test_the_day_of_a_lab_may_be_set_and_that_of_a_real_cloud_not(monkeypatch):
    monkeypatch.setenv("JOLIBA_TODAY", "2020-02-29")

    assert judged_on("lab") == date(2020, 2, 29)
    assert judged_on("ml-bko") == date.today()  # noqa: DTZ011
    monkeypatch.setenv("JOLIBA_TODAY", "yesterday")
    with pytest.raises(JolibaError, match="JOLIBA_TODAY"):
        judged_on("lab")


def test_policy_needs_no_pulumi():
    program = "import sys, infra.policy.judging, infra.policy.resources; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert not {"pulumi", "pulumi_openstack", "openstack", "babel"} & set(loaded)


def test_judging_a_tenant_takes_a_small_part_of_reading_it(project):
    began = time.process_time()
    inventory = read_site(project, "ml-bko", today=TODAY)
    site = read(project / "inventories" / SITE, project)
    files = {name: project / f"inventories/ml-bko/tenants/{name}.yaml" for name in inventory.names}
    drafts = [merged(name, read(file, project), site) for name, file in files.items()]
    read_in = time.process_time() - began

    started = time.process_time()
    for _ in range(repeated := 20):
        for draft in drafts:
            assert judge_request(draft, inventory.site, inventory.country, TODAY, MESSAGES) == []
    judged_in = (time.process_time() - started) / repeated

    print(read_in, judged_in)
    assert judged_in < read_in / 10
