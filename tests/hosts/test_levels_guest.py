"""A real guest, level by level: hardened, judged by others, hardened again without a change, reachable throughout."""

import json

import judges
import pytest
from hosts.guests import as_host

from infra.hosts.catalogue import read_catalogue
from infra.hosts.record import Assessment, Kind, Verdict
from infra.hosts.running import Order, run
from infra.lab.guests import Guest, guest_image
from infra.model.classification import HardeningLevel

LEAST = {"minimal": 0.95, "intermediary": 0.95, "enhanced": 0.90, "high": 0.85}
"""The share of the judge's applicable rules that must pass at each level."""
CATALOGUE = read_catalogue()
EXPLAINED = {name for rule in CATALOGUE.rules.values() if rule.judge for name in rule.scap}
"""The judge's rules from which ours knowingly differ."""


@pytest.fixture(scope="module")
def judged_guest(full):
    with Guest(guest_image(packages=judges.PACKAGES)) as guest:
        judges.install(guest)
        yield guest


def quiet(*_):
    pass


def at_work(guest, home, kind, level):
    record = run(Order(kind=kind, asked="test"), [as_host(guest, home, level)], quiet)
    (host,) = record.hosts
    assert host.assessment is Assessment.ASSESSED, host.problem
    return host


def share(results):
    passed, failed = (list(results.values()).count(word) for word in ("pass", "fail"))
    return passed / (passed + failed)


@pytest.mark.parametrize("level", list(HardeningLevel))
def test_a_level_is_reached_stays_and_is_confirmed_by_an_independent_judge(judged_guest, home, level):
    before = judges.openscap(judged_guest, level)

    first = at_work(judged_guest, home, Kind.HARDEN, level)
    second = at_work(judged_guest, home, Kind.HARDEN, level)
    judged_guest.reboot()
    audit = at_work(judged_guest, home, Kind.AUDIT, level)
    after = judges.openscap(judged_guest, level)

    ours = {each.rule: each.verdict for each in audit.verdicts}
    failing = sorted(name for name, result in after.items() if result == "fail")
    print(json.dumps({
        "level": level, "before": round(share(before), 3), "after": round(share(after), 3), "fails": failing,
        "changed": len(first.changed), "seconds": first.seconds,
        "verdicts": {word: list(ours.values()).count(word) for word in Verdict},
        "ours": sorted(name for name, verdict in ours.items() if verdict in (Verdict.FAIL, Verdict.UNMEASURED)),
    }, indent=1))  # fmt: skip
    assert second.changed == ()
    assert not [name for name, verdict in ours.items() if verdict is Verdict.FAIL and CATALOGUE.rules[name].remedied]
    assert not [name for name in failing if before.get(name) == "pass"]
    assert share(after) >= LEAST[level]
    passing = {name for rule, verdict in ours.items() if verdict is Verdict.PASS for name in CATALOGUE.rules[rule].scap}
    assert not sorted(passing & set(failing) - EXPLAINED)
    assert judged_guest.ssh("sudo -n id -u").stdout.strip() == "0"
