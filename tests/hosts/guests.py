"""A real guest as one of Joliba's hosts."""

from pathlib import Path

from infra.bench.machine import guest_as_host
from infra.hosts.inventory import Host
from infra.lab.guests import Guest
from infra.model.classification import HardeningLevel


def as_host(guest: Guest, home: Path, level: HardeningLevel) -> Host:
    """The guest as the playbooks reach it; its keys are put into the test's own `home`."""
    return guest_as_host(guest, level)
