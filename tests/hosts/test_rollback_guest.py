"""A rollback after a real hardening leaves no trace: every file, mode, owner, package, unit and service as before."""

import json

import pytest
from guest_state import changes, state
from hosts.guests import as_host

from infra.hosts.record import Assessment, Kind
from infra.hosts.running import Order, run
from infra.lab.guests import Guest, booted, guest_image
from infra.model.classification import HardeningLevel

PATIENCE = 1500  # seconds that a boot may take in software on a busy machine
TAKEN_BACK_AT_A_BOOT = {"joliba_reboot": "needed"}


def quiet(*_):
    pass


def carried_out(kind, host, **variables):
    record = run(Order(kind=kind, asked="test", variables=variables), [host], quiet)
    print(kind, *record.notes, sep="\n")
    return record.hosts[0]


@pytest.mark.timeout(4 * 3600)
@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("level", list(HardeningLevel))
def test_a_rollback_after_a_real_hardening_leaves_no_trace(home, level):
    with Guest(saved=booted(guest_image()), patience=PATIENCE) as guest:
        host = as_host(guest, home, level)
        before = state(guest)

        hardened = carried_out(Kind.HARDEN, host)
        rolled = carried_out(Kind.ROLLBACK, host, **TAKEN_BACK_AT_A_BOOT)
        print(json.dumps({
            "level": level, "remedied": len(hardened.changed), "hardened in": hardened.seconds,
            "rolled back in": rolled.seconds, "problems": [hardened.problem, rolled.problem],
        }, indent=1))  # fmt: skip
        left = changes(state(guest), before)

        assert [told.assessment for told in (hardened, rolled)] == [Assessment.ASSESSED] * 2
        assert hardened.changed
        assert left == {}
        assert guest.ssh("sudo -n id -u").stdout.strip() == "0"
