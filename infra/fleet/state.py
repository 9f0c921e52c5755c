"""What a stack's state says: its resources, its contract, what a killed run left unfinished."""

import gzip
import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.errors import CloudError
from infra.fleet.backend import Backend
from infra.fleet.stacks import StackName
from infra.model.contract import CONTRACT

STACK_TYPE = "pulumi:pulumi:Stack"
PROJECT_TYPE = "openstack:identity/project:Project"
VOLUME_TYPE = "openstack:blockstorage/volume:Volume"
ROUTER_TYPE = "openstack:networking/router:Router"
BUCKET_TYPE = "openstack:objectstorage/container:Container"
DATA_TYPES = {VOLUME_TYPE: "volume", BUCKET_TYPE: "bucket"}
_GIB = 1024**3


@dataclass(frozen=True)
class Data:
    """Something that holds a tenant's data. ``size`` in GiB, None when it has no bound."""

    name: str
    kind: str
    size: int | None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" ({self.size} GiB)" if self.size else "")


@dataclass(frozen=True)
class State:
    """A stack's deployment, as ``pulumi stack export`` writes it (version 3)."""

    plain: Mapping[str, Any]

    @property
    def resources(self) -> list[dict[str, Any]]:
        """Everything that is recorded as built, the stack itself left out."""
        return [entry for entry in self.plain.get("resources") or [] if entry["type"] != STACK_TYPE]

    @property
    def pending(self) -> list[dict[str, Any]]:
        """Operations that a killed run began: ``{"resource": ..., "type": "creating"}``."""
        return self.plain.get("pending_operations") or []

    @property
    def updated(self) -> str:
        """When it was written last, ISO 8601; empty if never."""
        return str((self.plain.get("manifest") or {}).get("time") or "")

    @property
    def contract(self) -> dict[str, Any]:
        """The stack's output ``contract``; empty if it was never built."""
        for entry in self.plain.get("resources") or []:
            if entry["type"] == STACK_TYPE:
                found = (entry.get("outputs") or {}).get(CONTRACT)
                return found if isinstance(found, dict) else {}
        return {}

    @property
    def projects(self) -> list[str]:
        """Ids of the OpenStack projects that the stack made."""
        return [entry["id"] for entry in self.resources if entry["type"] == PROJECT_TYPE and entry.get("id")]

    @property
    def forgotten_gateways(self) -> dict[str, str]:
        """Ids, by URN, of routers with a gateway that the request no longer asks for.

        The provider leaves a gateway alone that is not asked for (its schema: optional and computed).
        """
        routers = [entry for entry in self.resources if entry["type"] == ROUTER_TYPE]
        asked, has = (
            {e["urn"] for e in routers if (e.get(side) or {}).get("externalNetworkId")}
            for side in ("inputs", "outputs")
        )
        return {entry["urn"]: entry["id"] for entry in routers if entry["urn"] in has - asked}

    def data(self, urns: Collection[str] | None = None) -> list[Data]:
        """What a destroy (or the removal of these ``urns``) would lose: volumes, buckets, all that is protected.

        Volumes and buckets count even when nothing protects them any more: a destroy that was killed after the
        protection was lifted must not make the next one careless.
        """
        return sorted(self._data(urns), key=lambda item: (item.kind, item.name))

    def _data(self, urns: Collection[str] | None) -> Iterator[Data]:
        for entry in self.resources:
            kind = DATA_TYPES.get(entry["type"])
            if (not kind and not entry.get("protect")) or (urns is not None and entry["urn"] not in urns):
                continue
            known = {**(entry.get("inputs") or {}), **(entry.get("outputs") or {})}
            name = known.get("name") or entry["urn"].rpartition("::")[2]
            yield Data(name=str(name), kind=kind or entry["type"].rpartition(":")[2], size=_size(kind, known))


def _size(kind: str | None, known: Mapping[str, Any]) -> int | None:
    if kind == "volume" and known.get("size"):
        return int(known["size"])
    metadata = known.get("metadata")
    quota = str(metadata.get("quota-bytes")) if isinstance(metadata, dict) else ""
    return int(quota) // _GIB if kind == "bucket" and quota.isdecimal() else None


def read(stack: StackName, backend: Backend) -> State | None:
    """A stack's state; None if there is no such stack.

    A state in a folder is read as the file it is: 300 stacks take a second, not the two minutes of 300 commands.

    Raises:
        CloudError: the backend does not answer, or the file is torn.
    """
    folder = backend.folder
    if folder is None:
        if stack not in backend.stacks():
            return None
        return State(json.loads(backend.pulumi("stack", "export", stack=stack)).get("deployment") or {})
    plain = _checkpoint(folder / f"{stack}.json")
    return None if plain is None else State((plain.get("checkpoint") or {}).get("latest") or {})


def _checkpoint(path: Path) -> dict[str, Any] | None:
    for candidate in (path, path.with_name(f"{path.name}.gz")):
        try:
            content = candidate.read_bytes()
        except FileNotFoundError:
            continue
        try:
            plain = json.loads(gzip.decompress(content) if candidate.suffix == ".gz" else content)
        except (ValueError, EOFError, OSError, zlib.error) as error:
            told = f"the state {candidate} cannot be read ({error}): put a backup in its place, such as {candidate}.bak"
            raise CloudError(told) from None
        return plain if isinstance(plain, dict) else None
    return None
