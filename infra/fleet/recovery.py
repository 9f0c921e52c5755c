"""What a killed or cut-off run left: found out from the state and from the run's own journal, and put in order.

Pulumi notes each operation before it begins (a *pending operation*). After a kill nobody knows whether a pending
create reached the cloud; Pulumi only warns, and would create it a second time. A create whose answer was lost, at a
proxy or since the cloud went away, is not even noted. Both go into a journal here, with the time since when the run was
at work; before the next run, what such a create has provably left in the cloud is removed, and the run then creates it
anew. A create that the cloud refused is not in the journal: what bears its name is somebody's.

A create that failed after the cloud had given an id (a server that ends in ERROR) is recorded as built, and Pulumi
would be content with it. It is in the journal too, and the next run replaces it; nothing is searched for it.

Joliba may be killed and its run go on to the end. What would have been noted then is found in the state and in the
folder with the run's events, which nobody has removed.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.errors import CloudError
from infra.fleet import locks
from infra.fleet.backend import Backend
from infra.fleet.datacenter import Datacenter
from infra.fleet.events import Outcome, Status, Tally
from infra.fleet.running import events, left_folders, run_folder
from infra.fleet.stacks import StackName
from infra.fleet.state import State, read

if TYPE_CHECKING:
    from infra.fleet.leftovers import Leftovers

_FAILED = "initErrors"
_KEPT = ("urn", "type", "inputs", "provider")
_SLACK = 1.0  # seconds: Pulumi's lock says whole ones


@dataclass(frozen=True)
class Recovered:
    """What was put in order.

    ``removed`` from the cloud; ``left`` there, since it may be somebody's; ``broken``: URNs of what must be replaced.
    """

    removed: list[str]
    left: list[str]
    broken: list[str]

    def notes(self) -> list[str]:
        """For people."""
        told = []
        if self.removed:
            told.append(f"an earlier run was interrupted; removed what it had left: {', '.join(self.removed)}")
        if self.left:
            told.append(f"an earlier run was interrupted; left, as it may be somebody's: {', '.join(self.left)}")
        return told


class Journal:
    """Creates of a stack of which it is not known whether they reached the cloud; survives any kill."""

    def __init__(self, stack: StackName) -> None:
        self.path = run_folder() / f"{stack}.creates.json"
        self._begun = run_folder() / f"{stack}.begun"
        self._unseen = run_folder() / f"{stack}.unseen"

    def entries(self) -> list[dict[str, Any]]:
        """Each with the resource's ``urn``, ``type``, ``inputs``, ``provider``, and ``since``: see `begin`."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return list(found)

    def add(self, resources: list[dict[str, Any]]) -> None:
        """Note resources, each once."""
        if resources:
            known = {entry["urn"]: entry for entry in self.entries()}
            since = self.since
            known |= {e["urn"]: {**{key: e.get(key) for key in _KEPT}, "since": since} for e in resources}
            self.replace(list(known.values()))

    def begin(self, since: float) -> None:
        """Note that a run has been at work since then (seconds since 1970), unless an unfinished one is noted."""
        if self.since is None:
            write(self._begun, repr(since))

    def end(self) -> None:
        """Note that the run has ended by itself: what it left unknown is in the journal."""
        self._begun.unlink(missing_ok=True)

    @property
    def owes_refresh(self) -> bool:
        """Whether the state has not been compared with the cloud since a run was interrupted."""
        return self._unseen.exists()

    def owe_refresh(self) -> None:
        """Note that nobody knows how far a run's updates and deletions came."""
        write(self._unseen, "")

    def settle(self) -> None:
        """Note that a run was well from start to end: nothing is unknown."""
        self.replace([])
        self._unseen.unlink(missing_ok=True)

    @property
    def since(self) -> float | None:
        """Since when a run is noted that nobody has seen end."""
        try:
            return float(self._begun.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def replace(self, entries: list[dict[str, Any]]) -> None:
        """Note these and no others."""
        if entries:
            write(self.path, json.dumps(entries))
        else:
            self.path.unlink(missing_ok=True)


def recover(stack: StackName, datacenter: Datacenter, waiting: locks.Waiting) -> Recovered | None:
    """Put in order what an earlier run left. Cheap when there is nothing: one look at the state.

    Killed half-way, the next call does the rest: the journal is written before the state forgets.

    Args:
        stack: the stack; nobody else may be at work on it (see `locks.claimed`).
        datacenter: where it is; its cloud is only asked if needed.
        waiting: called while a run is awaited whose Joliba was killed.

    Returns:
        What was done and is to be done; None if no run was interrupted.

    Raises:
        CloudError: another process is at work on the stack, or the cloud does not answer.
    """
    backend = datacenter.backend
    locks.await_left_over(stack, waiting)
    state = read(stack, backend)
    if state is None:
        return None
    journal = Journal(stack)
    _note_left_run(stack, journal)
    if state.pending and _note_pending(stack, backend, journal, waiting):
        state = read(stack, backend) or State({})
    journal.add(_half_made(state, journal.since))
    entries = journal.entries()
    if not entries:
        journal.end()  # a run that was killed with nothing under way
        return Recovered([], [], []) if journal.owes_refresh else None
    failed = {entry["urn"] for entry in state.resources if entry.get(_FAILED)}
    unknown = [entry for entry in entries if entry["urn"] not in failed]
    done = _remove_leftovers(unknown, state, datacenter) if unknown else None
    kept = {entry["urn"] for entry in state.resources if entry.get("protect")}
    broken = [entry for entry in entries if entry["urn"] in failed - kept]
    journal.replace(broken)  # until a run has replaced them
    journal.end()
    return Recovered(
        removed=done.removed if done else [], left=done.left if done else [], broken=[entry["urn"] for entry in broken]
    )


def is_unfinished(stack: StackName, backend: Backend) -> bool:
    """Whether an earlier run left something to put in order, which `recover` does."""
    state, journal = read(stack, backend), Journal(stack)
    return bool((state and state.pending) or journal.entries() or journal.owes_refresh or left_folders(stack))


def note_run(outcome: Outcome, tally: Tally, backend: Backend) -> None:
    """Keep of a run that has ended what the next one needs: creates without an answer, or half done.

    After a second Ctrl-C Pulumi ends with operations pending. Since when it was at work stays noted then: without it
    nothing is proven of what they left.
    """
    journal = Journal(outcome.stack)
    if outcome.status is Status.OK:
        journal.settle()
        journal.end()
        return
    journal.add(tally.lost_creates())
    state = read(outcome.stack, backend) or State({})
    broken = {entry["urn"] for entry in state.resources if entry.get(_FAILED)}
    journal.add([entry for entry in tally.failed_creates if entry["urn"] in broken])
    if not state.pending:
        journal.end()


def _remove_leftovers(entries: list[dict[str, Any]], state: State, datacenter: Datacenter) -> "Leftovers":
    from infra.fleet import leftovers  # noqa: PLC0415  needs the SDK, whose import takes a second

    return datacenter.ask(lambda cloud: leftovers.remove(cloud, entries, state))


def _note_left_run(stack: StackName, journal: Journal) -> None:
    """Note what a run said whose Joliba did not live to hear it."""
    for folder in left_folders(stack):
        tally = Tally()
        for event in events(folder):
            tally.feed(event)
        journal.add(tally.lost_creates())
        shutil.rmtree(folder)


def _half_made(state: State, since: float | None) -> list[dict[str, Any]]:
    """The creates of a run, noted since then, that failed after the cloud had given an id; no failed update."""
    broken = [entry for entry in state.resources if entry.get(_FAILED) and entry.get("created")]
    return [e for e in broken if since and datetime.fromisoformat(e["created"]).timestamp() >= since - _SLACK]


def _note_pending(stack: StackName, backend: Backend, journal: Journal, waiting: locks.Waiting) -> bool:
    """Move pending operations from the state to the journal. Pulumi takes its lock to write the state.

    It does not hold it since the state was read: a run that ended in between would be forgotten, with all it built. So
    one whose Joliba was killed is awaited first.

    Returns:
        Whether there were any: a run that was still alive may have ended well meanwhile.
    """
    before = journal.entries()
    with tempfile.TemporaryDirectory(dir=run_folder(), prefix=f"{stack}-") as folder:
        exported = Path(folder, "state.json")
        while True:
            locks.await_left_over(stack, waiting)
            plain = json.loads(backend.pulumi("stack", "export", stack=stack))
            pending = plain["deployment"].pop("pending_operations", None)
            if not pending:
                return False
            journal.add([entry["resource"] for entry in pending if entry["type"] == "creating"])
            write(exported, json.dumps(plain))
            journal.owe_refresh()
            try:
                backend.pulumi("stack", "import", "--file", str(exported), stack=stack)
            except CloudError as error:
                journal.replace(before)  # they are still where they were
                if locks.LOCKED not in str(error):
                    raise
                if found := locks.holders(str(error)):
                    journal.begin(min(holder.since for holder in found) - _SLACK)  # a run by hand noted nothing
                locks.release(locks.LockedError(stack, str(error)), stack, backend, waiting)
            else:
                return True


def write(path: Path, text: str) -> None:
    """Replace a 0600 file as a whole: a killed write leaves the old one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).replace(path)
