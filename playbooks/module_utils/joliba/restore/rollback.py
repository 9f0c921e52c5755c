"""The way back of a rollback: how the host was before it, which it goes back to unless somebody gets in afterwards.

What a login rested on before a run may have been removed since, by people who knew that the run's own right was there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from . import durable, packages, points

if TYPE_CHECKING:
    from collections.abc import Iterator


def begin(chain: list[dict[str, Any]], program: dict[str, str], store: str) -> None:
    """Save what putting points back may change; the caller holds the lock. What one that goes on has saved stays.

    Args:
        chain: the points, newest first.
        program: see `points.create`.
        store: the folder of all points.

    Raises:
        Refused: the host cannot keep so much, or the one that goes on did not save all of this.
    """
    undoes = [point["run"] for point in chain]
    saved = _undoes(store)
    if saved is None:
        points.save(points.ROLLBACK, _touches(chain), program=program, store=store, undoes=undoes)
    elif not set(undoes) <= set(saved):
        raise points.Refused(f"a rollback of {', '.join(saved)} waits to be proven")


def _undoes(store: str) -> list[str] | None:
    """The runs that the rollback takes back whose way back is saved, if one is."""
    point = durable.read_json(os.path.join(store, points.ROLLBACK, "point.json"))
    return list(point["undoes"]) if point else None


def _touches(chain: list[dict[str, Any]]) -> dict[str, Any]:
    asked = [point["touches"] for point in chain]
    found: dict[str, Any] = {
        subject: sorted({name for each in asked for name in each[subject]}) for subject in points.SUBJECTS
    }
    saved = [point["packages"] for point in chain if "packages" in point]
    names = {name for each in saved for name in (*each["touched"], *each["coming"])}
    went = {name for name in names if saved and not packages.present(saved[-1]["known"], name)}
    return {
        **found,
        "packages": sorted(names),
        "removals": sorted(went),
        "firewall": any(each["firewall"] for each in asked),
    }


def stand_again(point: dict[str, Any], store: str) -> None:
    """The host goes back to how it was before a rollback: what that had put back is there again."""
    for run in point.get("undoes", ()):
        durable.remove(os.path.join(store, run, points.OUTCOME))


def outcomes(store: str) -> Iterator[dict[str, Any]]:
    """What the rollback whose way back is saved has done, a run each."""
    undoes = _undoes(store) or []
    return (point["outcome"] for point in points.listed(store) if point["run"] in undoes and point["outcome"])


def end(store: str) -> None:
    """Remove what it saved."""
    durable.remove_folder(os.path.join(store, points.ROLLBACK))
