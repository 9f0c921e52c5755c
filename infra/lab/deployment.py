"""The folder of one lab, and the ports and secrets that belong to it.

::

    <lab>/clouds.yaml      0600, the cloud administrator's entry ``lab``
    <lab>/secrets.json     0600, passwords and keys, random, kept by a reset
    <lab>/ports.json       the port of each service, kept by a reset
    <lab>/state/           Pulumi's state of the stacks on this lab
    <lab>/etc/             configuration, written at each start
    <lab>/data/            databases, images, objects: what a reset puts back to the golden copy
    <lab>/log/             one file a service
    <lab>/run/             the supervisor's lock and the table of its processes
"""

import base64
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.lab.catalogue import HOST


def write_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a whole file or nothing: a kill in between leaves the former one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one if there is no such file."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


@dataclass(frozen=True)
class Deployment:
    """Where one lab keeps its things, and the services' environment it runs from."""

    folder: Path
    environment: Path
    """The virtual environment that holds the services."""

    @property
    def configuration(self) -> Path:
        """The services' configuration files."""
        return self.folder / "etc"

    @property
    def data(self) -> Path:
        """What the services store."""
        return self.folder / "data"

    @property
    def logs(self) -> Path:
        """The services' logs."""
        return self.folder / "log"

    @property
    def run(self) -> Path:
        """Lock and table of processes."""
        return self.folder / "run"

    @property
    def temporary(self) -> Path:
        """The services' ``TMPDIR``, empty at each start: neutron's files there have names that others can guess."""
        return self.run / "tmp"

    @property
    def clouds_file(self) -> Path:
        """The lab's own ``clouds.yaml``."""
        return self.folder / "clouds.yaml"

    @property
    def ports_file(self) -> Path:
        """The port of each listener."""
        return self.folder / "ports.json"

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Passwords and keys of this lab, drawn when first asked for."""
        path = self.folder / "secrets.json"
        known = {name: str(value) for name, value in read_json(path).items()}
        drawn = {
            "admin_password": secrets.token_urlsafe(24),
            "service_password": secrets.token_urlsafe(24),
            "barbican_key": base64.b64encode(secrets.token_bytes(32)).decode(),
            "cinder_key": secrets.token_hex(32),
            "swift_hash": secrets.token_hex(16),
        }
        if missing := drawn.keys() - known.keys():
            known |= {name: drawn[name] for name in missing}
            write_file(path, json.dumps(known, indent=1))
        return known

    def ports(self) -> dict[str, int]:
        """The port of each listener that has one already."""
        return {name: int(port) for name, port in read_json(self.ports_file).items()}

    def url(self, name: str) -> str:
        """The address of one listener, without path."""
        return f"http://{HOST}:{self.ports()[name]}"

    def database(self, name: str) -> str:
        """The SQLAlchemy address of one database."""
        return f"sqlite:///{self.data}/db/{name}.sqlite"
