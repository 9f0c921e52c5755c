"""Everything that is wrong in the inventories, or in what concerns some of their files."""

import os
from collections.abc import Sequence
from pathlib import Path as File
from pathlib import PurePosixPath

from infra.errors import JolibaError
from infra.intake.findings import Finding, ordered
from infra.intake.inventory import INVENTORIES, read_site, sites, tenants
from infra.intake.suggestion import suggestion


def check(root: File, paths: Sequence[File] = (), *, forks: bool = False) -> list[Finding]:
    """Every finding of all sites, or what concerns some files and folders; sorted, each once.

    A country's file concerns every site. For requests alone, the others of their site are read as far as these need
    them (flows and the sum of what is granted join tenants), and what is wrong with those is left out. ``forks``: this
    process has no other thread, so that a copy of it may do half of the counting.

    Raises:
        JolibaError: a path is no file of the inventories.
    """
    asked, read = _asked(root, paths)
    inventories = [read_site(root, site, only=_requests(root, site, asked), forks=forks) for site in read]
    told = [found for inventory in inventories for found in inventory.findings]
    return ordered([found for found in told if _concerns(found, asked)])


def files(root: File, paths: Sequence[File] = ()) -> list[File]:
    """The inventories' own files among ``paths``, or all of them: countries', sites', registers, requests.

    Only ordinary files that no link leads to, whose names Joliba reads; relative to the project root, sorted.

    Raises:
        JolibaError: a path is no file of the inventories.
    """
    asked, read = _asked(root, paths)
    folder = File(INVENTORIES)
    found = [path.relative_to(root) for path in (root / folder / "countries").glob("*.yaml")]
    for site in read:
        found += [folder / site / "site.yaml", folder / site / "addresses.yaml"]
        found += [folder / site / "tenants" / f"{name}.yaml" for name in tenants(root, site)]
    within = [path for path in found if not asked or any(PurePosixPath(path).is_relative_to(each) for each in asked)]
    return sorted(path for path in within if _is_own(root.resolve(), path))


def see_paths(root: File, paths: Sequence[File]) -> None:
    """See that there are some files and folders, links to nowhere included: a mistyped one would have no finding.

    Raises:
        JolibaError: one is not there, or is no file of the inventories.
    """
    asked, _ = _asked(root, paths)
    for path in asked:
        if not os.path.lexists(root / path):
            near = suggestion(str(path), map(str, files(root)))["nearest"]
            raise JolibaError("there is no {path}: did you mean {nearest}?", path=path, nearest=near)


def _is_own(root: File, path: File) -> bool:
    """Whether a path is an ordinary file, and nothing on the way to it a link."""
    return (root / path).is_file() and (root / path).resolve() == root / path


def _asked(root: File, paths: Sequence[File]) -> tuple[list[PurePosixPath], list[str]]:
    """What was asked for, relative to the project root, and the sites to read for it."""
    names = sites(root)
    asked = [_within(root, path, names) for path in paths]
    chosen = {path.parts[1] if path.parts[1:2] and path.parts[1] in names else "" for path in asked}
    return asked, names if not asked or "" in chosen else sorted(chosen)


def _requests(root: File, site: str, asked: Sequence[PurePosixPath]) -> list[str] | None:
    """The tenants whose files alone were asked for; None where it is more than that."""
    folder = PurePosixPath(INVENTORIES, site, "tenants")
    own = [path for path in asked if path.is_relative_to(PurePosixPath(INVENTORIES, site))]
    known = {folder / f"{name}.yaml": name for name in tenants(root, site)}
    return [known[path] for path in own] if own and known.keys() >= {*own} else None


def concerning(root: File, findings: Sequence[Finding], paths: Sequence[File]) -> list[Finding]:
    """Those of some findings that concern some files and folders; all of them without any.

    Raises:
        JolibaError: a path is no file of the inventories.
    """
    asked = [_within(root, path, sites(root)) for path in paths]
    return [found for found in findings if _concerns(found, asked)]


def _within(root: File, path: File, names: Sequence[str]) -> PurePosixPath:
    """A path relative to the project root, a link at its end not followed; naming no site, it concerns all of them."""
    folder = (root / INVENTORIES).resolve()
    absolute = path if path.is_absolute() else File.cwd() / path
    try:
        own = absolute.resolve() if absolute.name == ".." else absolute.parent.resolve() / absolute.name
        parts = own.relative_to(folder).parts
    except (ValueError, RuntimeError):  # elsewhere, or by links that lead in a circle
        parts = ("",)
    if parts and parts[0] not in {*names, "countries"}:
        told = "{path} is not in {folder}/<site>/ of this project; sites: {sites}"
        raise JolibaError(told, path=path, folder=INVENTORIES, sites=", ".join(names))
    return PurePosixPath(INVENTORIES, *parts)


def _concerns(finding: Finding, asked: Sequence[PurePosixPath]) -> bool:
    files = [PurePosixPath(place.file) for place in (finding.place, *finding.related)]
    requests = [path for path in asked if "tenants" in path.parts]
    shared = files[0].parent.name != "tenants" or len(requests) < len(asked) or not asked
    return shared or any(file.is_relative_to(path) or path.is_relative_to(file) for file in files for path in requests)
