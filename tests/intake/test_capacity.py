"""A request for which the site has no room is refused with what would fit; its nearest neighbour is accepted."""

from pathlib import Path

import pytest
import yaml

from infra.intake.inventory import read_site

SITE = "ml-bko/site.yaml"
CASES = Path(__file__).parents[1] / "cases" / "capacity.yaml"
ALL = [pytest.param(case, id=case["it"]) for case in yaml.safe_load(CASES.read_text(encoding="utf-8"))]


def _found(project, only=None):
    return [each for each in read_site(project, "ml-bko", only=only).findings if not each.code.startswith("ADDRESS")]


@pytest.mark.parametrize("case", ALL)
def test_a_request_that_the_site_has_no_room_for_is_refused(project, change, case):
    for file, old, new in case["given"]:
        change(file, (old, new))

    (finding,) = _found(project)
    place = finding.place.file.removeprefix("inventories/")

    assert f"{finding.code} {place} {finding.place.path} {finding.related[0].path}" == case["finds"]
    for lang, words in case["says"].items():
        told = f"{finding.text(lang)} {finding.fix(lang)}"
        assert [word for word in words if word not in told] == [], told


@pytest.mark.parametrize("case", ALL)
def test_the_nearest_site_with_room_refuses_nobody(project, change, case):
    for file, old, new in case["accepted"]:
        change(file, (old, new))

    assert _found(project) == []


def test_the_sum_is_judged_for_one_tenant_too_and_only_who_is_refused_is_told(project, change):
    change(SITE, ("ram: 12288", "ram: 771"))

    assert [each.code for each in _found(project, ["sante"])] == ["CAPACITY-COMPUTE"]
    assert _found(project, ["justice"]) == []
    assert _found(project, []) == []


def test_a_tenant_without_blocks_is_the_newest(project, change):
    change(SITE, ("ram: 12288", "ram: 771"))
    register = project / "inventories/ml-bko/addresses.yaml"
    text = register.read_text(encoding="utf-8")
    start, end = text.index("  finances:"), text.index("  interieur:")
    register.write_text(text[:start] + text[end:], encoding="utf-8")

    found = [each.place.file for each in _found(project) if each.code.startswith("CAPACITY")]
    assert found == ["inventories/ml-bko/tenants/finances.yaml"]


@pytest.mark.parametrize(("size", "codes"), [(500_000, set()), (700_000, {"CAPACITY-OBJECTS"})])
def test_a_new_request_that_says_retired_is_refused_for_room_like_any_other(project, size, codes):
    tenants = project / "inventories/ml-bko/tenants"
    text = (tenants / "justice.yaml").read_text(encoding="utf-8").replace("justice", "peche")
    added = f"lifecycle: retired\nbuckets: {{tout: {{size: {size}}}, reste: {{size: {size}}}}}\n"
    (tenants / "peche.yaml").write_text(text.replace("de la Justice", "de la Pêche") + added, encoding="utf-8")

    found = read_site(project, "ml-bko").findings

    assert {each.place.file for each in found} == {"inventories/ml-bko/tenants/peche.yaml"}
    assert {each.code for each in found} == {"ADDRESS-RETIRED", *codes}


def test_a_request_that_is_refused_for_its_room_can_still_be_looked_at(project, change):
    change(SITE, ("ram: 12288", "ram: 771"))

    assert read_site(project, "ml-bko", only=["sante"]).requests.keys() == {"sante"}


def test_a_site_without_capacity_and_prices_is_not_judged(project):
    path = project / "inventories" / SITE
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("\n# What the hardware gives")], encoding="utf-8")

    inventory = read_site(project, "ml-bko")

    assert (inventory.findings, inventory.site.capacity, inventory.site.prices) == ((), None, None)


def test_what_is_left_out_of_a_capacity_has_its_default(project, change):
    change(
        SITE,
        ("  cpu_overcommit: 4\n", ""),
        ("  hypervisors: 24\n", ""),
        ("  headroom: {compute: 15, storage: 20, objects: 20, public_addresses: 5, private_addresses: 10}", ""),
        ("  largest_share: 5", ""),
    )

    capacity = read_site(project, "ml-bko").site.capacity

    assert (capacity.cpu_overcommit, capacity.ram_overcommit, capacity.hypervisors) == (1, 1, None)
    assert (capacity.headroom.compute, capacity.largest_share) == (0, 100)


@pytest.mark.parametrize(
    "wrong",
    [
        ("types: [standard, encrypted]}", "types: [encrypted]}", "CAPACITY-TYPE", "standard ne puise dans aucune"),
        (
            "types: [standard, encrypted]}",
            "types: [standard, encrypted]}\n    hdd: {size: 1000, types: [standard]}",
            "CAPACITY-TYPE-TWICE",
            "standard puise aussi dans ssd",
        ),
        (
            "types: [standard, encrypted]}",
            "types: [standard, encrypted, chiffre]}",
            "NAME-UNKNOWN-VOLUME-TYPE",
            "chiffre",
        ),
        ("volumes: {standard: 60, encrypted: 72.5}", "volumes: {encrypted: 72.5}", "PRICE-TYPE", "standard n'a pas"),
        ("encrypted: 72.5}", "encrypted: 72.5, chiffre: 1}", "NAME-UNKNOWN-VOLUME-TYPE", "chiffre"),
        ("currency: XOF", "currency: EUR", "PRICE-CURRENCY", "Les prix sont en EUR, la monnaie du pays est XOF"),
        ("cpu_overcommit: 4", "cpu_overcommit: 4.0", "SHAPE-TYPE", "un nombre"),
        ("cpu_overcommit: 4", "cpu_overcommit: 0.5", "SHAPE-RANGE", "0.5"),
        ("compute: 15", "compute: 91", "SHAPE-RANGE", "91"),
        ("valid_from: 2026-01-01", "valid_from: 2026-02-30", "SHAPE-DATE", "2026-02-30"),
    ],
)
def test_a_capacity_or_a_price_book_that_is_not_whole_is_refused(project, change, wrong):
    old, new, code, words = wrong
    change(SITE, (old, new))

    found = read_site(project, "ml-bko").findings

    assert [each.code for each in found] == [code]
    assert words in found[0].text("fr")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "ssd: {size: 200000, types: [standard, encrypted]}",
            "ssd: {size: 90000, types: [encrypted]}\n    hdd: {size: 90000, types: [standard]}",
        ),
        ("cpu_overcommit: 4", "cpu_overcommit: 4.5"),
        ("ram: 12288", "ram: 12288\n  ram_overcommit: 1.2"),
        ("compute: 15", "compute: 90"),
        ("volumes: {standard: 60,", "volumes: {standard: 60.25,"),
        ("valid_from: 2026-01-01", "valid_from: 2028-02-29"),
    ],
)
def test_a_capacity_and_a_price_book_that_are_whole_are_accepted(project, change, old, new):
    change(SITE, (old, new), *([("cores: 1536", "cores: 3000"), ("ram: 12288", "ram: 30000")] if "90" in new else []))

    assert [each.code for each in read_site(project, "ml-bko").findings] == []
