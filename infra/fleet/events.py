"""What Pulumi's engine says while it works, made into progress and a summary. Pure: events in, plain values out."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from infra.fleet.stacks import StackName
from infra.fleet.state import STACK_TYPE

CHANGES = {"create": "created", "import": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
"""The engine's word for a step, and ours for what it did. Other words are parts of these, or change nothing."""
PARTS_OF_A_REPLACEMENT = {"create-replacement", "delete-replaced"}
CREATING = {"create", "create-replacement"}
_PROVIDER_PREFIX = re.compile(r"^\s*sdk-v2/provider2?\.go:\d+: sdk\.helper_schema: ")
_PROVIDER_SUFFIX = re.compile(r": provider=\S+$")
_NOISE = re.compile(
    r"^(an unhandled error occurred: .*|(update|preview|destroy|refresh) failed|resource .* failed)$", re.DOTALL
)
_GONE = re.compile(
    r"connection refused|connection reset|no route to host|network is unreachable|i/o timeout|\bEOF\b|no such host"
    r"|context deadline exceeded|Client\.Timeout|Service Unavailable|Bad Gateway|Gateway Time|server closed",
    re.IGNORECASE,
)
_ANSWERED = re.compile(r"but got (\d{3}) instead")  # the service's code; what follows is its answer, which may quote
_TIMED_OUT = "408"  # of the codes that refuse, the one that does not: the request may go on
_PROTECTED = re.compile(r'resource "?(urn:[^"\s]+)"? cannot be (?:deleted|replaced)')
_URL = re.compile(r"https?://[^\s\"'\\/]+")
SERVICES = {
    "blockstorage": "block storage (Cinder)",
    "compute": "compute (Nova)",
    "dns": "DNS (Designate)",
    "identity": "identity (Keystone)",
    "images": "images (Glance)",
    "keymanager": "key manager (Barbican)",
    "loadbalancer": "load balancers (Octavia)",
    "networking": "network (Neutron)",
    "objectstorage": "object store (Swift)",
}


class Status(StrEnum):
    """How a stack's run ended.

    BLOCKED: not begun, since what it needs failed; SKIPPED: nothing was to be done; REFUSED: data would be lost.
    """

    OK = "ok"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    REFUSED = "refused"


@dataclass(frozen=True)
class Change:
    """One resource that is, or would be, changed. ``properties`` are the ones that differ."""

    action: str
    type: str
    name: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run of one stack did.

    ``counts``: created, updated, replaced, deleted, same. ``protected``: URNs of what a refused run would lose.
    """

    stack: StackName
    status: Status
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    seconds: float = 0.0
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything differs from what was there."""
        return any(self.counts.get(name) for name in CHANGES.values())

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            **asdict(self),
            "stack": str(self.stack),
            "seconds": round(self.seconds, 1),
            "counts": dict(self.counts),
        }


@dataclass
class Tally:
    """Counts events as they come.

    ``running``: names of what is being changed now, by resource. ``awaited``: the process of an earlier run that must
    end first.
    """

    running: dict[str, str] = field(default_factory=dict)
    done: int = 0
    changes: dict[str, Change] = field(default_factory=dict)
    finished: Counter[str] = field(default_factory=Counter)
    failed_creates: list[dict[str, Any]] = field(default_factory=list)
    protected: set[str] = field(default_factory=set)
    ended: bool = False
    awaited: int | None = None
    _summary: Mapping[str, int] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)
    _warnings: dict[str, None] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def feed(self, event: Mapping[str, Any]) -> None:
        """Take in one event of the engine."""
        if step := event.get("resourcePreEvent"):
            self._begin(step["metadata"])
        elif step := event.get("resOutputsEvent"):
            self._finish(step["metadata"])
        elif step := event.get("resOpFailedEvent"):
            self._fail(step["metadata"])
        elif said := event.get("diagnosticEvent"):
            self._listen(said)
        elif summary := event.get("summaryEvent"):
            self._summary = summary.get("resourceChanges") or {}
            self.ended = True

    def _begin(self, step: Mapping[str, Any]) -> None:
        operation, urn = step["op"], step["urn"]
        if operation in CHANGES and step["type"] != STACK_TYPE:
            differing = sorted({path.partition(".")[0].partition("[")[0] for path in step.get("detailedDiff") or ()})
            self.changes[urn] = Change(operation, step["type"], _name(urn), tuple(differing))
        if step.get("provider") and (operation in CHANGES or operation in PARTS_OF_A_REPLACEMENT):  # no component
            self.running[urn] = _name(urn)

    def _finish(self, step: Mapping[str, Any]) -> None:
        operation, urn = step["op"], step["urn"]
        self.running.pop(urn, None)
        if (operation, urn) not in self._seen and operation not in PARTS_OF_A_REPLACEMENT:
            self._seen.add((operation, urn))
            self.done += 1
            self.finished[operation] += 1

    def _fail(self, step: Mapping[str, Any]) -> None:
        self.running.pop(step["urn"], None)
        if step["op"] in CREATING:
            self.failed_creates.append({**(step.get("new") or {}), "provider": step.get("provider", "")})

    def _listen(self, said: Mapping[str, Any]) -> None:
        message = _PROVIDER_SUFFIX.sub("", _PROVIDER_PREFIX.sub("", said.get("message", "").strip()))
        urn = said.get("urn") or ""
        if said.get("severity") == "warning" and message:
            self._warnings.setdefault(f"{_name(urn)}: {message}" if urn and STACK_TYPE not in urn else message)
        if said.get("severity") != "error":
            return
        self.protected.update(_PROTECTED.findall(message))
        if _is_refusal(message):
            self._refused.add(urn)
        if message and not _NOISE.match(message):
            key = urn if urn and STACK_TYPE not in urn else message
            self._errors.setdefault(key, f"{_name(urn)}: {message}" if key == urn else message)

    def lost_creates(self) -> list[dict[str, Any]]:
        """The failed creates that may have reached the cloud: all but those that it certainly refused.

        Answers are lost in more ways than can be listed: at a proxy, in a service that fails after it began, in a
        connection that breaks.
        """
        return [create for create in self.failed_creates if create.get("urn") not in self._refused]

    def counts(self) -> dict[str, int]:
        """How many resources were created, updated, replaced, deleted, left the same."""
        found = self._summary or self.finished
        counted = dict.fromkeys(["created", "updated", "replaced", "deleted", "same"], 0)
        for operation, number in found.items():
            word = CHANGES.get(operation, operation)
            if word in counted:
                counted[word] += number
        return counted

    def errors(self) -> tuple[str, ...]:
        """What went wrong, a message a resource; what means that a service is gone, said as that, comes first."""
        gone = {said for urn, message in self._errors.items() if (said := _gone(urn, message))}
        others = [message for urn, message in self._errors.items() if not _gone(urn, message)]
        return (*sorted(gone), *others)

    def warnings(self) -> tuple[str, ...]:
        """What is worth knowing, each once."""
        return tuple(self._warnings)

    def cloud_is_gone(self) -> bool:
        """Whether something failed because a service did not answer."""
        return any(_gone(urn, message) for urn, message in self._errors.items())


def _gone(urn: str, message: str) -> str | None:
    """Which service did not answer; None if the message is about something else."""
    if _is_refusal(message) or not _GONE.search(message):
        return None
    kind = urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""  # noqa: PLR2004  a URN's parts
    module = kind.partition(":")[2].partition("/")[0]
    url = _URL.search(message)
    service = SERVICES.get(module, "the cloud")
    return f"{service} does not answer{f' at {url[0]}' if url else ''}"


def _is_refusal(message: str) -> bool:
    """Whether a service answered that it does not do what was asked."""
    code = _ANSWERED.search(message)
    return bool(code and code[1].startswith("4") and code[1] != _TIMED_OUT)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
