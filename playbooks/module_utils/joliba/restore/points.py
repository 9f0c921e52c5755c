"""Restore points: one folder each, which is either whole or not there.

::

    /var/lib/joliba/restore/<run>/point.json    what was, by subject
                                 /content/<sha256>
                                 /archives/*.deb
                                 /ballast/      space and inodes that putting back begins by freeing
                                 /program/      this package, runnable: python3 -ISB program restore
                                 /begun         once it was armed; a run that was not has changed nothing
                                 /after.json    how all that was once the run was over (see `since`)
                                 /left.json     the same of one that nobody proved, once it was put back in part
                                 /wanted.json   while it is put back (see `since`)
                                 /outcome.json  once it was put back
                           /armed.json          the run whose revert is armed (see `revert`)
                           /rollback/...        how the host was before a rollback, until it is proven (see `rollback`)
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import audit, durable, files, firewall, homes, kernel, packages, units
from .entries import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SCHEMA = 1
BEGUN, WANTED, OUTCOME = "begun", "wanted.json", "outcome.json"
ROLLBACK = "rollback"
"""The name of the point at which a rollback begins, which the host goes back to unless somebody gets in after it."""
STORE = "/var/lib/joliba/restore"
RUN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,79}")
KEPT = 5
"""How many restore points a host keeps."""
MOST_CONTENT = 512 << 20
"""Bytes that one restore point may hold."""
LEAVES_FREE = 64 << 20
"""Bytes that it leaves free on the disk."""
BALLAST, _FILES = 8 << 20, 64
"""Bytes, and files for their inodes, that each point holds for the day when the disk is full."""
REVERT_UNITS = ("/etc/systemd/system/joliba-revert.service", "/etc/systemd/system/joliba-revert.timer")
REVERT_LINK = "/etc/systemd/system/timers.target.wants/joliba-revert.timer"
SUBJECTS = ("files", "attributes", "packages", "removals", "units", "sysctls", "mounts", "modules")


class Refused(Exception):  # noqa: N818  what it says
    """It cannot be done; the text says why and what to do."""


def checked(run: str) -> str:
    """A run's id, which becomes a folder's name.

    Raises:
        Refused: it is none.
    """
    if not RUN.fullmatch(run):
        raise Refused(f"{run!r} is no run: letters, digits, - and _, at most 80")
    return run


@contextmanager
def locked(store: str) -> Iterator[None]:
    """Nobody else changes restore points, or puts one back, meanwhile. The lock ends with its holder."""
    os.makedirs(store, mode=durable.PRIVATE_FOLDER, exist_ok=True)
    os.chmod(store, durable.PRIVATE_FOLDER)
    with open(os.path.join(store, ".lock"), "w", encoding="ascii") as lock:
        os.fchmod(lock.fileno(), durable.PRIVATE_FILE)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def never(store: str) -> tuple[str, ...]:
    """What is no restore point's to save: they themselves, and what arms them."""
    return (store, *REVERT_UNITS, REVERT_LINK)


def create(
    run: str,
    touches: dict[str, Any],
    *,
    program: dict[str, str],
    store: str = STORE,
    allowed: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Save what a run touches; a point that is there already stays as it is.

    Args:
        run: the run's id.
        touches: lists ``files``, ``attributes``, ``packages``, ``removals`` (of packages), ``units``, ``sysctls``,
            ``mounts``, ``modules``, and whether ``firewall`` is touched.
        program: this package's files by name, laid beside the point.
        store: the folder of all points.
        allowed: asked once nobody else changes points; may refuse.

    Returns:
        The point.

    Raises:
        Refused: the host cannot keep so much, or the patterns match too much.
    """
    if checked(run) == ROLLBACK:
        raise Refused(f"{ROLLBACK} is what a rollback begins with: give the run another name")
    with locked(store):
        allowed()
        for left in [each for each in os.listdir(store) if each.startswith((".partial-", ".going-"))]:
            shutil.rmtree(os.path.join(store, left), ignore_errors=True)  # of a run that was killed while it saved
        for point in listed(store):
            durable.remove(os.path.join(store, point["run"], WANTED))  # a new run ends what was cut off
        durable.remove_folder(os.path.join(store, ROLLBACK))  # of one that is over
        saved = durable.read_json(os.path.join(store, run, "point.json"))
        return save(run, touches, program=program, store=store) if saved is None else dict(saved)


def save(
    run: str, touches: dict[str, Any], *, program: dict[str, str], store: str, undoes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Make a point, as `create` does; the caller holds the lock.

    Args:
        run: its name.
        touches: see `create`.
        program: see `create`.
        store: the folder of all points.
        undoes: the runs that a rollback takes back, newest first, each with the outcome of a former one, if any, which
            holds again once the host is back at this point.

    Raises:
        Refused: see `create`.
    """
    final, partial = os.path.join(store, run), os.path.join(store, f".partial-{run}")
    shutil.rmtree(partial, ignore_errors=True)
    _make_folders(partial)
    try:
        point = _captured(run, touches, partial, store)
        point["undoes"] = list((undoes or {}).items())
        _lay_program(program, os.path.join(partial, "program"))
        _lay_ballast(os.path.join(partial, "ballast"))
        durable.write_json(os.path.join(partial, "point.json"), point)
        for folder, _, _ in os.walk(partial):
            durable.sync_folder(folder)
        os.rename(partial, final)
        durable.sync_folder(store)
    except files.TooMuch as why:
        raise Refused(str(why)) from why
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return point


def _make_folders(partial: str) -> None:
    for folder in ("", "content", "archives"):
        os.mkdir(os.path.join(partial, folder), durable.PRIVATE_FOLDER)


def _captured(run: str, touches: dict[str, Any], partial: str, store: str) -> dict[str, Any]:
    asked = {subject: sorted(set(touches.get(subject) or [])) for subject in SUBJECTS}
    paths, firewall_too = [*asked["files"]], bool(touches.get("firewall"))
    point: dict[str, Any] = {"schema": SCHEMA, "run": run, "touches": {**asked, "firewall": firewall_too}}
    point["created"] = time.time()
    point["order"] = 1 + max((each["order"] for each in listed(store)), default=0)  # clocks jump, this does not
    if asked["packages"] and packages.managed():
        point["packages"] = packages.capture(asked["packages"], os.path.join(partial, "archives"), asked["removals"])
        paths += packages.WRITTEN_BY_SCRIPTS
    # what lets people in is put back to work whatever else was touched
    point["units"] = units.capture([*asked["units"], *(name for name in units.WAY_IN if name not in asked["units"])])
    paths += units.patterns(asked["units"])
    point["kernel"] = kernel.capture(asked["sysctls"], asked["mounts"], asked["modules"])
    point["audit"] = audit.capture()
    if "/etc/passwd" in asked["files"]:
        point["homes"] = homes.capture()
    if firewall_too:
        point["firewall"] = firewall.capture()
    keep = keeper(os.path.join(partial, "content"))
    point["files"] = files.capture(paths, asked["attributes"], keep, never=never(store))
    # packages' scripts write into folders that nobody names, and arming writes into systemd's
    folders = {os.path.dirname(path) for path in (*REVERT_UNITS, REVERT_LINK)}
    folders |= {folder for folder, _, _ in os.walk("/etc")} if "packages" in point else set()
    files.keep_times(point["files"], folders)
    return point


def keeper(folder: str) -> Any:  # noqa: ANN401  a function
    """A function that, given a regular file's place, keeps its content in a folder and returns its digest.

    It raises `Refused` where the disk, or a restore point, would hold too much.
    """
    kept = 0

    def keep(here: str) -> str:
        nonlocal kept
        name, size = digest(here), os.lstat(here).st_size
        target = os.path.join(folder, name)
        if os.path.exists(target):
            return name
        kept += size
        if kept > MOST_CONTENT:
            raise Refused(f"what the run touches is over {MOST_CONTENT >> 20} MiB: name fewer files")
        if packages.space(folder) - size < LEAVES_FREE:
            raise Refused(f"{folder}: the disk is too full for a restore point; free {(size + LEAVES_FREE) >> 20} MiB")
        with open(os.open(here, os.O_RDONLY | os.O_NOFOLLOW), "rb") as source:
            content = source.read()
        beside = f"{target}.new"
        durable.remove(beside)
        durable.write_new(beside, content)
        os.replace(beside, target)  # what has its name is whole; the caller syncs the folder
        return name

    return keep


def _lay_program(program: dict[str, str], folder: str) -> None:
    """The program as a folder that Python runs: ``__main__.py`` and the package ``restore``."""
    for each in (folder, os.path.join(folder, "restore")):
        os.mkdir(each, durable.PRIVATE_FOLDER)
    main = "from restore.program import main\n\nraise SystemExit(main())\n"
    durable.write_new(os.path.join(folder, "__main__.py"), main.encode("ascii"))
    for name, text in program.items():
        durable.write_new(os.path.join(folder, "restore", name), text.encode("utf-8"))


def _lay_ballast(folder: str) -> None:
    os.mkdir(folder, durable.PRIVATE_FOLDER)
    for number in range(_FILES):
        file = os.open(os.path.join(folder, str(number)), os.O_WRONLY | os.O_CREAT | os.O_EXCL, durable.PRIVATE_FILE)
        if not number:
            os.posix_fallocate(file, 0, BALLAST)
        os.close(file)


def free_ballast(run: str, store: str = STORE) -> None:
    """Make room for putting a run back; without any left nothing happens."""
    shutil.rmtree(os.path.join(store, run, "ballast"), ignore_errors=True)


def listed(store: str = STORE) -> list[dict[str, Any]]:
    """All points, oldest first, each with ``begun`` and with ``outcome`` (None until it was put back)."""
    found = []
    for name in os.listdir(store) if os.path.isdir(store) else []:
        if RUN.fullmatch(name):
            point = durable.read_json(os.path.join(store, name, "point.json"))
            if point is not None:
                begun = os.path.exists(os.path.join(store, name, BEGUN))
                outcome = durable.read_json(os.path.join(store, name, OUTCOME))
                found.append({**point, "begun": begun, "outcome": outcome})
    return sorted(found, key=lambda point: point["order"])


def forget(runs: list[str], *, store: str = STORE) -> list[str]:
    """Remove points; those that were there."""
    with locked(store):
        there = [checked(run) for run in runs if os.path.isdir(os.path.join(store, checked(run)))]
        for run in there:
            durable.remove_folder(os.path.join(store, run))
        return there


def forget_unbegun(store: str) -> None:
    """Remove the points of runs that never began; the caller holds the lock."""
    for point in listed(store):
        if not point["begun"] and point["run"] != ROLLBACK:
            durable.remove_folder(os.path.join(store, point["run"]))


def surplus(store: str = STORE, keep: int = KEPT, *, spared: str = "") -> list[str]:
    """The runs beyond the number to keep: first those with nothing to put back, then the oldest; never ``spared``."""
    others = [point for point in listed(store) if point["run"] != spared]
    goes = sorted(others, key=stands)  # else oldest first, as they are
    return [point["run"] for point in goes[: max(0, len(others) - keep + bool(spared))]]


def stands(point: dict[str, Any]) -> bool:
    """Whether a run has changed something that was not put back, given its point as `listed`."""
    return point["begun"] and not undone(point["outcome"]) and point["run"] != ROLLBACK


def undone(outcome: dict[str, Any] | None) -> bool:
    """Whether all of a run was put back."""
    return outcome is not None and not outcome["left"] and not outcome["problems"]
