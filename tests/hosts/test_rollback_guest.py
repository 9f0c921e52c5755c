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
MADE_BY_DEBIAN = "/etc/apt/sources.list"
"""Debian's unattended-upgrade makes an empty one where there is none, whenever its timer has it run."""


def quiet(*_):
    pass


def carried_out(kind, host, rules=(), **variables):
    record = run(Order(kind=kind, asked="test", rules=rules, variables=variables), [host], quiet)
    print(kind, *record.notes, sep="\n")
    return record.hosts[0]


@pytest.mark.timeout(4 * 3600)
@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("level", list(HardeningLevel))
def test_a_rollback_after_a_real_hardening_leaves_no_trace(home, level):
    with Guest(saved=booted(guest_image()), patience=PATIENCE) as guest:
        host = as_host(guest, home, level)
        guest.ssh(f"sudo -n touch {MADE_BY_DEBIAN}")
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


OTHERS = """
useradd --system --no-create-home caisse
printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' \\
  >/etc/systemd/system/caisse.service
systemctl enable --now caisse
apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qqy install tree
"""
THEIRS = ("caisse", "tree", *(f"/etc/{name}" for name in ("passwd", "shadow", "group", "gshadow")))


@pytest.mark.timeout(2 * 3600)
@pytest.mark.usefixtures("full")
def test_a_rollback_leaves_what_others_did_since(home):
    """Packages, accounts and units of the run go; an account, a unit and a package that came after it stay."""
    with Guest(saved=booted(guest_image()), patience=PATIENCE) as guest:
        host = as_host(guest, home, HardeningLevel.HIGH)
        before = state(guest)

        hardened = carried_out(Kind.HARDEN, host, rules=("R38", "R73", "R80"))
        guest.ssh("sudo -n sh -ex", stdin=OTHERS, timeout=1800)
        rolled = carried_out(Kind.ROLLBACK, host, **TAKEN_BACK_AT_A_BOOT)

        assert [told.assessment for told in (hardened, rolled)] == [Assessment.ASSESSED] * 2, (hardened, rolled)
        assert {key for key in changes(state(guest), before) if not any(name in key for name in THEIRS)} == set()
        assert "caisse" in guest.ssh("id caisse && systemctl is-active caisse && tree --version").stdout
        assert guest.ssh("getent passwd | cut -d: -f1", timeout=60).stdout.split()[-1] == "caisse"


@pytest.mark.timeout(2 * 3600)
@pytest.mark.usefixtures("full")
def test_a_rollback_takes_what_waits_for_the_log_collector_too(home):
    """The collector is not there: once hundreds of messages wait for it, rsyslog has a file for them."""
    with Guest(saved=booted(guest_image()), patience=PATIENCE) as guest:
        host = as_host(guest, home, HardeningLevel.MINIMAL)
        guest.ssh(f"sudo -n touch {MADE_BY_DEBIAN}")
        before = state(guest)

        hardened = carried_out(Kind.HARDEN, host, rules=("B6",))
        guest.ssh("seq 1000 | logger && sleep 20")
        waiting = guest.ssh("sudo -n ls /var/spool/rsyslog").stdout
        rolled = carried_out(Kind.ROLLBACK, host, **TAKEN_BACK_AT_A_BOOT)

        assert [told.assessment for told in (hardened, rolled)] == [Assessment.ASSESSED] * 2, (hardened, rolled)
        assert "joliba-1.00000001" in waiting
        assert changes(state(guest), before) == {}
