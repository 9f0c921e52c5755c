"""Many paths at once: what patterns match now, and what they match when all is put back."""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import stat
from typing import TYPE_CHECKING, Any

from .entries import Entry, bare, canonical, differs, observe, place, put_back, remove, set_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_PATHS = 50_000
MOST_OF_OTHERS = 10_000
"""Paths in a folder that others than root fill: with more it is left out, since a full one must not keep all back."""


class TooMuch(Exception):  # noqa: N818  what it says
    """The patterns match more than a restore point is for; the text says which one."""


def capture(
    patterns: list[str], attributes: list[str], keep: Callable[[str], str], *, never: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What is there now.

    Args:
        patterns: absolute paths and globs (``**`` for any depth). A folder counts with all in it, on its file system. A
            path that does not exist is saved as absent, with the folders that it lacks.
        attributes: paths and globs of which only owner, mode and attributes are saved, not even the time, since others
            go on writing them; folders without what is in them, unless ``/**`` at the end asks for it.
        keep: given a regular file's place, keeps its content and returns its digest.
        never: paths that are left out with all in them: the restore points' own.

    Raises:
        TooMuch: they match more than `MOST_PATHS`.
        OSError: something cannot be read.
    """
    entries: dict[str, Entry] = {}
    for path in _matched(patterns, never):
        entries[path] = observe(path, keep)
    left_out: list[str] = []
    for path in _alone(attributes, left_out):
        found = entries.get(path) or bare(path)
        if found["kind"] != "absent":  # logs are rotated meanwhile
            entries[path] = found
    for path in list(entries):
        if entries[path]["kind"] == "absent":
            entries.update((missing, observe(missing)) for missing in _missing_folders(path) if missing not in entries)
    saved = {"patterns": [_resolved(pattern) for pattern in patterns], "entries": entries, "parents": {}}
    saved["left_out"] = left_out
    keep_times(saved, {os.path.dirname(path) for path, entry in entries.items() if not entry.get("bare")})
    return saved


def keep_times(saved: dict[str, Any], folders: set[str]) -> None:
    """Have folders' times put back, too, which putting back and others' scripts change."""
    entries = saved["entries"]
    for path in folders:
        if entries.get(path, {}).get("bare", True):
            saved["parents"][path] = observe(path)


@contextlib.contextmanager
def times_kept(folders: Iterable[str]) -> Iterator[None]:
    """Have folders' times as they are, whatever comes or goes in them meanwhile."""
    times = {path: os.stat(path) for path in folders if os.path.isdir(path)}
    yield
    for path, was in times.items():
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def _resolved(pattern: str) -> str:
    """A pattern whose folders without wildcards are no links, as they are now: a later link leads it nowhere else."""
    parts = pattern.rstrip("/").split("/")
    plain = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return "/".join([os.path.realpath("/".join(parts[:plain]) or "/").rstrip("/"), *parts[plain:]])


def _matched(patterns: list[str], never: tuple[str, ...], named: Callable[[str], str] = canonical) -> Iterator[str]:
    """What the patterns match now, each path once, by the name that ``named`` gives; folders before what is in them."""
    seen: set[str] = set()
    for pattern in patterns:
        matched = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]
        for start in matched:
            for path in _with_content(named(start)):
                if path in seen or _within(path, never):
                    continue
                seen.add(path)
                if len(seen) > MOST_PATHS:
                    raise TooMuch(f"{pattern} and the patterns before it match more than {MOST_PATHS} paths")
                yield path


def _alone(patterns: list[str], left_out: list[str]) -> Iterator[str]:
    """What patterns of attributes match now: ``/**`` at the end by no link's way, which who owns a folder could lay.

    Folders that others have filled with more than `MOST_OF_OTHERS` paths are added to ``left_out``.
    """
    counted = 0
    for pattern in patterns:
        for match in glob.glob(pattern.removesuffix("/**")):
            deep = _below(os.path.realpath(match), left_out) if pattern.endswith("/**") else ()
            for path, of_others in itertools.chain([(canonical(match), False)], deep):
                counted += not of_others
                if counted > MOST_PATHS:
                    raise TooMuch(f"{pattern} and the patterns before it match more than {MOST_PATHS} paths of root's")
                yield path


def _below(top: str, left_out: list[str], *, of_others: bool = False) -> Iterator[tuple[str, bool]]:
    """What is in a folder at any depth, no hidden files as in globs, and whether others than root put it there."""
    waiting = [top]
    while waiting:
        for each in _listed(waiting.pop()):
            yield each.path, of_others
            if not each.is_dir(follow_symlinks=False):
                continue
            if of_others or not _filled_by_others(each.path):
                waiting.append(each.path)
            else:
                theirs = list(itertools.islice(_below(each.path, left_out, of_others=True), MOST_OF_OTHERS + 1))
                if len(theirs) <= MOST_OF_OTHERS:
                    yield from theirs
                else:
                    left_out.append(each.path)


def _listed(folder: str) -> Iterator[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(folder) as found:  # gone meanwhile
        yield from (each for each in found if not each.name.startswith("."))


def _filled_by_others(folder: str) -> bool:
    try:
        status = os.lstat(folder)
    except OSError:
        return True
    return status.st_uid != 0 or bool(status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def _with_content(start: str) -> Iterator[str]:
    yield start
    if os.path.islink(start) or not os.path.isdir(start):
        return
    device = os.lstat(start).st_dev
    for folder, folders, names in os.walk(start):
        folders[:] = sorted(each for each in folders if os.lstat(os.path.join(folder, each)).st_dev == device)
        for name in sorted([*folders, *names]):
            yield os.path.join(folder, name)


def _missing_folders(path: str) -> Iterator[str]:
    folder = os.path.dirname(path)
    while folder != "/" and not os.path.lexists(folder):
        yield folder
        folder = os.path.dirname(folder)


def put_all_back(
    saved: dict[str, Any],
    content: Callable[[str], str],
    problem: Callable[[str, object], None],
    *,
    never: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> list[str]:
    """Make everything as it was; the changed paths. What cannot be is told to ``problem``, and the rest still done.

    ``without`` are folders that are left as they are for this time.
    """
    saved = {
        **saved,
        "entries": {path: entry for path, entry in saved["entries"].items() if not _within(path, without)},
    }
    entries: dict[str, Entry] = saved["entries"]
    never = (*never, *without)
    changed = []
    for path in sorted(entries):  # folders before what is in them
        if entries[path]["kind"] == "absent" and _holds_others(path, entries):
            continue
        try:
            if put_back(path, entries[path], content):
                changed.append(path)
        except OSError as error:
            problem(path, error.strerror or error)
    for path in reversed(_newcomers(saved, never)):
        try:
            changed += [path] if remove(path) else []
        except OSError as error:  # noqa: PERF203
            problem(path, error.strerror or error)
    for path in sorted((path for path in entries if entries[path]["kind"] == "absent"), reverse=True):
        if _holds_others(path, entries) and os.path.isdir(path):
            try:
                os.rmdir(path)
                changed.append(path)
            except OSError:
                problem(path, "it was not there before, and now has content that is not the run's")
    put_times_back(saved)
    return sorted(set(changed))


def put_times_back(saved: dict[str, Any]) -> None:
    """The folders' times, deepest first, since putting back changed them."""
    folders = {**saved["entries"], **saved["parents"]}
    for path in sorted(folders, reverse=True):
        if folders[path]["kind"] == "folder" and "modified" in folders[path]:
            try:
                with place(path) as here:
                    if os.lstat(here).st_mtime_ns != folders[path]["modified"]:
                        set_time(here, folders[path])
            except OSError:
                continue  # the comparison at the end tells


def differences(saved: dict[str, Any], *, never: tuple[str, ...] = ()) -> list[str]:
    """The paths that are not as they were."""
    return sorted(
        {path for path, entry in saved["entries"].items() if _differs(path, entry)} | set(_newcomers(saved, never))
    )


def _differs(path: str, entry: Entry) -> bool:
    try:
        return entry["kind"] != "socket" and differs(path, entry)
    except OSError:
        return True


def _newcomers(saved: dict[str, Any], never: tuple[str, ...]) -> list[str]:
    """What the patterns match now and did not before: the uppermost paths only, by no link's way."""
    matched = _matched(saved["patterns"], never, named=str)
    new = [path for path in matched if path not in saved["entries"] and canonical(path) not in saved["entries"]]
    present = [path for path in new if os.path.lexists(path)]
    return [path for path in present if os.path.dirname(path) not in present]


def _holds_others(path: str, entries: dict[str, Entry]) -> bool:
    """Whether an absent path was noted only as the folder of another one: it goes only once it is empty."""
    return any(os.path.dirname(other) == path for other in entries)
