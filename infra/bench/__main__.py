"""``scripts/bench``: Joliba against OpenTofu, the same resources with the same provider on a lab of its own.

And, without a lab, how long thousands of requests take to be checked (``--case check``), and hosts to be audited and
hardened (``--case host``, ``--case fleet``).
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.bench import checks, fleet, hosts, report
from infra.bench.cases import Bench, Case, Measurement
from infra.bench.opentofu import provider_version
from infra.bench.place import Place, temporary_place
from infra.cli.output import line
from infra.errors import JolibaError
from infra.fleet.batch import default_jobs
from infra.model.classification import HardeningLevel

_DEFAULT = (Case.ORDINARY, Case.TWENTY, Case.CHECK)


def main() -> None:
    """Measure, show, and leave nothing behind."""
    chosen = _arguments()
    try:
        _bench(chosen)
    except JolibaError as error:
        line(f"scripts/bench: {error}", stderr=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--case", action="append", choices=list(Case), help=f"which (default: {', '.join(_DEFAULT)})")
    parser.add_argument("--rounds", type=int, default=3, help="how often (default: 3)")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="tenants at once, on both sides")
    parser.add_argument("--quick", action="store_true", help="one round of one tenant")
    parser.add_argument(
        "--level", choices=list(HardeningLevel), default=HardeningLevel.INTERMEDIARY,
        help="of hosts (default: intermediary)",
    )  # fmt: skip
    parser.add_argument(
        "--rival", action="append", type=Path, default=[], metavar="PATH",
        help="a public role's checkout, for --case host; it hardens a guest of its own",
    )  # fmt: skip
    parser.add_argument(
        "--rival-variables", type=Path, metavar="FILE", help="YAML or JSON that such roles need to be told"
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement there too")
    chosen = parser.parse_args()
    if chosen.rounds < 1 or chosen.jobs < 1:
        parser.error("at least one round and one job")
    if chosen.rival and Case.HOST not in (chosen.case or ()):
        parser.error("--rival is for --case host")
    return chosen


def _bench(chosen: argparse.Namespace) -> None:
    cases = [Case.ORDINARY] if chosen.quick else [Case(each) for each in chosen.case or _DEFAULT]
    rounds, facts = (1 if chosen.quick else chosen.rounds), report.machine()
    told: dict[str, Any] = {"machine": facts}
    if Case.CHECK in cases:
        checked = list(checks.measure(rounds))
        checks.show_checks(checked)
        told["check"] = [asdict(each) for each in checked]
    built = [case for case in cases if case.tenants]
    if set(cases) - {Case.CHECK}:
        with temporary_place() as place:
            level = HardeningLevel(chosen.level)
            if Case.HOST in cases:
                told["host"] = _hosts(level, rounds, chosen.rival, chosen.rival_variables)
            if Case.FLEET in cases:
                told["fleet"] = list(fleet.measure(level, rounds))
                fleet.show_fleet(level, facts["processors"], told["fleet"])
            if built:
                told |= _building(place, built, rounds, chosen.jobs, facts)
    report.show_conditions(facts)
    if chosen.json:
        chosen.json.write_text(json.dumps(told, indent=1), encoding="utf-8")


def _hosts(level: HardeningLevel, rounds: int, rivals: Sequence[Path], variables: Path | None) -> list[dict[str, Any]]:
    found = []
    for each in hosts.measure(level, rounds, rivals, variables):
        line(f"{Case.HOST}, {each.way}: {each.seconds:.1f} s", stderr=True)
        found.append(each)
    hosts.show_host(level, found)
    return [asdict(each) for each in found]


def _building(place: Place, cases: Sequence[Case], rounds: int, jobs: int, facts: dict[str, Any]) -> dict[str, Any]:
    """The cases that build tenants on a lab."""
    measurements: list[Measurement] = []
    bench = Bench(place, jobs)
    began = time.monotonic()
    for step in bench.furnish(max(case.tenants for case in cases)):
        line(f"{time.monotonic() - began:6.1f} s  {step}", stderr=True)
    for case in cases:
        for each in bench.measure(case, rounds):
            line(f"{case}, round {each.round}, {each.way}: {each.step} {each.cost.seconds:.1f} s", stderr=True)
            measurements.append(each)
    resources = {case: bench.resources(case) for case in cases}
    report.show_versions(provider_version())
    for case in cases:
        report.show_case(case, resources[case], [each for each in measurements if each.case is case])
    return report.plain(measurements, resources, facts)


if __name__ == "__main__":
    main()
