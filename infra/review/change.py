"""What a changed request comes to, one thing at a time, in the ministry's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NotRequired, TypedDict, Unpack

from infra.intake.findings import Finding, Path, Place
from infra.intake.inventory import Request
from infra.model.tenant import Tenant

NOTHING = "—"
"""Stands for what is not said."""


class Action(StrEnum):
    """What happens to a thing, the gravest first.

    ``rebuild`` makes a server anew and loses its system disk; ``change`` leaves the thing where it is.
    """

    DESTROY = "destroy"
    REBUILD = "rebuild"
    CHANGE = "change"
    CREATE = "create"


class Subject(StrEnum):
    """What it happens to. ``address`` is a public one, with its load balancer; ``published`` the name that leads there.

    ``block`` is the range that the register gave a network; ``terms`` all that the request only says: contacts,
    reason, review.
    """

    TENANT = "tenant"
    LIFECYCLE = "lifecycle"
    CLASSIFICATION = "classification"
    VOLUME = "volume"
    BUCKET = "bucket"
    SERVER = "server"
    NETWORK = "network"
    BLOCK = "block"
    ADDRESS = "address"
    PUBLISHED = "published"
    FLOW = "flow"
    EGRESS = "egress"
    GROUP = "group"
    TERMS = "terms"


class Kind(StrEnum):
    """What became of a tenant. ``unclear``: one of its two requests has errors, so that nobody can tell."""

    NEW = "new"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that happens when the new request is applied.

    ``code`` names its message: the text says what, its fix what that means. ``count`` is how many things it happens
    to, 0 if nothing moves in the cloud for now. ``path`` is the thing's in the request, ``place`` where it is written:
    in the new file, or in the old one (``formerly``) if it is gone. ``values`` fill the message too.
    """

    code: str
    action: Action
    subject: Subject
    name: str
    path: Path
    place: Place
    before: str | None = None
    after: str | None = None
    count: int = 1
    loses_data: bool = False
    formerly: bool = False
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> str:
        """How ``removes`` of a request names the thing: ``platforms.dossier.tiers.base.volumes.donnees``."""
        return ".".join(map(str, self.path))

    def text(self, lang: str) -> str:
        """What happens, in ``en`` or ``fr``, safe for a terminal."""
        return self._told.text(lang)

    def effect(self, lang: str) -> str:
        """What that means for the ministry, in ``en`` or ``fr``; may be empty."""
        return self._told.fix(lang)

    @property
    def _told(self) -> Finding:
        values = {
            "name": self.name,
            "before": self.before or NOTHING,
            "after": self.after or NOTHING,
            "count": str(self.count),
            **self.values,
        }
        return Finding(self.code, self.place, values)

    def as_dict(self, lang: str) -> dict[str, object]:
        """For machines."""
        return {
            "code": self.code,
            "action": self.action.value,
            "subject": self.subject.value,
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "count": self.count,
            "loses_data": self.loses_data,
            "file": self.place.file,
            "line": self.place.line,
            "path": self.place.path,
            "formerly": self.formerly,
            "text": self.text(lang),
            "effect": self.effect(lang),
        }


@dataclass(frozen=True, kw_only=True)
class TenantDifference:
    """What became of one tenant; its changes with lost data first, then the gravest."""

    tenant: str
    kind: Kind
    changes: tuple[Change, ...] = ()

    @property
    def loses_data(self) -> bool:
        """Whether data could be lost."""
        return any(change.loses_data for change in self.changes)

    def count(self, action: Action) -> int:
        """How many things that happens to."""
        return sum(change.count for change in self.changes if change.action is action)


class _More(TypedDict):
    before: NotRequired[str | None]
    after: NotRequired[str | None]
    count: NotRequired[int]
    loses_data: NotRequired[bool]
    values: NotRequired[Mapping[str, str]]


@dataclass(frozen=True)
class Pair:
    """The request of the tenant ``name`` before and after; at least one of them is there."""

    name: str
    before: Request | None
    after: Request | None

    @property
    def was(self) -> Tenant | None:
        """The tenant as it was."""
        return self.before.tenant if self.before else None

    @property
    def now(self) -> Tenant | None:
        """The tenant as it is to be."""
        return self.after.tenant if self.after else None

    def change(
        self, code: str, action: Action, subject: Subject, name: str, path: Path, **more: Unpack[_More]
    ) -> Change:
        """A change of the thing at ``path``."""
        place, formerly = self._place(path)
        return Change(
            code=code, action=action, subject=subject, name=name, path=path, place=place, formerly=formerly, **more
        )

    def _place(self, path: Path) -> tuple[Place, bool]:
        """Where a thing is written, and whether that is in the old file."""
        for request in (self.after, self.before):
            if request and (found := _written(request, path)):
                return found, request is self.before
        request = self.after or self.before
        return (nearest(request, path), request is self.before) if request else (Place(""), False)


def nearest(request: Request, path: Path) -> Place:
    """Where a thing is written in a request or, if it is not there, what is nearest around it."""
    around = path
    while around:
        if found := _written(request, around):
            return found
        around = around[:-1]
    origin = request.origins[("tenant",)]
    return Place(origin.file) if isinstance(origin, Place) else Place(request.file.name)


def _written(request: Request, path: Path) -> Place | None:
    """Where a thing or the first value in it is written: in the tenant's own file if it is there, else in defaults."""
    found = list(_places(request, path))
    own = request.origins[("tenant",)]
    in_own = [place for place in found if isinstance(own, Place) and place.file == own.file]
    return min(in_own or found, default=None)


def _places(request: Request, path: Path) -> Iterator[Place]:
    for inner in request.origins:
        if inner[: len(path)] == path and isinstance(origin := request.origins[inner], Place):
            yield origin
