"""What others have changed since a run: it is theirs, and a rollback leaves it.

When a run's changes are let stand, the host notes how it is then. What was the same before the run and after it, the
run did not change: of that a rollback wants what is there now. All else it wants as it was before. A revert, which
fires in the midst of a run, has no such note, and puts everything back. What could not be put back is in the outcome:
a later rollback tries that alone.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, TypeVar

from . import audit, durable, files, firewall, homes, kernel, packages, points, units
from .commands import CommandError
from .entries import ABSENT, Entry, bare, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ACCOUNTS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid")
"""Files of which each line is somebody's own."""
_PASSWD = _ACCOUNTS[0]
_LISTS = {"group": (3,), "gshadow": (2, 3)}
"""Fields of such files, of which each name is somebody's own: members, administrators."""
_MENU = "/boot/grub/grub.cfg"
"""It is made of others' files, and names kernels that came since."""
_OURS = "joliba"
"""In the name of whatever is the run's, even if its services made it later."""
_FRESH = 3600  # seconds for which a rollback that was cut off goes on with what it began with
AFTER, LEFT = "after.json", "left.json"
UNTOLD = (OSError, ValueError, files.TooMuch, CommandError)
"""What keeps a state from being read."""
Point = dict[str, Any]
Entries = dict[str, Entry]
Value = TypeVar("Value")


def note(run: str, store: str, name: str = AFTER) -> None:
    """Note how the host is after a run, beside its restore point; as `LEFT` see `note_left`."""
    folder = os.path.join(store, run)
    point = durable.read_json(os.path.join(folder, "point.json"))
    try:
        state = _state(point, digest, store)
    except FileNotFoundError:  # what came and went meanwhile
        state = _state(point, digest, store)
    durable.write_json(os.path.join(folder, name), state)


def note_left(run: str, store: str) -> None:
    """Note how the host is once a run that nobody has proven was put back as far as it could be."""
    if not os.path.exists(os.path.join(store, run, AFTER)):
        note(run, store, LEFT)


def begun(point: Point, store: str) -> Point:
    """What a rollback wants, as `wanted`, kept until it is `over`: one that was cut off goes on with it.

    Raises:
        Refused: it cannot be told what others did since.
    """
    folder = os.path.join(store, point["run"])
    if not os.path.exists(os.path.join(folder, AFTER)) and _left(point) is None:
        return point
    content, place = os.path.join(folder, "content"), os.path.join(folder, points.WANTED)
    keeper = points.keeper(content)

    def keep(here: str) -> str:
        try:
            return str(keeper(here))
        except points.Refused:
            return digest(here)  # the disk is full: it is put back only if nothing touches it

    found = durable.read_json(place)
    if found is None or abs(time.time() - os.path.getmtime(place)) > _FRESH:
        try:
            found = wanted(point, store, keep)
        except UNTOLD as error:
            raise points.Refused(f"what others did since {point['run']} cannot be told: {error}") from error
        durable.sync_folder(content)
        durable.write_json(place, found)
    return dict(found)


def over(point: Point, store: str) -> None:
    """The rollback is done; the next one looks anew."""
    durable.remove(os.path.join(store, point["run"], points.WANTED))


def wanted(point: Point, store: str, keep: Callable[[str], str] = digest) -> Point:
    """A restore point of what a rollback wants now.

    The point itself where nothing was noted after the run, and no former rollback told what it had left.

    Args:
        point: how the host was before the run; with its ``outcome`` if a former rollback may have left something.
        store: the folder of all points.
        keep: given a regular file's place, keeps its content and returns its digest.

    Returns:
        The point, with ``menu``: whether GRUB's menu has to be made anew, since others changed it.
    """
    folder = os.path.join(store, point["run"])
    after, left = durable.read_json(os.path.join(folder, AFTER)), _left(point)
    if after is None and left is None:
        return point
    now = _state(point, keep, store)
    if left is not None:
        after = after or durable.read_json(os.path.join(folder, LEFT)) or now
        after = _of_what_is_left(point, after, left, folder)
    entries = _files(point, after, now, folder, ours=left is None)
    menu = _MENU in entries and now["entries"].get(_MENU) != after["entries"].get(_MENU)
    if menu:
        entries[_MENU] = bare(_MENU)
    parents = point["files"]["parents"]  # the times of folders, as far as no entry says them
    times = {path: entry for path, entry in parents.items() if "modified" not in entries.get(path, {})}
    found = {**point, "files": {**point["files"], "entries": entries, "parents": times}, "menu": menu}
    found["units"] = _chosen(point["units"], after["units"], now["units"], nothing=False)
    found["units"].update({name: runs for name, runs in point["units"].items() if name in units.WAY_IN})
    found["kernel"] = _kernel(point, after, now, left)
    if "firewall" in point:
        found["firewall"] = _tables(point["firewall"], after["firewall"], now["firewall"])
    if "packages" in point:
        found["packages"] = {**point["packages"], "known": _packages(point["packages"]["known"], after, now)}
        if left is not None:
            names = left.get("packages", ())
            was, is_now = point["packages"]["manual"], packages.manual()
            marks = [*(name for name in was if name in names), *(name for name in is_now if name not in names)]
            found["packages"]["manual"] = marks
    if "homes" in point:
        found["homes"] = _homes(point, after, left, folder)
    if left is not None and "audit" not in left:
        found["audit"] = audit.capture()
    return found


def _files(point: Point, after: dict[str, Any], now: dict[str, Any], folder: str, *, ours: bool) -> Entries:
    before: Entries = point["files"]["entries"]
    entries = _entries(before, after["entries"], now["entries"], ours=ours)
    for path, text in now["accounts"].items():
        was, then, is_now = (each.get(path, ABSENT) for each in (before, after["entries"], now["entries"]))
        if ABSENT not in (was, is_now) and was != then and text != after["accounts"].get(path):
            entries[path] = _account_file(path, point, after, now, folder)
    return entries


def _tables(before: dict[str, str], after: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    was = {
        name: after[name] if firewall.same(name, text, after.get(name, "")) else text for name, text in before.items()
    }
    return {name: text for name, text in _chosen(was, after, now, nothing="").items() if text}


def _homes(point: Point, after: dict[str, Any], left: dict[str, list[str]] | None, folder: str) -> list[str]:
    """The names of homes that stay: all but those of accounts that the run made, or what is left of them."""
    passwd = point["files"]["entries"].get(_PASSWD, ABSENT)
    old = _kept(passwd, folder) if passwd["kind"] == "file" else ""
    spared = homes.spared(point["homes"], old, after["accounts"].get(_PASSWD, ""))
    goes = {os.path.basename(path) for path in (left or {}).get("homes", ())}
    return [name for name in spared if name not in goes]


def _left(point: Point) -> dict[str, list[str]] | None:
    """What a former rollback could not put back, by subject; None if none was tried, or it could not be told."""
    left: dict[str, list[str]] | None = (point.get("outcome") or {}).get("left")
    return None if left is None or any("differences" in step for step in left.get("steps", ())) else left


def _of_what_is_left(point: Point, after: dict[str, Any], left: dict[str, list[str]], folder: str) -> dict[str, Any]:
    """How it was after the run as far as it is left; all else as before the run, as if that had not changed it."""

    def of(subject: str, before: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
        names = left.get(subject, ())
        below = tuple(f"{name}/" for name in names)  # of a folder that came all that is in it came, too
        back = {name: value for name, value in before.items() if name not in names}
        return {**back, **{name: value for name, value in then.items() if name in names or name.startswith(below)}}

    before: Entries = point["files"]["entries"]
    there = (path for path in after["accounts"] if before.get(path, ABSENT)["kind"] == "file")
    texts = {path: _kept(before[path], folder) for path in there}
    return {
        **after,
        "entries": of("files", before, after["entries"]),
        "accounts": of("files", texts, after["accounts"]),
        "units": of("units", point["units"], after["units"]),
        "firewall": of("firewall", point.get("firewall", {}), after["firewall"]),
        "packages": of("packages", point.get("packages", {}).get("known", {}), after["packages"]),
    }


def _kernel(
    point: Point, after: dict[str, Any], now: dict[str, Any], left: dict[str, list[str]] | None
) -> dict[str, Any]:
    """The kernel's part. Of parameters the run touched all are as before: it takes the run's value at a boot, too."""
    saved = point["kernel"]
    if left is not None:
        names = left.get("kernel", ())
        return {
            **saved,
            "parameters": {path: value for path, value in saved["parameters"].items() if kernel.dotted(path) in names},
            "mounts": {path: options for path, options in saved["mounts"].items() if path in names},
            "modules": [name for name in saved["modules"] if name in names],
        }
    neighbours = _chosen(saved["parameters"], after["parameters"], now["parameters"], nothing="")
    asked = kernel.paths(point["touches"]["sysctls"])
    parameters = {path: value if path in asked else neighbours[path] for path, value in saved["parameters"].items()}
    return {**saved, "parameters": parameters}


def _state(point: Point, keep: Callable[[str], str], store: str) -> dict[str, Any]:
    """What a point is about, as it is now."""
    touched, patterns = point["touches"], point["files"]["patterns"]
    saved = files.capture(patterns, touched["attributes"], keep, never=points.never(store))
    return {
        "entries": saved["entries"],
        "accounts": {path: _text(path) for path in _ACCOUNTS if path in saved["entries"]},
        "units": units.capture(list(point["units"])),
        "firewall": firewall.capture() if "firewall" in point else {},
        "packages": packages.installed() if "packages" in point else {},
        "parameters": kernel.values(point["kernel"]["parameters"]),
    }


def _entries(before: Entries, after: Entries, now: Entries, *, ours: bool) -> Entries:
    """Paths as they are wanted: absent too, if they were noted as such. What is kept keeps the folders it lies in.

    With ``ours`` what bears our name is as before in any case.
    """
    found: Entries = {}
    for path in {*before, *after, *now}:
        was, is_now = before.get(path, ABSENT), now.get(path, ABSENT)
        same = _without_inode(was) == _without_inode(after.get(path, ABSENT))
        entry = is_now if same and not (ours and _OURS in path) else was
        if was.get("bare") and is_now == ABSENT:
            continue  # a log that was rotated away
        if entry != ABSENT or path in before:
            found[path] = entry
    for path in [path for path, entry in found.items() if entry != ABSENT]:
        folder = os.path.dirname(path)
        while folder in now and found.get(folder, ABSENT) == ABSENT:
            found[folder] = now[folder]
            folder = os.path.dirname(folder)
    return found


def _without_inode(entry: Entry) -> Entry:
    """An entry whatever inode it was of: that moves with each rotation or new version."""
    return {part: value for part, value in entry.items() if part != "inode"}


def _chosen(
    before: Mapping[str, Value], after: Mapping[str, Value], now: Mapping[str, Value], *, nothing: Value
) -> dict[str, Value]:
    """Of each thing what is wanted: what is there now if the run did not change it, else what was before."""
    found = {}
    for name in {*before, *after, *now}:
        was = before.get(name, nothing)
        found[name] = now.get(name, nothing) if was == after.get(name, nothing) else was
    return found


def _packages(known: dict[str, list[str]], after: dict[str, Any], now: dict[str, Any]) -> dict[str, list[str]]:
    """Packages as they are wanted; one that was there before, and was upgraded since the run, stays upgraded."""
    nothing = ["un", ""]
    found = _chosen(known, after["packages"], now["packages"], nothing=nothing)
    for name, is_now in now["packages"].items():
        if packages.present(known, name) and packages.present(now["packages"], name):
            found[name] = found[name] if is_now == after["packages"].get(name) else is_now
    return {name: state for name, state in found.items() if state != nothing}


def _account_file(path: str, point: Point, after: dict[str, Any], now: dict[str, Any], folder: str) -> dict[str, Any]:
    """A file of accounts in which the run's lines are as before, and those that others wrote since are kept."""
    before = point["files"]["entries"][path]
    lists = _LISTS.get(os.path.basename(path), ())
    text = merged(_kept(before, folder), after["accounts"].get(path, ""), now["accounts"][path], lists)
    content = text.encode("utf-8", "surrogateescape")
    name = durable.write_content(os.path.join(folder, "content"), content)
    return {**before, "size": len(content), "digest": name, "modified": now["entries"][path]["modified"]}


def _kept(entry: Entry, folder: str) -> str:
    """A text of before the run."""
    with open(os.path.join(folder, "content", entry["digest"]), encoding="utf-8", errors="surrogateescape") as source:
        return source.read()


def merged(before: str, after: str, now: str, lists: tuple[int, ...] = ()) -> str:
    """The lines of now, of which those that the run wrote, changed or removed are as they were before it.

    That holds for each field of a line, and of the fields ``lists`` for each name in them.
    """
    texts = [text.splitlines() for text in (before, after, now)]
    named = [{line.partition(":")[0]: line for line in lines} for lines in texts]
    if any(len(names) != len(lines) for names, lines in zip(named, texts)):  # a name twice: each line is its own
        named = [{line: line for line in lines} for lines in texts]
    was, then, is_now = named
    kept = [
        line if was.get(name) == then.get(name) else _line(was.get(name), then.get(name, ""), line, lists)
        for name, line in is_now.items()
    ]
    back = [line for name, line in was.items() if name not in then and name not in is_now]
    return "".join(f"{line}\n" for line in [*kept, *back] if line is not None)


def _line(before: str | None, after: str, now: str, lists: tuple[int, ...]) -> str | None:
    """A line that the run changed as it was before, but for the fields that it did not change."""
    if before is None:
        return None
    was, then, is_now = (line.split(":") for line in (before, after, now))
    if not len(was) == len(then) == len(is_now):
        return before
    fields = enumerate(zip(was, then, is_now, strict=True))
    return ":".join((_names if number in lists else _field)(*values) for number, values in fields)


def _field(was: str, then: str, now: str) -> str:
    """A field as it was before the run, or as it is if the run did not change it: an old password stays an old one."""
    if was == then:
        return now
    return now.removeprefix("!") if then == f"!{was}" else was  # the run locked it


def _names(was: str, then: str, now: str) -> str:
    """A list as it was before the run, but for the names that others put on it or took off."""
    old, ours, names = (field.split(",") for field in (was, then, now))
    kept = [name for name in names if name in old or name not in ours]
    back = [name for name in old if name not in ours and name not in names]
    return ",".join(name for name in [*kept, *back] if name)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as source:
            return source.read()
    except FileNotFoundError:
        return ""
