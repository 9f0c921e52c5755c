"""The inventories compared with those of a commit: what changed, whether it may, and which findings are new."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File
from shlex import quote

from infra.errors import RefusedError
from infra.intake.checking import check, concerning
from infra.intake.findings import Finding, Path, Place, Severity, ordered, path_text
from infra.intake.inventory import INVENTORIES, SiteInventory, read_site, sites, tenants
from infra.intake.reading import LARGEST_FILE, read
from infra.review.change import TenantDifference
from infra.review.difference import difference
from infra.review.judgement import judge, reason, tenant_file
from infra.review.register import changed_allocations, judge_register, register_file
from infra.review.revision import commit_of, revision

Contents = dict[str, tuple[int, int]]
"""Files by their paths: kind and size in bytes."""
_SHORT = 12


@dataclass(frozen=True, kw_only=True)
class SiteComparison:
    """One site before and after, and what became of its tenants; ``changed`` are its files that differ.

    ``tenants`` are all its tenants' names, before and after; nothing is read of a site of which no file differs.
    ``unclear`` says why, if its files before were so broken that nothing can be told.
    """

    site: str
    tenants: frozenset[str]
    before: SiteInventory | None
    after: SiteInventory | None
    changed: frozenset[str]
    differences: tuple[TenantDifference, ...] = ()
    unclear: Finding | None = None

    @property
    def touched(self) -> frozenset[str]:
        """The tenants whose own file differs, was added or is gone."""
        folder = f"{INVENTORIES}/{self.site}/tenants/"
        names = [file.removeprefix(folder) for file in self.changed if file.startswith(folder)]
        return frozenset(name.removesuffix(".yaml") for name in names if name.endswith(".yaml") and "/" not in name)


def compare(root: File, ref: str, only: Sequence[str] = ()) -> list[SiteComparison]:
    """What became of every site, or of those named, since the commit that ``ref`` names.

    Raises:
        JolibaError: no such commit, or no Git repository.
    """
    with revision(root, ref) as old:
        changed = changed_files(old, root)
        return [_site(root, old, site, changed) for site in _sites(root, old) if not only or site in only]


def earlier(root: File, ref: str, site: str, only: Sequence[str] | None = None) -> SiteInventory | None:
    """A site as it was in a commit, whole or only some tenants of it; None if there was no such site.

    Raises:
        JolibaError: no such commit, or no Git repository.
        RefusedError: what was asked for cannot be read there.
    """
    with revision(root, ref) as old:
        if site not in sites(old):
            return None
        chosen = None if only is None else [name for name in only if name in tenants(old, site)]
        found = read_site(old, site, only=chosen)
    broken = [name for name in chosen or () if name not in found.requests]
    if found.site is None or broken:
        raise RefusedError(
            "{name} had errors in {since}: nothing to compare with", name=broken[0] if broken else site, since=ref
        )
    return found


def check_since(root: File, ref: str, paths: Sequence[File] = (), *, platform_team: bool = False) -> list[Finding]:
    """The findings of what changed since a commit, with those of the change itself; sorted, each once.

    A finding in a file that did not change is told only if it leads to one that did, or if it was not there before.

    Raises:
        JolibaError: no such commit, no Git repository, or a path is no file of the inventories.
    """
    found = check(root, paths)
    with revision(root, ref) as old:
        changed = changed_files(old, root)
        compared = [_site(root, old, site, changed) for site in _sites(root, old)]
        found = _new(found, changed, old)
    commit = commit_of(root, ref)[:_SHORT]  # a branch's name may hold what a shell would take for a command
    judged = [each for site in compared for each in _judged(site, root, commit, platform_team=platform_team)]
    if not platform_team:
        judged += _shared(changed) + _several(compared)
    return ordered([*found, *concerning(root, judged, paths)])


def sound(compared: Sequence[SiteComparison], lang: str) -> None:
    """See that something can be told of every site.

    Raises:
        RefusedError: the files of one were broken before.
    """
    told = [each.unclear.text(lang) for each in compared if each.unclear]
    if told:
        raise RefusedError("\n".join(told))


def changed_files(old: File, new: File) -> frozenset[str]:
    """The files of two projects' inventories that differ or that only one has, relative to their roots."""
    before, after = _files(old, with_empty=True), _files(new, with_empty=False)
    return frozenset(
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) or not _same(old / name, new / name)
    )


def _files(root: File, *, with_empty: bool) -> Contents:
    """Every entry that is no folder, with its kind and size, but an editor's hidden files.

    An empty folder of a revision stands for what its tree had instead of a file.
    """
    found: Contents = {}
    for folder, inner, names in os.walk(root / INVENTORIES):
        links = [name for name in inner if (File(folder) / name).is_symlink()]
        empty = ["."] if with_empty and not (inner or names) else []
        for name in [*(name for name in names if not name.startswith(".")), *links, *empty]:
            path = File(folder, name)
            status = path.lstat()
            regular = stat.S_ISREG(status.st_mode)
            found[path.relative_to(root).as_posix()] = (stat.S_IFMT(status.st_mode), status.st_size if regular else 0)
    return found


def _same(old: File, new: File) -> bool:
    """Whether two entries of one kind and size hold the same; what is no ordinary file never does."""
    if not stat.S_ISREG(new.lstat().st_mode):
        return False
    return new.stat().st_size > LARGEST_FILE or old.read_bytes() == new.read_bytes()


def _sites(root: File, old: File) -> list[str]:
    return sorted({*sites(root), *sites(old)})


def _site(root: File, old: File, site: str, changed: frozenset[str]) -> SiteComparison:
    folder = f"{INVENTORIES}/{site}/"
    own = frozenset(file for file in changed if file.startswith(folder))
    there, here = site in sites(old), site in sites(root)
    every = frozenset({*tenants(old, site), *tenants(root, site)})
    if not own:
        return SiteComparison(site=site, tenants=every, before=None, after=None, changed=own)
    made = SiteComparison(
        site=site,
        tenants=every,
        before=read_site(old, site, only=()) if there else None,
        after=read_site(root, site, only=()) if here else None,
        changed=own,
    )
    if made.before and (made.before.site is None or _unreadable(made.before)):
        files = (f"{folder}site.yaml", register_file(site))
        values = {"name": site, **reason(made.before, *files)}
        return replace(made, unclear=Finding("CHANGE-SITE-UNCLEAR", Place(files[0]), values))
    names = _names(made)
    before = read_site(old, site, only=names & {*tenants(old, site)}) if there else None
    after = read_site(root, site, only=names & {*tenants(root, site)}) if here else None
    if after and after.site is None:
        return replace(made, before=before, after=after)  # its own findings say so
    return replace(made, before=before, after=after, differences=difference(before, after, only=names))


def _names(made: SiteComparison) -> frozenset[str]:
    """The tenants that may differ: all of them if the site's defaults may."""
    every = made.tenants
    if f"{INVENTORIES}/{made.site}/site.yaml" in made.changed:
        return every
    moved = changed_allocations(made.before.register, made.after.register) if made.before and made.after else every
    return (made.touched | moved) & every


def _unreadable(inventory: SiteInventory) -> list[Finding]:
    """The errors for which the register cannot be read whole."""
    file = register_file(inventory.name)
    found = [each for each in inventory.findings if each.place.file == file and not each.code.startswith("ADDRESS-")]
    return [each for each in found if each.severity is Severity.ERROR]


def _judged(made: SiteComparison, root: File, commit: str, *, platform_team: bool) -> Iterator[Finding]:
    if made.unclear:
        yield replace(made.unclear, severity=Severity.WARNING if platform_team else Severity.ERROR)
        return
    before, after = made.before, made.after
    yield from judge(made.differences, before, after, commit=commit, touched=made.touched, platform_team=platform_team)
    if before and before.names and after is None:
        file = f"{INVENTORIES}/{made.site}/site.yaml"
        values = {"name": made.site, "tenants": ", ".join(before.names), "file": quote(file), "commit": commit}
        yield Finding("LOSS-SITE", Place(file), values)
    if after and (errors := _unreadable(after)):
        yield from errors
    elif before and after and after.site:
        moved = changed_allocations(before.register, after.register)
        yield from _placed(judge_register(before, after, commit=commit, changed=moved), root, made.site)


def _placed(findings: Iterator[Finding], root: File, site: str) -> Iterator[Finding]:
    """Findings of the register with their lines: it is read once more, only if there are some."""
    told = list(findings)
    file = root / register_file(site)
    if not told or not file.exists():
        yield from told
        return
    document = read(file, root, largest=LARGEST_FILE)
    paths: dict[str, Path] = {path_text(path): path for path in document.marks}
    for each in told:
        parts = each.place.path.split(".")
        around = next(
            (paths[text] for length in range(len(parts), 0, -1) if (text := ".".join(parts[:length])) in paths), ()
        )
        yield replace(each, place=replace(document.place(around, at_key=True), path=each.place.path))


def _shared(changed: frozenset[str]) -> list[Finding]:
    """Files that are no request and no register: the platform team's."""
    found = []
    for file in sorted(changed):
        parts = file.split("/")
        own = parts[2:3] == ["tenants"] if len(parts) > 3 else parts[2:] == ["addresses.yaml"]  # noqa: PLR2004  depth
        if not own:
            found.append(Finding("CHANGE-SHARED-FILE", Place(file), {"file": file}))
    return found


def _several(compared: Sequence[SiteComparison]) -> list[Finding]:
    files = [(made.site, name) for made in compared for name in sorted(made.touched)]
    if len(files) <= 1:
        return []
    places = [Place(tenant_file(site, name)) for site, name in files]
    names = ", ".join(f"{site}.{name}" for site, name in files)
    return [Finding("CHANGE-TENANTS", places[1], {"count": str(len(files)), "names": names}, (places[0], *places[2:]))]


def _new(found: Sequence[Finding], changed: frozenset[str], old: File) -> list[Finding]:
    """The findings that lead to a changed file, or that were not there before."""
    requests = {file for file in changed if not file.endswith("/addresses.yaml")}
    near = [each for each in found if requests & {place.file for place in (each.place, *each.related)}]
    rest = [each for each in found if each not in near]
    if not rest:
        return near
    before = {_identity(each) for each in check(old)}
    return near + [each for each in rest if _identity(each) not in before]


def _identity(finding: Finding) -> tuple[object, ...]:
    """A finding, wherever in its file it has moved to, or what it leads to in theirs."""
    related = frozenset(place.file for place in finding.related)
    return finding.code, finding.place.file, finding.place.path, related, tuple(sorted(finding.values.items()))
