"""Whether something in the cloud was made by an interrupted create of this stack: proven, or left to a person.

A name proves nothing: after a lost state, or with a second engineer, the thing of that name is alive and in use. What
counts is that it says what the create would have made it say (description, tags, metadata), that it stands in
something of this stack, and that it is no older than the interrupted run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_CLOCKS = 5.0  # seconds by which the clocks of this machine and of the cloud may differ
_MARKS = ("description", "tags", "metadata")
_STANDS_IN = (
    "instanceId",
    "loadbalancerId",
    "poolId",
    "qosPolicyId",
    "routerId",
    "securityGroupId",
    "targetProjectId",
    "zoneId",
)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """An interrupted create.

    ``inputs`` as the program gave them, with the provider's names; ``project`` and ``user``: ids; ``since`` the start
    of the run in seconds since 1970, None if nobody knows; ``own``: the ids of what the stack's state holds.
    """

    inputs: Mapping[str, Any]
    project: str
    user: str
    since: float | None
    own: frozenset[str] = field(default_factory=frozenset)

    def text(self, key: str) -> str:
        """An input that is a text; empty if it is not there."""
        found = self.inputs.get(key)
        return found if isinstance(found, str) else ""

    @property
    def stands_in_own(self) -> bool:
        """Whether the create was for the inside of something that this stack made: its project, router, zone..."""
        return not self.own.isdisjoint({self.project, *(self.text(key) for key in _STANDS_IN)} - {""})


def is_proven(found: Any, trace: Trace, *, dated: bool = False) -> bool:  # noqa: ANN401  any of the SDK's resources
    """Whether something was certainly made by that create.

    What the API dates must be of the run's time, and carry a declared mark or stand in something of the stack (tags
    are often set in a second request, which a kill may have cut off). What it does not date must carry a mark, or
    stand in something of the stack and have none to carry. With ``dated`` the date alone is enough: for kinds that can
    carry no mark, of things that nobody uses.
    """
    created, wanted = made_at(found), dict(_declared(trace))
    if created is not None and (trace.since is None or created < trace.since - _CLOCKS):
        return False
    verdicts = [_carries(getattr(found, mark, None), value) for mark, value in wanted.items()]
    if False in verdicts:
        return False
    return (
        True in verdicts
        or (dated and created is not None)
        or (trace.stands_in_own and (created is not None or not wanted))
    )


def made_at(found: Any) -> float | None:  # noqa: ANN401  any of the SDK's resources
    """When the cloud made something, in seconds since 1970; None if its API does not say."""
    said = getattr(found, "created_at", None)
    if not said:
        return None
    try:
        when = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _declared(trace: Trace) -> Iterator[tuple[str, Any]]:
    for mark in _MARKS:
        if value := trace.inputs.get(mark):
            yield mark, value


def _carries(has: Any, wanted: Any) -> bool | None:  # noqa: ANN401  texts, lists, maps
    """Whether a mark is there (True), another is (False), or none yet (None)."""
    if not has:
        return None
    if isinstance(wanted, Mapping):
        return isinstance(has, Mapping) and wanted.items() <= has.items()
    return set(has) == set(wanted) if isinstance(wanted, list) else bool(has == wanted)
