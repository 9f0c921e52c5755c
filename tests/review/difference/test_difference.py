"""What a changed request comes to, as Pulumi and OpenStack really do it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st
from netaddr import IPNetwork
from review.difference.conftest import ROOT, SANTE, commit

from infra.intake.inventory import read_site, sites
from infra.intake.messages import LOCALE
from infra.model.classification import Spread
from infra.model.tenant import Backups, Deviation, Egress, Tenant
from infra.review.change import Action, Kind
from infra.review.difference import difference
from infra.review.since import compare

WEB = "web:  {network: dmz, count: 2, flavor: SCS-2V-4, image: debian-12}"
APP = "app:  {network: interne, count: 2, flavor: SCS-2V-8, image: debian-12}"
BASE = "base: {network: interne, count: 2, flavor: SCS-4V-16, image: debian-12, volumes: {donnees: {size: 200}}}"


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEqVZ4AKu7dbDEPkLkVf5Vf3RQmJq1rFkRgKwI1tVq9H"


def told(changes) -> list[tuple[str, str, int]]:
    return [(each.code, each.action.value, each.count) for each in changes]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (WEB, WEB.replace("count: 2", "count: 3"), [("DIFF-SERVER-CREATED", "create", 1)]),
        (WEB, WEB.replace("count: 2", "count: 1"), [("DIFF-SERVER-DESTROYED", "destroy", 1)]),
        (WEB, WEB.replace("SCS-2V-4", "SCS-2V-8"), [("DIFF-SERVER-RESIZED", "change", 2)]),
        (WEB, WEB.replace("debian-12", "debian-13"), [("DIFF-SERVER-WAITING", "change", 0)]),
        (WEB, WEB.replace("debian-12", "debian-12, disk: 60"), [("DIFF-SERVER-WAITING", "change", 0)]),
        (WEB, WEB.replace("debian-12", "debian-12, spread: hard"), [("DIFF-SERVER-WAITING", "change", 0)]),
        (WEB, WEB.replace("debian-12", "debian-12, role: router"), [("DIFF-TERMS", "change", 0)]),
        (WEB, WEB.replace("debian-12", "debian-12, role: guest"), []),
        (WEB, WEB.replace("debian-12", "debian-12, packages: [tcpdump]"), [("DIFF-TERMS", "change", 0)]),
        (WEB, WEB.replace("debian-12", "debian-12, services: [avahi-daemon.service]"), [("DIFF-TERMS", "change", 0)]),
        (WEB, WEB.replace("debian-12", "debian-12, rebuild: a"), [("DIFF-SERVER-REBUILT", "rebuild", 2)]),
        (WEB, WEB.replace("debian-12", "debian-13, rebuild: a"), [("DIFF-SERVER-REBUILT", "rebuild", 2)]),
        (
            WEB,
            WEB.replace("count: 2", "count: 3").replace("debian-12", "debian-12, rebuild: a"),
            [("DIFF-SERVER-REBUILT", "rebuild", 2), ("DIFF-SERVER-CREATED", "create", 1)],
        ),
        (APP, APP.replace("interne", "dmz"), [("DIFF-SERVER-MOVED", "rebuild", 2)]),
        (
            APP,
            APP.replace("interne", "dmz").replace("debian-12", "debian-12, rebuild: a"),
            [("DIFF-SERVER-MOVED", "rebuild", 2), ("DIFF-SERVER-REBUILT", "rebuild", 0)],
        ),
        (BASE, BASE.replace("size: 200", "size: 300"), [("DIFF-VOLUME-GROWN", "change", 2)]),
        (BASE, BASE.replace("size: 200", "size: 100"), [("DIFF-VOLUME-SHRUNK", "change", 2)]),
        (BASE, BASE.replace(", volumes: {donnees: {size: 200}}", ""), [("DIFF-VOLUME-DESTROYED", "destroy", 2)]),
        (
            BASE,
            BASE.replace("count: 2", "count: 1"),
            [("DIFF-VOLUME-DESTROYED", "destroy", 1), ("DIFF-SERVER-DESTROYED", "destroy", 1)],
        ),
        (
            BASE,
            BASE.replace("count: 2", "count: 3"),
            [("DIFF-SERVER-CREATED", "create", 1), ("DIFF-VOLUME-CREATED", "create", 1)],
        ),
        (
            BASE,
            BASE.replace("donnees", "patients"),
            [("DIFF-VOLUME-DESTROYED", "destroy", 2), ("DIFF-VOLUME-CREATED", "create", 2)],
        ),
        ("archives: {size: 500}", "archives: {size: 400}", [("DIFF-BUCKET-RESIZED", "change", 1)]),
        (
            "archives: {size: 500}",
            "dossiers: {size: 500}",
            [("DIFF-BUCKET-DESTROYED", "destroy", 1), ("DIFF-BUCKET-CREATED", "create", 1)],
        ),
        ("{hosts: 100}", "{hosts: 90}", [("DIFF-NETWORK-ROOM", "change", 0)]),
        (
            "dossier.sante.example: {",
            "patients.sante.example: {",
            [("DIFF-NAME-DESTROYED", "destroy", 1), ("DIFF-NAME-CREATED", "create", 1)],
        ),
        ("port: 443}", "port: 443, listen: 8443}", [("DIFF-NAME-CHANGED", "change", 1)]),
        (
            "    publish: {dossier.sante.example: {tier: web, port: 443}}",
            "    publish: {}",
            [("DIFF-NAME-DESTROYED", "destroy", 1), ("DIFF-ADDRESS-DESTROYED", "destroy", 1)],
        ),
        ("[8080/tcp]", "[8080/tcp, 8443/tcp]", [("DIFF-FLOW-CHANGED", "change", 1)]),
        ("      - {from: app,      to: base, ports: [5432/tcp]}\n", "", [("DIFF-FLOW-DESTROYED", "destroy", 1)]),
        (
            "from: app,      to: base",
            "from: web,      to: base",
            [("DIFF-FLOW-DESTROYED", "destroy", 1), ("DIFF-FLOW-CREATED", "create", 1)],
        ),
        (
            "review_by",
            "egress: [{to: 203.0.113.7/32, ports: [443/tcp], reason: Paiement}]\nreview_by",
            [("DIFF-EGRESS-CREATED", "create", 1)],
        ),
        ("sante-audit: reader", "sante-audit: member", [("DIFF-GROUP-CHANGED", "change", 1)]),
        (", sante-audit: reader", "", [("DIFF-GROUP-DESTROYED", "destroy", 1)]),
        ("rssi@sante", "ssi@sante", [("DIFF-TERMS", "change", 0)]),
        ("2027-06-30", "2027-05-30", [("DIFF-TERMS", "change", 0)]),
        ("review_by", "lifecycle: retired\nreview_by", [("DIFF-LIFECYCLE-RETIRED", "change", 0)]),
        ("  interne: {", "  reserve: {hosts: 5}\n  interne: {", [("DIFF-NETWORK-CREATED", "create", 1)]),
        ("dmz:     {hosts: 20}", "dmz: {hosts: 20, qos: limite-1g}", [("DIFF-NETWORK-LIMIT", "change", 1)]),
        (
            "sante-audit: reader",
            "sante-audit: reader, sante-garde: reader",
            [("DIFF-GROUP-CREATED", "create", 1)],
        ),
        (
            "sante-audit: reader",
            f"sante-audit: {{role: reader, keys: [{KEY}]}}",
            [("DIFF-GROUP-KEYS", "change", 1)],
        ),
        ("# heads, not prefixes", "# another comment", []),
    ],
)
def test_a_change_comes_to_what_really_happens(change, changes, old, new, expected):
    change(SANTE, (old, new))

    assert told(changes()) == expected


@pytest.mark.parametrize(
    ("before", "now", "code"),
    [
        ("internal", "restricted", "DIFF-CLASSIFICATION"),
        ("restricted", "internal", "DIFF-CLASSIFICATION-LOWERED"),
        ("restricted", "restricted", ""),
    ],
)
def test_a_classification_that_is_raised_or_lowered_is_told_as_such(project, change, changes, before, now, code):  # noqa: PLR0917  a case
    change(SANTE, ("classification: restricted", f"classification: {before}"))
    commit(project)
    change(SANTE, (f"classification: {before}", f"classification: {now}"))

    assert [each.code for each in changes() if "CLASSIFICATION" in each.code] == ([code] if code else [])


EGRESS = "egress: [{to: 203.0.113.7/32, ports: [443/tcp], reason: Paiement}]\nreview_by"


@pytest.mark.parametrize(
    ("before", "old", "new", "expected"),
    [
        (("review_by", EGRESS), EGRESS, "review_by", [("DIFF-EGRESS-DESTROYED", "destroy", 1)]),
        (("review_by", EGRESS), "[443/tcp], reason", "[8443/tcp], reason", [("DIFF-EGRESS-CHANGED", "change", 1)]),
        (
            ("dmz:     {hosts: 20}", "dmz: {hosts: 20, qos: limite-1g}"),
            ", qos: limite-1g",
            "",
            [("DIFF-NETWORK-LIMIT-KEPT", "change", 0)],
        ),
        (
            ("  interne: {", "  reserve: {hosts: 5}\n  interne: {"),
            "  reserve: {hosts: 5}\n",
            "",
            [("DIFF-NETWORK-DESTROYED", "destroy", 1)],
        ),
        (
            ("review_by", "lifecycle: retired\nreview_by"),
            "lifecycle: retired\n",
            "",
            [("DIFF-LIFECYCLE-ACTIVE", "change", 0)],
        ),
        (
            ("    publish: {dossier.sante.example: {tier: web, port: 443}}", "    publish: {}"),
            "    publish: {}",
            "    publish: {dossier.sante.example: {tier: web, port: 443}}",
            [("DIFF-NAME-CREATED", "create", 1), ("DIFF-ADDRESS-CREATED", "create", 1)],
        ),
        (
            ("classification: restricted", "classification: internal"),
            BASE,
            BASE.replace("size: 200", "size: 200, type: encrypted"),
            [("DIFF-VOLUME-RETYPED", "change", 2)],
        ),
        (("review_by", EGRESS), "# heads", "# people", []),
    ],
)
def test_a_change_of_what_was_asked_before_comes_to_what_really_happens(  # noqa: PLR0917  a case
    project, change, changes, before, old, new, expected
):
    change(SANTE, before)
    commit(project)
    change(SANTE, (old, new))

    assert sorted(told(changes())) == sorted(expected)


@pytest.mark.parametrize(
    ("old", "new", "loses"),
    [
        (BASE, BASE.replace("size: 200", "size: 199"), True),
        (BASE, BASE.replace("size: 200", "size: 201"), False),
        ("archives: {size: 500}", "archives: {size: 1}", False),
        ("buckets: {archives: {size: 500}}", "buckets: {}", True),
        (WEB, WEB.replace("count: 2", "count: 1"), True),  # a server's own disk
        (WEB, WEB.replace("count: 2", "count: 3"), False),
        (BASE, BASE.replace("count: 2", "count: 1"), True),
        (WEB, WEB.replace("debian-12", "debian-13"), False),  # waits for a rebuild
        (WEB, WEB.replace("debian-12", "debian-13, rebuild: a"), True),
        (WEB, WEB.replace("SCS-2V-4", "SCS-2V-8"), False),
        (APP, APP.replace("interne", "dmz"), True),
        ("review_by", "lifecycle: retired\nreview_by", True),
    ],
)
def test_only_what_can_lose_data_says_so(change, changes, old, new, loses):
    change(SANTE, (old, new))

    assert any(each.loses_data for each in changes()) is loses


def test_a_tenant_without_any_server_or_bucket_retires_without_loss(project, change, changes):
    bare = "inventories/ml-bko/tenants/agriculture.yaml"
    publish = "    publish: {marches.agriculture.example: {tier: web, port: 443}}\n"
    change(bare, ("profile: site-web", "# "), (f"platforms:\n  site:\n{publish}", "networks: {public: {hosts: 10}}\n"))
    commit(project)
    change(bare, ("review_by", "lifecycle: retired\nreview_by"))

    assert [each.loses_data for each in changes("agriculture")] == [False]


def test_a_renamed_tier_is_destroyed_and_made_anew(change, changes):
    change(SANTE, (BASE, BASE.replace("base: {", "sgbd: {")), ("to: base", "to: sgbd"))

    found = {(each.action, each.subject.value, each.name): each.count for each in changes()}

    assert found[Action.DESTROY, "volume", "dossier-patient.base.donnees"] == 2
    assert found[Action.DESTROY, "server", "dossier-patient.base"] == 2
    assert found[Action.CREATE, "server", "dossier-patient.sgbd"] == 2
    assert found[Action.CREATE, "volume", "dossier-patient.sgbd.donnees"] == 2


def test_a_removed_thing_is_shown_where_it_stood_and_a_new_one_where_it_stands(change, changes):
    change(SANTE, ("archives: {size: 500}", "dossiers: {size: 500}"))

    old, new = changes()

    assert (old.formerly, old.place.path) == (True, "buckets.archives.size")
    assert (new.formerly, new.place.path) == (False, "buckets.dossiers.size")
    assert old.place.file == new.place.file == SANTE


def test_lost_data_comes_first_then_the_graver(change, changes):
    change(
        SANTE,
        (WEB, WEB.replace("count: 2", "count: 3").replace("debian-12", "debian-12, rebuild: a")),
        (APP, APP.replace("count: 2", "count: 1").replace("SCS-2V-8", "SCS-2V-4")),
        ("archives: {size: 500}", "dossiers: {size: 500}"),
    )

    assert changes()[0].name == "archives"  # data before system disks
    found = [(each.loses_data, each.action.value) for each in changes()]

    assert found == [
        (True, "destroy"), (True, "destroy"), (True, "rebuild"),
        (False, "change"), (False, "create"), (False, "create"),
    ]  # fmt: skip


def test_a_default_of_the_site_changes_every_tenant_that_takes_it(project, change):
    change("inventories/ml-bko/site.yaml", ("keep_days: 30", "keep_days: 31"))

    (made,) = compare(project, "HEAD", ["ml-bko"])

    changed = [each.tenant for each in made.differences if each.kind is Kind.CHANGED]
    assert len(changed) > 1
    assert {change.place.file for each in made.differences for change in each.changes} == {
        "inventories/ml-bko/site.yaml"
    }


def test_tenants_are_new_removed_or_unclear(project, change):
    folder = project / "inventories/ml-bko/tenants"
    (folder / "justice.yaml").unlink()
    (folder / "sante.yaml").write_text("schema: 1\n")
    text = (folder / "agriculture.yaml").read_text().replace("agriculture", "peche")
    (folder / "peche.yaml").write_text(text)

    (made,) = compare(project, "HEAD", ["ml-bko"])

    assert {each.tenant: each.kind for each in made.differences} == {
        "justice": Kind.REMOVED, "sante": Kind.UNCLEAR, "peche": Kind.NEW,
    }  # fmt: skip
    codes = {each.tenant: [change.code for change in each.changes] for each in made.differences}
    assert [name for name, found in codes.items() if "DIFF-TENANT-NEW" in found] == ["peche"]
    assert [name for name, found in codes.items() if "DIFF-TENANT-GONE" in found] == ["justice"]
    (gone,) = (each for each in made.differences if each.kind is Kind.REMOVED)
    assert gone.loses_data
    assert all(each.formerly for each in gone.changes)


def test_a_new_site_is_made_whole(project):
    (made,) = (each for each in compare(project, commit(project), ["ml-bko"]))
    assert made.differences == ()

    after = read_site(project, "ml-bko")
    found = difference(None, after)

    assert {each.kind for each in found} == {Kind.NEW}
    assert all(change.action is Action.CREATE for each in found for change in each.changes)


def test_a_block_that_moves_rebuilds_its_servers(project, change):
    before = read_site(project, "ml-bko")
    change("inventories/ml-bko/addresses.yaml", ("10.64.20.0/25", "10.64.20.128/25"))

    found = [change for each in difference(before, read_site(project, "ml-bko")) for change in each.changes]

    assert told(found) == [("DIFF-BLOCK-MOVED", "rebuild", 4)]
    assert found[0].loses_data


@pytest.mark.parametrize("site", sites(ROOT))
def test_an_inventory_does_not_differ_from_itself(site):
    inventory = read_site(ROOT, site)

    found = difference(inventory, inventory)

    assert {each.tenant for each in found} == set(inventory.names)
    assert {(each.kind, each.changes) for each in found} == {(Kind.UNCHANGED, ())}


INVENTORY = read_site(ROOT, "ml-bko")


@st.composite
def inventories(draw):
    """The sample site with tiers, buckets and classifications drawn anew, and some tenants left out."""
    requests = {}
    for name, request in INVENTORY.requests.items():
        if draw(st.booleans()):
            continue
        tenant = request.tenant
        platforms = {}
        for platform in tenant.platforms.values():
            tiers = {
                tier.name: replace(
                    tier,
                    count=draw(st.integers(1, 4)),
                    rebuild=draw(st.sampled_from([None, "a"])),
                    spread=draw(st.sampled_from(Spread)),
                    volumes={key: volume for key, volume in tier.volumes.items() if draw(st.booleans())},
                )
                for tier in platform.tiers.values()
                if draw(st.booleans())
            }
            platforms[platform.name] = replace(platform, tiers=tiers)
        buckets = {key: bucket for key, bucket in tenant.buckets.items() if draw(st.booleans())}
        requests[name] = replace(request, tenant=replace(tenant, platforms=platforms, buckets=buckets))
    return replace(INVENTORY, requests=requests, names=tuple(requests))


@settings(max_examples=60, deadline=None)
@given(inventories())
def test_no_inventory_differs_from_itself(inventory):
    assert all(each.kind is Kind.UNCHANGED and not each.changes for each in difference(inventory, inventory))


@settings(max_examples=60, deadline=None)
@given(inventories(), inventories())
def test_what_one_way_makes_the_other_way_destroys(before, after):
    forth, back = difference(before, after), difference(after, before)

    def names(found, action):
        return sorted(
            (each.tenant, change.subject, change.name, change.count)
            for each in found
            for change in each.changes
            if change.action is action
        )

    assert names(forth, Action.CREATE) == names(back, Action.DESTROY)
    assert names(forth, Action.REBUILD) == names(back, Action.REBUILD)
    assert all(each.changes for each in forth if each.kind is not Kind.UNCHANGED)


def mutations(value):
    """Where a value has a field, and the value with that one changed: for each of its own and of what it holds."""
    if is_dataclass(value):
        for each in fields(value):
            for where, other in mutations(getattr(value, each.name)):
                yield f".{each.name}{where}", replace(value, **{each.name: other})
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from ((f".{key}{where}", {**value, key: other}) for where, other in mutations(held))
    elif isinstance(value, tuple) and any(map(is_dataclass, value)):
        yield from ((where, (other, *value[1:])) for where, other in mutations(value[0]))
    else:
        yield "", mutated(value)


def mutated(value):
    other = f"{value or ''}x"
    match value:
        case bool():
            other = not value
        case Enum():
            other = next(each for each in type(value) if each is not value)
        case int():
            other = value + 1
        case date():
            other = value + timedelta(days=1)
        case tuple():
            other = (*value, "x")
        case IPNetwork():
            other = value.next()
    return other


def test_a_change_of_each_field_of_a_request_is_told():
    """But of what it is called by, and of what it lets go: what goes is told itself."""
    request = INVENTORY.requests["sante"]
    platform = request.tenant.platforms["dossier-patient"]
    deviation = Deviation(rule="R1", reason="x", owner="x", approver="x", expires=date(2027, 1, 1))
    egress = Egress(to=IPNetwork("203.0.113.8/29"), ports=platform.flows[0].ports, reason="x")
    tenant = replace(
        request.tenant, deviations=(deviation,), egress=(egress,), removes=("x",),
        backups=Backups(every_hours=1, keep_days=1),
    )  # fmt: skip

    def kind(other: Tenant) -> Kind:
        before, after = (
            replace(INVENTORY, requests={"sante": replace(request, tenant=each)}) for each in (tenant, other)
        )
        return difference(before, after, only=["sante"])[0].kind

    untold = [where for where, other in mutations(tenant) if kind(other) is Kind.UNCHANGED]

    called = [where for where in untold if where.endswith(".name") and not where.startswith(".contacts")]
    assert [where for where in untold if where not in called] == [".removes"]


def test_every_word_of_a_sentence_has_its_french():
    from infra.review import servers, terms  # noqa: PLC0415

    with (LOCALE / "fr/LC_MESSAGES/difference.po").open("rb") as file:
        known = {message.id for message in read_po(file)}
    words = [word for _, word in servers._WAITING] + [word for _, word, _ in terms._SAID]
    words += [word for _, word, _ in terms._SAID_OF_TIERS]
    words += ["Description of a platform", "Reason of a way out"]

    assert [word for word in words if word not in known] == []


def test_sentences_are_french_to_the_unit(change, changes):
    change(SANTE, (BASE, BASE.replace(", volumes: {donnees: {size: 200}}", "")))

    (found,) = changes()

    assert found.text("fr") == (
        "Volumes dossier-patient.base.donnees : 2 à supprimer avec leurs données (200 Gio encrypted)."
    )
    assert found.text("en") == (
        "Volumes dossier-patient.base.donnees: 2 to destroy with their data (200 GiB encrypted)."
    )
