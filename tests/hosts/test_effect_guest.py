"""What somebody undid in effect alone, with its file as it was, is remedied by the next hardening: on a real guest."""

import pytest
from hosts.guests import as_host

from infra.hosts.record import Assessment, Kind, Verdict
from infra.hosts.running import Order, run
from infra.lab.guests import Guest, booted, guest_image
from infra.model.classification import HardeningLevel

RULES = ("R12", "R80")
UNDONE = "nft flush ruleset && sysctl -q -w net.ipv4.conf.all.accept_redirects=1 net.ipv4.tcp_syncookies=0"


def carried_out(kind, host):
    (told,) = run(Order(kind=kind, asked="test", rules=RULES), [host], lambda *_: None).hosts
    assert told.assessment is Assessment.ASSESSED, told.problem
    return told


def failing(told):
    return {each.recommendation for each in told.verdicts if each.verdict is Verdict.FAIL}


@pytest.mark.timeout(2 * 3600)
@pytest.mark.usefixtures("full")
def test_what_was_undone_in_effect_alone_is_remedied(home):
    with Guest(saved=booted(guest_image()), patience=1500) as guest:
        host = as_host(guest, home, HardeningLevel.ENHANCED)
        before = failing(carried_out(Kind.HARDEN, host)) & set(RULES)

        guest.ssh(f"sudo -n sh -c '{UNDONE}'")

        assert failing(carried_out(Kind.AUDIT, host)) == set(RULES)
        assert failing(carried_out(Kind.HARDEN, host)) & set(RULES) == before == set()
