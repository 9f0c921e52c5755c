"""The nightly check finds nothing on a host that was just sealed, and what came since: on a real guest."""

import pytest
from hosts.guests import as_host

from infra.hosts.record import Assessment, Kind
from infra.hosts.running import Order, run
from infra.lab.guests import Guest, booted, guest_image
from infra.model.classification import HardeningLevel

CHECK = "sudo -n systemctl start aidecheck.service"
HOURS = 3600


@pytest.mark.timeout(4 * HOURS)
@pytest.mark.usefixtures("full")
def test_a_sealed_host_is_found_as_it_was_sealed_until_something_changes(home):
    order = Order(kind=Kind.HARDEN, asked="test", rules=("R76", "R79"))
    with Guest(saved=booted(guest_image()), patience=1500) as guest:
        (told,) = run(order, [as_host(guest, home, HardeningLevel.HIGH)], lambda *_: None).hosts
        assert told.assessment is Assessment.ASSESSED, told.problem

        checked = guest.ssh(CHECK, check=False, timeout=HOURS)
        said = guest.ssh("sudo -n journalctl -q -o cat -u aidecheck.service").stdout
        print(said)
        assert checked.returncode == 0, said

        guest.ssh("sudo -n touch /etc/systemd/system/others.service")
        assert guest.ssh(CHECK, check=False, timeout=HOURS).returncode
        assert "/etc/systemd/system/others.service" in guest.ssh("sudo -n journalctl -u aidecheck.service").stdout
