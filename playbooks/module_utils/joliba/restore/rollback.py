"""The way back of a rollback: how the host was before it, which it goes back to unless somebody gets in afterwards.

What a login rested on before a run may have been removed since, by people who knew that the run's own right was there.
"""

from __future__ import annotations

import os
from typing import Any

from . import durable, homes, packages, points


def begin(chain: list[dict[str, Any]], program: dict[str, str], store: str) -> None:
    """Save what putting points back may change; the caller holds the lock.

    Args:
        chain: the points, newest first.
        program: see `points.create`.
        store: the folder of all points.

    Raises:
        Refused: the host cannot keep so much.
    """
    former = {point["run"]: point["outcome"] for point in chain}
    points.save(points.ROLLBACK, _touches(chain), program=program, store=store, undoes=former)


def undoes(store: str) -> list[str]:
    """The runs that the rollback takes back whose way back is saved, newest first."""
    point = durable.read_json(os.path.join(store, points.ROLLBACK, "point.json"))
    return [run for run, _ in point["undoes"]] if point else []


def _touches(chain: list[dict[str, Any]]) -> dict[str, Any]:
    asked = [point["touches"] for point in chain]
    found: dict[str, Any] = {
        subject: sorted({name for each in asked for name in each[subject]}) for subject in points.SUBJECTS
    }
    saved = [point["packages"] for point in chain if "packages" in point]
    names = {name for each in saved for name in (*each["touched"], *each["coming"])}
    went = {name for name in names if saved and not packages.present(saved[-1]["known"], name)}
    if "/etc/passwd" in found["files"]:  # a used home whose account goes becomes root's
        found["attributes"] = sorted({*found["attributes"], f"{homes.FOLDER}/*"})
    return {
        **found,
        "packages": sorted(names),
        "removals": sorted(went),
        "firewall": any(each["firewall"] for each in asked),
    }


def stand_again(point: dict[str, Any], store: str) -> None:
    """The host goes back to how it was before a rollback: what that had put back is there again, and no more."""
    for run, former in point.get("undoes", ()):
        outcome, wanted = (os.path.join(store, run, name) for name in (points.OUTCOME, points.WANTED))
        if former is None:
            durable.remove(outcome)
        else:
            durable.write_json(outcome, former)
        durable.remove(wanted)


def end(store: str) -> None:
    """Remove what it saved."""
    durable.remove_folder(os.path.join(store, points.ROLLBACK))
