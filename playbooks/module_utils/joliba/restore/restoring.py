"""Putting a restore point back: the way in first, then everything, then a look whether all is as it was.

Every step can be run again: what is right already is left alone, so a restore that was cut off is finished by the next.
One step's failure does not keep the others from being tried.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING, Any

from . import audit, durable, files, firewall, homes, kernel, packages, points, rollback, since, units
from .commands import output
from .points import STORE, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

_ACCESS = set(units.WAY_IN)
_STEP = "step "  # so begins the name of one of ours as a problem
_DATED = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def chain(run: str | None, store: str = STORE, *, again: bool = False) -> list[dict[str, Any]]:
    """The points to put back for the state before a run, newest first: later runs' changes go first.

    One that was put back wholly, or never begun, is left out: what differs from it by now is others' work.

    Args:
        run: the run; None for the last one that began, put back already or not: asking twice goes no further back.
        store: the folder of all points.
        again: the run itself counts even if it was put back already, and all that a former rollback has put back.

    Raises:
        Refused: there is no such point, and it cannot be told whether the run ever made one here.
    """
    known = [point for point in points.listed(store) if run == points.ROLLBACK or point["run"] != points.ROLLBACK]
    begun = [point["run"] for point in known if point["begun"]]
    if run is None and not begun:
        raise Refused("this host has no restore point: each hardening run makes one")
    name = points.checked(begun[-1] if run is None else run)
    standing = [point for point in reversed(known) if points.stands(point)]
    if again:
        known, standing = ([{**point, "outcome": None} for point in each] for each in (known, standing))
    for point in known:
        if point["run"] == name:
            goes_back = name == points.ROLLBACK and not points.undone(point["outcome"])
            itself = [point] if again or goes_back or point in standing else []
            return [*(each for each in standing if each["order"] > point["order"]), *itself]
    if _made_none(name, known):
        return [each for each in standing if each["run"] > name]
    have = ", ".join(point["run"] for point in known) or "none"
    raise Refused(f"no restore point of run {name}: this host has {have}")


def _made_none(run: str, known: list[dict[str, Any]]) -> bool:
    """Whether a run changed nothing here: runs' names begin with their time, and its point would still be kept.

    It would where the first point of all, of order 1, is still there, since the oldest go first; or an older one is.
    """
    names = [point["run"] for point in known]
    dated = all(_DATED.match(each) for each in (run, *names))
    return dated and (not known or known[0]["order"] == 1 or names[0] < run)


Outcome = dict[str, Any]
"""``run``, ``ended``, ``seconds``, ``changed`` and ``left`` by subject, ``problems`` (what: why).

``until_boot`` names those that the next boot mends; ``reboot`` says whether there are any.
"""


def waits_for_a_boot(outcome: Outcome) -> bool:
    """Whether all that is left goes with the next boot, and trying again is in vain."""
    names = set(outcome["until_boot"])
    return bool(names) and names >= set(outcome["problems"])


def left_for_good(outcome: Outcome) -> list[str]:
    """What is not as it was, and will not be after the next boot."""
    return [name for names in outcome["left"].values() for name in names if name not in outcome["until_boot"]]


def restore(known: list[dict[str, Any]], store: str, finish: Callable[[Outcome], None]) -> list[Outcome]:
    """Put points back; the caller holds the lock.

    Args:
        known: the points, as `chain` gives them.
        store: the folder of all points.
        finish: called with the outcome of each point, before the last times are set: disarms the revert.

    Raises:
        Refused: it cannot be told what others did since.
    """
    outcomes = [_restore(point, store, finish) for point in known]
    for number, outcome in enumerate(outcomes):
        if not points.undone(outcome) and _forget_what_older_ones_hold(outcome, known[number + 1 :]):
            durable.write_json(os.path.join(store, outcome["run"], points.OUTCOME), outcome)
    return outcomes


def _forget_what_older_ones_hold(outcome: Outcome, older: list[dict[str, Any]]) -> bool:
    """Of what a point left, an older one has put back its own since, or tells itself that it could not."""
    held: dict[str, set[str]] = {"audit": {"audit"} if older else set()}
    for point in older:
        packs, parts = point.get("packages", {}), point["kernel"]
        for subject, names in (
            ("files", point["files"]["entries"]),
            ("units", point["units"]),
            ("firewall", outcome["left"].get("firewall", ()) if "firewall" in point else ()),
            ("packages", [*packs.get("touched", ()), *packs.get("coming", ())]),
            ("kernel", [*map(kernel.dotted, parts["parameters"]), *parts["mounts"], *parts["modules"]]),
        ):
            held.setdefault(subject, set()).update(names)
    left = {
        subject: [name for name in names if name not in held.get(subject, ())]
        for subject, names in outcome["left"].items()
    }
    gone = {name for names in outcome["left"].values() for name in names} - {
        n for names in left.values() for n in names
    }
    outcome["left"] = {subject: names for subject, names in left.items() if names}
    outcome["problems"] = {what: why for what, why in outcome["problems"].items() if what not in gone}
    outcome["until_boot"] = [name for name in outcome["until_boot"] if name not in gone]
    return bool(gone)


def foreseen(run: str | None, store: str = STORE) -> list[Outcome]:
    """What `restore` would do, as far as what differs now tells. Changes nothing.

    Raises:
        Refused: there is no such point, or what differs cannot be told.
    """
    return [
        {
            "run": point["run"],
            "changed": _foreseen(point, store),
            "left": {},
            "problems": {},
            "until_boot": [],
            "reboot": False,
        }
        for point in chain(run, store)
    ]


def _foreseen(point: dict[str, Any], store: str) -> dict[str, list[str]]:
    try:
        return differences(since.wanted(point, store), store)
    except since.UNTOLD as error:
        raise Refused(f"what a rollback of {point['run']} would change cannot be told: {error}") from error


class _Attempts:
    """Calls the steps of putting a point back; where one fails, the others are still to be tried."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self.waiting: set[str] = set()
        """Which of them the next boot mends."""

    def problem(self, what: str, why: object, *, until_boot: bool = False) -> None:
        """Note what could not be put back."""
        self.problems[what] = str(why)
        (self.waiting.add if until_boot else self.waiting.discard)(what)

    def __call__(self, step: Callable[..., Any], *arguments: Any, **named: Any) -> Any:  # noqa: ANN401  a step's answer
        name = f"{_STEP}{step.__module__.rpartition('.')[2]}.{step.__name__}"
        try:
            done = step(*arguments, **named)
        except Exception as error:  # noqa: BLE001  whatever it is
            self.problem(name, f"{type(error).__name__}: {error}")
            return []
        self.problems.pop(name, None)  # of an earlier attempt
        return done


def _restore(point: dict[str, Any], store: str, finish: Callable[[Outcome], None]) -> Outcome:
    point = since.begun(point, store)
    folder, started, attempt = os.path.join(store, point["run"]), time.time(), _Attempts()
    problem, problems = attempt.problem, attempt.problems
    rollback.stand_again(point, store)

    def content(digest: str) -> str:
        return os.path.join(folder, "content", digest)

    attempt(firewall.hold_service, point.get("firewall"))
    hidden, later = points.never(store), packages.READ_BY_SCRIPTS if "packages" in point else ()
    changed: dict[str, Any] = {
        "files": attempt(files.put_all_back, point["files"], content, problem, never=hidden, without=later),
        "firewall": attempt(firewall.put_back, point["firewall"], problem) if "firewall" in point else [],
    }
    running = point["units"]
    access = {name: state for name, state in running.items() if name in _ACCESS}
    attempt(units.reload_systemd)
    changed["units"] = attempt(units.put_back, access, reread=bool(changed["files"]), problem=problem)
    changed["audit"] = attempt(audit.put_back, point["audit"], problem)
    # dpkg starts packages' scripts from /var, which the run may have mounted noexec
    changed["kernel"] = attempt(kernel.put_mounts_back, point["kernel"]["mounts"], problem)
    if "packages" in point:
        changed["packages"] = attempt(packages.put_back, point["packages"], os.path.join(folder, "archives"), problem)
        changed["files"] += attempt(files.put_all_back, point["files"], content, problem, never=hidden)
        attempt(units.reload_systemd)
    if "homes" in point:  # once the accounts are those of before
        changed["homes"] = attempt(homes.put_back, point["homes"], problem)
    for name in running:  # what a daemon said before its files were back says nothing now
        problems.pop(name, None)
    others = {name: state for name, state in running.items() if name not in _ACCESS}
    touched = bool(changed["files"] or changed.get("packages"))
    changed["units"] += attempt(units.put_back, others, reread=touched, problem=problem)
    changed["units"] += attempt(units.put_back, access, reread=bool(changed.get("packages")), problem=problem)
    if point.get("menu"):
        attempt(output, "update-grub", patience=600)
    # what a daemon wrote as it ended
    changed["files"] += attempt(files.put_all_back, point["files"], content, problem, never=hidden)
    changed["kernel"] += attempt(kernel.put_back, point["kernel"], problem)
    if "firewall" in point:  # a purged nftables may have flushed it
        attempt(firewall.release_service)
        changed["firewall"] += attempt(firewall.put_back, point["firewall"], problem)
        changed["kernel"] += attempt(kernel.unload_netfilter, point["kernel"])
    attempt(files.put_times_back, point["files"])
    outcome = {
        "run": point["run"],
        "ended": time.time(),
        "seconds": round(time.time() - started, 1),
        "changed": {subject: sorted(set(names)) for subject, names in changed.items() if names},
        "left": _left(point, store, attempt, problems),
        "problems": problems,
        "until_boot": sorted(attempt.waiting),
        "reboot": bool(attempt.waiting),
    }
    with contextlib.suppress(OSError):  # a power cut once it is disarmed must not leave it standing
        durable.write_json(os.path.join(folder, points.OUTCOME), outcome)
    finish(outcome)
    attempt(files.put_times_back, point["files"])  # of the folders in which the revert stood
    outcome["left"] = _left(point, store, attempt, problems)
    since.over(point, store)
    if not points.undone(outcome):
        attempt(since.note_left, point["run"], store)
    durable.write_json(os.path.join(folder, points.OUTCOME), outcome)
    return outcome


def _left(
    point: dict[str, Any], store: str, ask: Callable[..., list[str]], problems: dict[str, str]
) -> dict[str, list[str]]:
    """What is not as it was, and the steps that ended before they were through."""
    found = differences(point, store, ask)
    steps = sorted(name for name in problems if name.startswith(_STEP))
    return {**found, "steps": steps} if steps else found


def _asked(step: Callable[..., list[str]], *arguments: Any, **named: Any) -> list[str]:  # noqa: ANN401
    return step(*arguments, **named)


def differences(
    point: dict[str, Any], store: str = STORE, ask: Callable[..., list[str]] = _asked
) -> dict[str, list[str]]:
    """What is not as it was at the point, by subject; empty when all is. ``ask`` calls what looks at a subject."""
    found = {
        "files": ask(files.differences, point["files"], never=points.never(store)),
        "packages": ask(packages.differences, point["packages"]) if "packages" in point else [],
        "units": ask(units.differences, point["units"]),
        "audit": ask(audit.differences, point["audit"]),
        "kernel": ask(kernel.differences, point["kernel"]),
        "firewall": ask(firewall.differences, point["firewall"]) if "firewall" in point else [],
        "homes": ask(homes.differences, point["homes"]) if "homes" in point else [],
    }
    return {subject: names for subject, names in found.items() if names}
