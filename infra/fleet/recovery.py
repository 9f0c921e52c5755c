"""What a killed or cut-off run left: found out from the state and from the run's own journal, and put in order.

Pulumi notes each operation before it begins (a *pending operation*). After a kill nobody knows whether a pending
create reached the cloud; Pulumi only warns, and would create it a second time. A create whose answer was lost, since
the cloud went away, is not even noted. Both go into a journal here; before the next run, what such a create has left in
the cloud is removed, and the run then creates it anew.

A create that failed after the cloud had given an id (a server that ends in ERROR) is recorded as built, and Pulumi
would be content with it. It is in the journal too, and the next run replaces it.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.errors import CloudError
from infra.fleet import locks
from infra.fleet.backend import Backend
from infra.fleet.datacenter import Datacenter
from infra.fleet.running import run_folder
from infra.fleet.stacks import StackName
from infra.fleet.state import State, read

_FAILED = "initErrors"
_KEPT = ("urn", "type", "inputs", "provider")


@dataclass(frozen=True)
class Recovered:
    """What was put in order: ``removed`` from the cloud, and what ``broken`` resources (URNs) must be replaced."""

    removed: list[str]
    broken: list[str]


class Journal:
    """Creates of a stack of which it is not known whether they reached the cloud; survives any kill."""

    def __init__(self, stack: StackName) -> None:
        self.path = run_folder() / f"{stack}.creates.json"

    def entries(self) -> list[dict[str, Any]]:
        """Each with the resource's ``urn``, ``type``, ``inputs`` and ``provider``."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return list(found)

    def add(self, resources: list[dict[str, Any]]) -> None:
        """Note resources, each once."""
        if resources:
            known = {entry["urn"]: entry for entry in self.entries()}
            known |= {entry["urn"]: {key: entry.get(key) for key in _KEPT} for entry in resources}
            self.replace(list(known.values()))

    def replace(self, entries: list[dict[str, Any]]) -> None:
        """Note these and no others."""
        if entries:
            write(self.path, json.dumps(entries))
        else:
            self.path.unlink(missing_ok=True)


def recover(stack: StackName, datacenter: Datacenter) -> Recovered | None:
    """Put in order what an earlier run left. Cheap when there is nothing: one look at the state.

    Killed half-way, the next call does the rest: the journal is written before the state forgets.

    Args:
        stack: the stack; nobody else may be at work on it (see `locks.claimed`).
        datacenter: where it is; its cloud is only asked if needed.

    Returns:
        What was done and is to be done; None if no run was interrupted.

    Raises:
        CloudError: another process is at work on the stack, or the cloud does not answer.
    """
    backend = datacenter.backend
    state = read(stack, backend)
    if state is None:
        return None
    journal = Journal(stack)
    interrupted = bool(state.pending) and _note_pending(stack, backend, journal)
    if interrupted:
        state = read(stack, backend) or State({})
    entries = journal.entries()
    if not entries:
        return Recovered([], []) if interrupted else None
    removed = _remove_leftovers(entries, state, datacenter)
    failed = {entry["urn"] for entry in state.resources if entry.get(_FAILED) and not entry.get("protect")}
    broken = [entry for entry in entries if entry["urn"] in failed]
    journal.replace(broken)  # until a run has replaced them
    return Recovered(removed, [entry["urn"] for entry in broken])


def _remove_leftovers(entries: list[dict[str, Any]], state: State, datacenter: Datacenter) -> list[str]:
    from infra.fleet import leftovers  # noqa: PLC0415  needs the SDK, whose import takes a second

    return datacenter.ask(lambda cloud: leftovers.remove(cloud, entries, state))


def _note_pending(stack: StackName, backend: Backend, journal: Journal) -> bool:
    """Move pending operations from the state to the journal. Pulumi takes its lock to write the state.

    Returns:
        Whether there were any: a run that was still alive may have ended well meanwhile.
    """
    before = journal.entries()
    with tempfile.TemporaryDirectory(dir=run_folder(), prefix=f"{stack}-") as folder:
        exported = Path(folder, "state.json")
        while True:
            plain = json.loads(backend.pulumi("stack", "export", stack=stack))
            pending = plain["deployment"].pop("pending_operations", None)
            if not pending:
                return False
            journal.add([entry["resource"] for entry in pending if entry["type"] == "creating"])
            write(exported, json.dumps(plain))
            try:
                backend.pulumi("stack", "import", "--file", str(exported), stack=stack)
            except CloudError as error:
                journal.replace(before)  # they are still where they were
                if locks.LOCKED not in str(error):
                    raise
                locks.release(locks.LockedError(stack, str(error)), stack, backend)
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
