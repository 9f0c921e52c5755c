"""What was measured, for people and for machines."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from infra.bench.cases import Case, Measurement
from infra.bench.ways import Step
from infra.cli.output import row, say, show, table
from infra.toolchain import versions

QUIET = 0.5
"""The load (processes that want a processor) above which other work falsifies the figures."""


def machine() -> dict[str, Any]:
    """What it was measured on, and how busy that was before."""
    return {
        "processors": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def compared(measurements: Sequence[Measurement]) -> dict[Step, dict[str, dict[str, float]]]:
    """The medians of a case: by step and way ``seconds``, ``processor`` seconds, and ``ratio`` to the first way.

    The ratio is the median of each round's own: what slows a whole round down leaves it alone.
    """
    names = list(dict.fromkeys(each.way for each in measurements))
    costs = {(each.way, each.step, each.round): each.cost for each in measurements}
    rounds = sorted({each.round for each in measurements})
    found: dict[Step, dict[str, dict[str, float]]] = {}
    for step in Step:
        base = [costs[names[0], step, number].seconds for number in rounds]
        for name in names:
            ours = [costs[name, step, number] for number in rounds]
            found.setdefault(step, {})[name] = {
                "seconds": median(cost.seconds for cost in ours),
                "processor": median(cost.processor for cost in ours),
                "ratio": median(cost.seconds / other for cost, other in zip(ours, base, strict=True)),
            }
    return found


def show_case(case: Case, resources: int, measurements: Sequence[Measurement]) -> None:
    """A table of steps by ways."""
    medians = compared(measurements)
    names, rounds = list(medians[Step.CREATE]), max(each.round for each in measurements)
    say(f"\n{case}: {case.tenants} tenant(s), {resources} resources on either side; medians of {rounds}", style="bold")
    say(f"seconds (processor seconds of the client) and ratio to {names[0]}")
    shown = table("", *names, right=names)
    for step, by_way in medians.items():
        cells = [f"{each['seconds']:.1f} ({each['processor']:.1f})  {each['ratio']:4.2f}x" for each in by_way.values()]
        row(shown, (step, *cells))
    show(shown)


def show_conditions(facts: dict[str, Any]) -> None:
    """What has to be known to read any table."""
    say(f"{facts['processors']} processors, {facts['system']}, Python {facts['python']}, load before {facts['load']}")
    say("Only ratios within one run compare: services and clients share this machine's processors.")
    if facts["load"] > QUIET:
        say(f"The load was above {QUIET} before the start: other work falsifies these figures.", style="yellow")


def show_versions(provider: str) -> None:
    """What tenants were built with."""
    say(f"Pulumi {versions.PULUMI}, OpenTofu {versions.TOFU}, OpenStack provider {provider} on both sides")


def plain(measurements: Sequence[Measurement], resources: dict[Case, int], facts: dict[str, Any]) -> dict[str, Any]:
    """Everything, as JSON has it."""
    of_case = {case: [each for each in measurements if each.case is case] for case in resources}
    return {
        "machine": facts,
        "versions": {"pulumi": versions.PULUMI, "opentofu": versions.TOFU, "pulumi_openstack": versions.OPENSTACK},
        "cases": {
            case: {"tenants": case.tenants, "resources": resources[case], "medians": compared(found)}
            for case, found in of_case.items()
        },
        "measurements": [asdict(each) for each in measurements],
    }
