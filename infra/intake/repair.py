"""The inventories' files mended on disk: formatting, names, blocks. Nothing else is written, no link followed."""

import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path as File

from infra.errors import JolibaError
from infra.intake.addresses import allocate, write_register
from infra.intake.checking import check, files
from infra.intake.inventory import INVENTORIES, read_site
from infra.intake.mending import Mend, MendKind, mended
from infra.intake.reading import LARGEST_FILE, LARGEST_REQUEST, MOST_ENTRIES
from infra.intake.replacing import PREFIX, replace_file

_NEEDS_BLOCKS = frozenset({"ADDRESS-MISSING", "FLOW-PEER-NO-BLOCK"})
_LEFT_OVER = 3600
"""Seconds after which no run is still writing a file."""


@dataclass(frozen=True)
class Repair:
    """A mend with its file, relative to the project root."""

    file: str
    mend: Mend


def repair(root: File, paths: Sequence[File] = (), *, dry_run: bool = False) -> list[Repair]:
    """Mend what is mechanical in some files, or in all, and give blocks at their sites; what was (or would be) done.

    Each file is replaced whole or not at all. No block is freed: that is for `joliba allocate`, which asks the stacks.

    Raises:
        JolibaError: a path is no file of the inventories, a file cannot be written, or changed meanwhile.
    """
    if not dry_run:
        _remove_left_over(root / INVENTORIES)
    made = [
        Repair(file.as_posix(), mend) for file in files(root, paths) for mend in _mended(root, file, dry_run=dry_run)
    ]
    needing = {found.place.file for found in check(root, paths) if found.code in _NEEDS_BLOCKS}
    for site in sorted({File(file).parts[1] for file in needing}):
        made += _given(root, site, dry_run=dry_run)
    return made


def _mended(root: File, file: File, *, dry_run: bool) -> Sequence[Mend]:
    kind, name = _named(file)
    largest = LARGEST_REQUEST if kind == "tenant" else LARGEST_FILE
    try:
        descriptor = os.open(root / file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
                return ()  # a finding says so
            content = stream.read()
        most = MOST_ENTRIES if kind == "tenant" else LARGEST_FILE
        now, mends = mended(content, file.as_posix(), key=kind, name=name, most=most)
        if mends and not dry_run:
            if (root / file).read_bytes() != content:
                raise JolibaError("{file} was changed meanwhile: nothing was written to it", file=file)
            replace_file(root / file, now, beside=root / INVENTORIES, mode=stat.S_IMODE(status.st_mode))
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=file, reason=error.strerror or error) from error
    return mends


def _named(file: File) -> tuple[str, str]:
    """The key that must say a file's name, and that name."""
    if file.parent.name == "countries":
        return "country", file.stem
    if file.parent.name == "tenants":
        return "tenant", file.stem
    return "site", file.parent.name


def _given(root: File, site: str, *, dry_run: bool) -> Iterator[Repair]:
    """Give the blocks that a site's requests lack."""
    inventory = read_site(root, site)
    kept = replace(inventory, names=tuple({*inventory.names, *inventory.register.tenants}))
    try:
        register, changes = allocate(kept)
    except JolibaError:
        return  # the site's own files have findings, which are told
    file = File(INVENTORIES, site, "addresses.yaml")
    if (root / file).resolve() != root.resolve() / file:
        return  # a link, to nowhere perhaps
    given = [change for change in changes if change.kind != "lacking"]
    if given and not dry_run:
        write_register(root, register, before=inventory.register)
    for change in given:
        what = f"{change.tenant}.{change.what}"
        yield Repair(file.as_posix(), Mend(kind=MendKind.BLOCK, found=what, now=change.address))


def _remove_left_over(folder: File) -> None:
    """Remove what a killed run had begun to write; the files that it meant are whole. A young one may be at work."""
    for left in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # it harms nothing
            status = left.lstat()
            if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > _LEFT_OVER:
                left.unlink()
