"""What a pull request asks for: files of data, laid over the base's inventories; everything else is only listed.

A request is data, never code. Program, schemas, policy and workflows are the base's. From the head come regular files
of bounded size at two kinds of places: ``inventories/<site>/tenants/<tenant>.yaml`` and
``inventories/<site>/addresses.yaml``. CODEOWNERS may change too, to exactly what the base's program writes from them.
"""

import os
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.errors import JolibaError, RefusedError
from infra.intake.inventory import INVENTORIES
from infra.intake.reading import LARGEST_FILE, LARGEST_REQUEST, Tree, parse
from infra.model.contract import FOUNDATION
from infra.review.code_owners import PLACES, code_owners
from infra.review.objects import ABSENT, REGULAR, Change, Objects, merged

MOST_FILES = 1000
"""Files of data that one pull request may change: a site's whole register of ministries."""
_SITE = rb"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_REQUEST = re.compile(rb"inventories/(%s)/tenants/([A-Za-z0-9][A-Za-z0-9._-]{0,79})\.yaml" % _SITE)
_REGISTER = re.compile(rb"inventories/(%s)/addresses\.yaml" % _SITE)
_SHARED = re.compile(rb"inventories/(%s)/site\.yaml" % _SITE)
_TENANTS = re.compile(rb"inventories/[^/]*/tenants/.*", re.DOTALL)
_TENANT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Why(StrEnum):
    """Why a path of the head is not taken.

    PLATFORM: not a request's file; PLACE: among requests, but none's name; KIND: a link, a submodule; SIZE: too large;
    SITE: the base has no such site; REGISTER: a register is never removed; CONFLICT: the base has changed the same
    lines since; MANY: more files than one pull request may change.
    """

    PLATFORM = "platform"
    PLACE = "place"
    KIND = "kind"
    SIZE = "size"
    SITE = "site"
    REGISTER = "register"
    CONFLICT = "conflict"
    MANY = "many"


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A path that the head changes and that is not taken; its bytes are the requester's."""

    path: bytes
    why: Why


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """What a head changes: ``taken`` and ``removed`` are paths of requests and registers.

    ``stacks`` are those that they concern, foundations before their tenants; ``base`` and ``head`` are commits.
    ``whole`` is false when so much changes that not all of it was looked at. Of histories that have ``crossed`` (the
    head has merged the base, and the base an older head) nothing is taken: which of several common commits a change is
    counted from decides what it seems to be, and the merge counts from all of them.
    """

    base: str
    head: str
    taken: tuple[str, ...]
    removed: tuple[str, ...]
    refused: tuple[Refused, ...]
    stacks: tuple[str, ...]
    whole: bool = True
    crossed: bool = False

    @property
    def tenants(self) -> tuple[str, ...]:
        """The tenants' stacks among ``stacks``."""
        return tuple(stack for stack in self.stacks if not stack.endswith(f".{FOUNDATION}"))

    @property
    def pure(self) -> bool:
        """Whether it changes requests and nothing else."""
        return self.whole and not self.refused and bool(self.taken or self.removed)

    @property
    def mixed(self) -> bool:
        """Whether requests stand beside other things, or something poses as one: what no honest request does."""
        others = [refused.why for refused in self.refused]
        unknown = self.crossed or not self.whole
        return unknown or bool(others and (self.taken or self.removed)) or set(others) - {Why.PLATFORM} != set()


def lay_over(objects: Objects, base: str, head: str, root: Path) -> PullRequest:
    """Write the base's inventories to ``root``, as the pull request would make them. ``root`` is an empty folder.

    Where the base moved on since the head left it, both changes are kept, as the merge will.

    Raises:
        JolibaError: no such commit, or the two have none in common.
    """
    base, head = objects.commit(base), objects.commit(head)
    common = objects.merge_bases(base, head)
    if len(common) > 1:
        return PullRequest(base=base, head=head, taken=(), removed=(), refused=(), stacks=(), crossed=True)
    changes, whole = objects.changes(common[0], head)
    files = objects.files(base, INVENTORIES)
    sites = {path.split(b"/")[1] for path in files if path.endswith(b"/site.yaml")}
    reasons = {change.path: reason for change in changes if (reason := _reason(change, sites))}
    accepted = [change for change in changes if change.path not in reasons]
    reasons |= {change.path: Why.MANY for change in accepted[MOST_FILES:]}
    sizes = objects.sizes(change.new for change in accepted[:MOST_FILES] if change.new_mode != ABSENT)
    for change in accepted[:MOST_FILES]:
        if change.new_mode != ABSENT and not 0 <= sizes.get(change.new, -1) <= _largest(change.path):
            reasons[change.path] = Why.SIZE
    accepted = [change for change in accepted if change.path not in reasons]
    result = _laid(objects, files, accepted)
    reasons |= {path: Why.CONFLICT for path, content in result.items() if isinstance(content, Why)}
    laid = {path: content for path, content in result.items() if not isinstance(content, Why)}
    before = objects.contents(files.values())
    _write(root, {path: before[name] for path, name in files.items()} | laid)
    for path in _regenerated(objects, changes, root):
        reasons.pop(path, None)
    return PullRequest(
        base=base,
        head=head,
        taken=tuple(sorted(path.decode() for path, content in laid.items() if content is not None)),
        removed=tuple(sorted(path.decode() for path, content in laid.items() if content is None)),
        refused=tuple(Refused(path=path, why=why) for path, why in sorted(reasons.items())),
        stacks=_stacks({path: before[files[path]] for path in laid if path in files}, laid),
        whole=whole,
    )


def changed_stacks(objects: Objects, old: str, new: str) -> tuple[str, ...]:
    """The stacks to build between two commits of the protected branch, foundations before their tenants.

    A tenant's if its request or its blocks differ; the foundation if the site's file does, or anyone's entry in the
    register: each tenant has a zone in it, and each block a route.

    Raises:
        JolibaError: no such commit, or more changes than are read.
    """
    changes, whole = objects.changes(objects.commit(old), objects.commit(new), INVENTORIES)
    if not whole:
        raise JolibaError(f"too much of {INVENTORIES} differs between {old} and {new}: build all that this may concern")
    data = [each for each in changes if any(kind.fullmatch(each.path) for kind in (_REQUEST, _REGISTER, _SHARED))]
    names = [
        name
        for each in data
        for name, mode in ((each.old, each.old_mode), (each.new, each.new_mode))
        if mode in REGULAR
    ]
    content = objects.contents(names)
    after = {each.path: content.get(each.new) for each in data}
    return _stacks({each.path: content[each.old] for each in data if each.old in content}, after)


def _reason(change: Change, sites: Collection[bytes]) -> Why | None:
    """Why a change cannot be a request's, from its path and kind alone."""
    found = _REQUEST.fullmatch(change.path) or _REGISTER.fullmatch(change.path)
    if found is None:
        return Why.PLACE if _TENANTS.fullmatch(change.path) else Why.PLATFORM
    if found[1] not in sites:
        return Why.SITE
    if change.new_mode == ABSENT:
        return Why.REGISTER if _REGISTER.fullmatch(change.path) else None
    return None if change.new_mode in REGULAR else Why.KIND


def _largest(path: bytes) -> int:
    return LARGEST_FILE if _REGISTER.fullmatch(path) else LARGEST_REQUEST


def _laid(objects: Objects, files: Mapping[bytes, str], changes: Collection[Change]) -> dict[bytes, bytes | Why | None]:
    """What each changed file holds after the merge; nothing if it is removed, a reason if the merge cannot be made."""
    moved = [each for each in changes if files.get(each.path) != (each.old if each.old_mode != ABSENT else None)]
    names = [each.new for each in changes if each.new_mode != ABSENT]
    names += [name for each in moved for name in (each.old, files.get(each.path)) if name and name.strip("0")]
    content = objects.contents(names)
    result: dict[bytes, bytes | Why | None] = {}
    with TemporaryDirectory(prefix="joliba-") as folder:
        for each in changes:
            ours, theirs = files.get(each.path), each.new if each.new_mode != ABSENT else None
            if each not in moved or ours == theirs:
                result[each.path] = content[theirs] if theirs else None
            elif ours and theirs and each.old_mode in REGULAR:
                both = merged(Path(folder), content[ours], content[each.old], content[theirs])
                result[each.path] = Why.CONFLICT if both is None else both
            else:
                result[each.path] = Why.CONFLICT
    return result


def _regenerated(objects: Objects, changes: Collection[Change], root: Path) -> set[bytes]:
    """The changed files that hold exactly what the base's program writes from the requests: CODEOWNERS."""
    forms = {str(place).encode(): form for form, place in PLACES.items()}
    written = {each.path: each.new for each in changes if each.path in forms and each.new_mode in REGULAR}
    sizes = objects.sizes(written.values()) if written else {}
    content = objects.contents(name for name, size in sizes.items() if size <= LARGEST_FILE)
    found = set()
    for path, name in written.items():
        with suppress(RefusedError):  # a site without a platform team
            if content.get(name) == code_owners(root, forms[path]).encode():
                found.add(path)
    return found


def _write(root: Path, files: Mapping[bytes, bytes | None]) -> None:
    for path, content in files.items():
        if content is not None:
            file = root / os.fsdecode(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def _stacks(before: Mapping[bytes, bytes], after: Mapping[bytes, bytes | None]) -> tuple[str, ...]:
    found: set[tuple[str, str]] = set()
    for path, content in after.items():
        if content is None:
            continue
        if request := _REQUEST.fullmatch(path):
            found.add((request[1].decode(), request[2].decode()))
        elif shared := _SHARED.fullmatch(path):
            found.add((shared[1].decode(), FOUNDATION))
        elif register := _REGISTER.fullmatch(path):
            site, old, new = register[1].decode(), _blocks(before.get(path, b"")), _blocks(content)
            found |= {(site, name) for name in new if new[name] != old.get(name)}
            found |= {(site, FOUNDATION)} if new != old else set()
    ordered = sorted(found, key=lambda each: (each[0], each[1] != FOUNDATION, each[1]))
    return tuple(f"{site}.{part}" for site, part in ordered if _TENANT.fullmatch(part))


def _blocks(register: bytes) -> Tree:
    found = parse(register, "addresses.yaml", most=LARGEST_FILE).values.get("tenants")
    return found if isinstance(found, dict) else {}
