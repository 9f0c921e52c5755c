"""Debian 13, as a real guest: the same rules, hardened without a failure and without a change the second time."""

import pytest
from hosts.guests import as_host

from infra.hosts.catalogue import read_catalogue
from infra.hosts.record import Assessment, Kind, Verdict
from infra.hosts.running import Order, run
from infra.lab.guests import Guest, guest_image
from infra.model.classification import HardeningLevel


@pytest.fixture(scope="module")
def guest(full):
    with Guest(guest_image(suite="trixie")) as started:
        yield started


def at_work(guest, home, kind):
    record = run(Order(kind=kind, asked="test"), [as_host(guest, home, HardeningLevel.MINIMAL)], lambda *_: None)
    (host,) = record.hosts
    assert host.assessment is Assessment.ASSESSED, host.problem
    assert host.os == "debian-13"
    return host


def test_debian_13_is_hardened_to_the_first_level_and_stays_so(guest, home):
    remedied = read_catalogue().rules

    first = at_work(guest, home, Kind.HARDEN)
    second = at_work(guest, home, Kind.HARDEN)

    print(sorted(each.rule for each in second.verdicts if each.verdict in (Verdict.FAIL, Verdict.UNMEASURED)))
    assert first.changed
    assert second.changed == ()
    assert not [each for each in second.verdicts if each.verdict is Verdict.FAIL and remedied[each.rule].remedied]
    assert guest.ssh("sudo -n id -u").stdout.strip() == "0"
