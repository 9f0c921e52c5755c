"""An audit writes nothing on a host, apart from what any login writes: journal, wtmp, lastlog, sudo's timestamp."""

import json
from pathlib import Path

import pytest

from infra.bench.machine import fleet_as_hosts, guest_as_host
from infra.hosts.record import Assessment, Kind
from infra.hosts.running import Order, run
from infra.lab.guests import Guest, LightFleet, booted
from infra.lab.guests.fleet import obstacle
from infra.lab.guests.image import light_tree_folder
from infra.model.classification import HardeningLevel

STATE = (Path(__file__).parents[1] / "playbooks" / "host_state.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def fleet(pytestconfig):
    if why := obstacle():
        pytest.skip(why)
    if not pytestconfig.option.full and not light_tree_folder().is_dir():
        pytest.skip("the tree of light hosts is not made yet: scripts/test --full makes it")
    with LightFleet(1) as started:
        yield started


@pytest.fixture(scope="module")
def guest(full):
    with Guest(saved=booted()) as started:
        started.ssh(
            "sudo -n systemctl stop '*.timer'; sudo -n systemctl stop apt-daily.service apt-daily-upgrade.service"
        )
        yield started


def state(access):
    return json.loads(access.run("sudo -n python3 -B - untouched", stdin=STATE, timeout=1200).stdout)


def differing(now, before):
    """Subjects and, of maps, keys: so that a failure shows only that."""
    found = {}
    for subject, was in before.items():
        if isinstance(was, dict):
            keys = {key for key in {*was, *now[subject]} if was.get(key) != now[subject].get(key)}
            found |= {f"{subject} {key}": (was.get(key), now[subject].get(key)) for key in keys}
        elif was != now[subject]:
            found[subject] = (was, now[subject])
    return found


def audit(host):
    (told,) = run(Order(kind=Kind.AUDIT, asked="test"), [host], lambda *_: None).hosts
    assert told.assessment is Assessment.ASSESSED, told.problem
    assert len(told.verdicts) > 300


def test_a_light_host_is_as_before_its_audit(fleet, home):
    (host,) = fleet_as_hosts(fleet, HardeningLevel.HIGH)
    before = state(fleet[0].access)

    audit(host)

    assert differing(state(fleet[0].access), before) == {}


def test_a_file_that_is_only_touched_is_seen(fleet):
    access = fleet[0].access
    before = state(access)

    access.run("sudo -n touch --reference=/etc/hostname /etc/hostname")

    assert list(differing(state(access), before)) == ["tree /etc/hostname"]


@pytest.mark.timeout(7200)
def test_a_guest_is_as_before_its_audit(guest, home):
    host = guest_as_host(guest, HardeningLevel.HIGH)
    before = state(guest.access)

    audit(host)

    assert differing(state(guest.access), before) == {}
