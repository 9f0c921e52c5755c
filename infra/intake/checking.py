"""Everything that is wrong in the inventories, or in the sites that some files belong to."""

from collections.abc import Sequence
from pathlib import Path as File

from infra.errors import JolibaError
from infra.intake.findings import Finding, ordered
from infra.intake.inventory import INVENTORIES, read_site, sites


def check(root: File, paths: Sequence[File] = ()) -> list[Finding]:
    """Every finding of all sites, or of the sites that ``paths`` belong to; sorted, each once.

    A country's file belongs to every site. A whole site is read even for one file: flows and addresses join tenants.

    Raises:
        JolibaError: a path is no file of the inventories.
    """
    names = sites(root)
    chosen = sorted({site for path in paths for site in _sites_of(root, path, names)}) if paths else names
    return ordered([finding for site in chosen for finding in read_site(root, site).findings])


def _sites_of(root: File, path: File, names: list[str]) -> list[str]:
    folder = (root / INVENTORIES).resolve()
    absolute = path if path.is_absolute() else File.cwd() / path
    try:
        parts = (absolute.parent.resolve() / absolute.name).relative_to(folder).parts
    except ValueError:
        parts = ("", "")
    if parts[:1] and parts[0] in names:
        return [parts[0]]
    if not parts or parts[0] == "countries":
        return names
    raise JolibaError(f"{path} is not in {INVENTORIES}/<site>/ of this project; sites: {', '.join(names)}")
