"""How long fifty light hosts take to be audited from this machine."""

import time
from collections.abc import Iterator, Sequence
from statistics import median

from infra.bench.hosts import audited
from infra.bench.machine import fleet_as_hosts
from infra.cli.output import say
from infra.hosts.catalogue import read_catalogue
from infra.lab.guests import LightFleet
from infra.model.classification import HardeningLevel

HOSTS = 50
GOAL = 60.0
"""Seconds, on two cores."""


def measure(level: HardeningLevel, rounds: int, *, count: int = HOSTS) -> Iterator[float]:
    """Seconds of each round's audit of all hosts.

    Raises:
        LabError: light hosts cannot run here; the message says why.
        CloudError: a host was not assessed.
    """
    with LightFleet(count) as fleet:
        hosts = fleet_as_hosts(fleet, level)
        for _ in range(rounds):
            began = time.monotonic()
            audited(hosts)
            yield time.monotonic() - began


def show_fleet(level: HardeningLevel, processors: int, seconds: Sequence[float]) -> None:
    """What it took, and the goal."""
    taken, rules = median(seconds), sum(1 for _ in read_catalogue().select(level))
    say(f"\nfleet: {HOSTS} light hosts audited, level {level}, {rules} rules; median of {len(seconds)}", style="bold")
    say(f"{taken:.1f} s on {processors} processors, {taken / HOSTS:.2f} s a host (goal: under {GOAL:.0f} s on 2)",
        style=None if taken < GOAL else "yellow")  # fmt: skip
