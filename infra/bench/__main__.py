"""``scripts/bench``: Joliba against OpenTofu, the same resources with the same provider on a lab of its own.

And, without a lab, how long thousands of requests take to be checked (``--case check``).
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.bench import checks, report
from infra.bench.cases import Bench, Case, Measurement
from infra.bench.opentofu import provider_version
from infra.bench.place import temporary_place
from infra.cli.output import line
from infra.errors import JolibaError
from infra.fleet.batch import default_jobs


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
    parser.add_argument("--case", action="append", choices=list(Case), help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often (default: 3)")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="tenants at once, on both sides")
    parser.add_argument("--quick", action="store_true", help="one round of one tenant")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement there too")
    chosen = parser.parse_args()
    if chosen.rounds < 1 or chosen.jobs < 1:
        parser.error("at least one round and one job")
    return chosen


def _bench(chosen: argparse.Namespace) -> None:
    cases = [Case.ORDINARY] if chosen.quick else [Case(each) for each in chosen.case or list(Case)]
    rounds, facts = (1 if chosen.quick else chosen.rounds), report.machine()
    checked = list(checks.measure(rounds)) if Case.CHECK in cases else []
    if checked:
        checks.show_checks(checked)
    cases = [case for case in cases if case is not Case.CHECK]
    if not cases:
        _write(chosen.json, {"machine": facts, "check": [asdict(each) for each in checked]})
        return
    measurements: list[Measurement] = []
    with temporary_place() as place:
        bench = Bench(place, chosen.jobs)
        began = time.monotonic()
        for step in bench.furnish(max(case.tenants for case in cases)):
            line(f"{time.monotonic() - began:6.1f} s  {step}", stderr=True)
        for case in cases:
            for each in bench.measure(case, rounds):
                line(f"{case}, round {each.round}, {each.way}: {each.step} {each.cost.seconds:.1f} s", stderr=True)
                measurements.append(each)
        resources = {case: bench.resources(case) for case in cases}
    report.show_conditions(facts, provider_version())
    for case in cases:
        report.show_case(case, resources[case], [each for each in measurements if each.case is case])
    told = {"check": [asdict(each) for each in checked]}
    _write(chosen.json, report.plain(measurements, resources, facts) | told)


def _write(file: Path | None, told: dict[str, Any]) -> None:
    if file:
        file.write_text(json.dumps(told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
