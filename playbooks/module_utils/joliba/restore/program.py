"""The program beside a restore point, for the timer and for a person at the console.

python3 -ISB /var/lib/joliba/restore/<run>/program restore    put this run back, unless it was, and later ones before it
python3 -ISB /var/lib/joliba/restore/<run>/program check      what is not as it was before this run
python3 -ISB /var/lib/joliba/restore/<run>/program due        what the timer asks
python3 -ISB /var/lib/joliba/restore/<run>/program renew N    a new deadline for this run, N seconds from now
python3 -ISB /var/lib/joliba/restore/<run>/program disarm     let this run, or the rollback, stand
"""

from __future__ import annotations

import json
import os
import sys

from . import durable, restoring, revert
from .points import Refused


def main() -> int:
    """Exit codes: 0 as it was, nothing due, or due and the next boot does the rest; 1 something left; 2 wrong use."""
    point = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    store, run = os.path.split(point)
    what, *numbers = sys.argv[1:] or [""]
    try:
        if what == "renew" and len(numbers) == 1 and numbers[0].isdecimal():
            revert.renew(run, int(numbers[0]), store=store)
            return 0
        if what == "disarm" and not numbers:
            revert.disarm(run, store=store)
            return 0
        if what == "check" and not numbers:
            left = restoring.differences(durable.read_json(os.path.join(point, "point.json")), store)
            print(json.dumps(left, indent=1))  # noqa: T201
            return 1 if left else 0
        if what in ("restore", "due") and not numbers:
            outcomes = revert.restore(run, store=store) if what == "restore" else revert.due(store)
            if outcomes:
                print(json.dumps(outcomes, indent=1))  # noqa: T201
            return 0 if all(_done(outcome, what) for outcome in outcomes) else 1
    except Refused as why:
        print(why, file=sys.stderr)  # noqa: T201
        return 2
    print((__doc__ or "").strip(), file=sys.stderr)  # noqa: T201
    return 2


def _done(outcome: restoring.Outcome, what: str) -> bool:
    """Whether all is as it was; a revert that is due leaves to the next boot what only that takes back."""
    if what == "due" and restoring.waits_for_a_boot(outcome):
        return not restoring.left_for_good(outcome)
    return not outcome["left"] and not outcome["problems"]
