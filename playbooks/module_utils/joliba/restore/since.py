"""What others have changed since a run: it is theirs, and a rollback leaves it.

When a run's changes are let stand, the host notes how it is then. What was the same before the run and after it, the
run did not change: of that a rollback wants what is there now. All else it wants as it was before. A revert, which
fires in the midst of a run, has no such note, and puts everything back.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from . import durable, files, firewall, kernel, packages, points
from .entries import ABSENT, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ACCOUNTS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid")
"""Files of which each line is somebody's own."""
_BARE = {"bare": True}
_AFTER, _WANTED = "after.json", "wanted.json"
Point = dict[str, Any]
Value = TypeVar("Value")


def note(run: str, store: str) -> None:
    """Note how the host is after a run, beside its restore point."""
    folder = os.path.join(store, run)
    point = durable.read_json(os.path.join(folder, "point.json"))
    durable.write_json(os.path.join(folder, _AFTER), _state(point, digest, store))


def begun(point: Point, store: str) -> Point:
    """What a rollback wants, kept until it is `over`: one that was cut off goes on with what it began with."""
    folder = os.path.join(store, point["run"])
    keeper = points.keeper(os.path.join(folder, "content"))

    def keep(here: str) -> str:
        try:
            return str(keeper(here))
        except points.Refused:
            return digest(here)  # the disk is full: it is put back only if nothing touches it

    found = durable.read_json(os.path.join(folder, _WANTED))
    if found is None:
        found = wanted(point, store, keep)
        durable.write_json(os.path.join(folder, _WANTED), found)
    return dict(found)


def over(point: Point, store: str) -> None:
    """The rollback is done; the next one looks anew."""
    durable.remove(os.path.join(store, point["run"], _WANTED))


def wanted(point: Point, store: str, keep: Callable[[str], str] = digest) -> Point:
    """A restore point of what a rollback wants now; the point itself where nothing was noted after the run.

    Args:
        point: how the host was before the run.
        store: the folder of all points.
        keep: given a regular file's place, keeps its content and returns its digest.
    """
    folder = os.path.join(store, point["run"])
    after = durable.read_json(os.path.join(folder, _AFTER))
    if after is None:
        return point
    now = _state(point, keep, store)
    entries = _chosen(point["files"]["entries"], after["entries"], now["entries"], ABSENT)
    there = {path: entry for path, entry in entries.items() if entry != ABSENT or path in point["files"]["entries"]}
    times = {path: entry for path, entry in point["files"]["parents"].items() if there.get(path, _BARE).get("bare")}
    found = {**point, "files": {**point["files"], "entries": there, "parents": times}}
    for path, text in now["accounts"].items():
        was, then = (each.get(path, ABSENT) for each in (point["files"]["entries"], after["entries"]))
        if ABSENT != was != then and text != after["accounts"].get(path):
            there[path] = _account_file(path, point, after, now, folder)
    if "firewall" in point:
        tables = _chosen(point["firewall"], after["firewall"], now["firewall"], "")
        found["firewall"] = {name: text for name, text in tables.items() if text}
    if "packages" in point:
        found["packages"] = {**point["packages"], "known": _packages(point["packages"]["known"], after, now)}
    neighbours = _chosen(point["kernel"]["parameters"], after["parameters"], now["parameters"], "")
    asked = kernel.paths(point["touches"]["sysctls"])
    parameters = {
        path: value if path in asked else neighbours[path] for path, value in point["kernel"]["parameters"].items()
    }
    found["kernel"] = {**point["kernel"], "parameters": parameters}
    return found


def _state(point: Point, keep: Callable[[str], str], store: str) -> dict[str, Any]:
    """What a point is about, as it is now."""
    touched, patterns = point["touches"], point["files"]["patterns"]
    saved = files.capture(patterns, touched["attributes"], keep, never=points.never(store))
    return {
        "entries": saved["entries"],
        "accounts": {path: _text(path) for path in _ACCOUNTS if path in saved["entries"]},
        "firewall": firewall.capture() if "firewall" in point else {},
        "packages": packages.installed() if "packages" in point else {},
        "parameters": kernel.values(point["kernel"]["parameters"]),
    }


def _chosen(
    before: Mapping[str, Value], after: Mapping[str, Value], now: Mapping[str, Value], nothing: Value
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
    found = _chosen(known, after["packages"], now["packages"], nothing)
    for name, is_now in now["packages"].items():
        if packages.present(known, name) and packages.present(now["packages"], name):
            found[name] = found[name] if is_now == after["packages"].get(name) else is_now
    return {name: state for name, state in found.items() if state != nothing}


def _account_file(path: str, point: Point, after: dict[str, Any], now: dict[str, Any], folder: str) -> dict[str, Any]:
    """A file of accounts in which the run's lines are as before, and those that others wrote since are kept."""
    before = point["files"]["entries"][path]
    with open(os.path.join(folder, "content", before["digest"]), encoding="utf-8", errors="surrogateescape") as source:
        old = source.read()
    text = merged(old, after["accounts"].get(path, ""), now["accounts"][path])
    content = text.encode("utf-8", "surrogateescape")
    name = durable.write_content(os.path.join(folder, "content"), content)
    return {**before, "size": len(content), "digest": name, "modified": now["entries"][path]["modified"]}


def merged(before: str, after: str, now: str) -> str:
    """The lines of now, of which those that the run wrote, changed or removed are as they were before it."""
    texts = [text.splitlines() for text in (before, after, now)]
    named = [{line.partition(":")[0]: line for line in lines} for lines in texts]
    if any(len(names) != len(lines) for names, lines in zip(named, texts)):  # a name twice: each line is its own
        named = [{line: line for line in lines} for lines in texts]
    was, then, is_now = named
    kept = [line if was.get(name) == then.get(name) else was.get(name) for name, line in is_now.items()]
    back = [line for name, line in was.items() if name not in then and name not in is_now]
    return "".join(f"{line}\n" for line in [*kept, *back] if line is not None)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as source:
            return source.read()
    except FileNotFoundError:
        return ""
