"""The vendor's own releases of Pulumi's CLI and OpenStack plugin, where the vendor's sites answer.

An archive is believed only if its SHA-256 is the one in ``scripts/toolchain/releases.json``; where that file has none
for this kind of machine, the one in the checksums that the vendor publishes beside the archive.
"""

import hashlib
import http.client
import json
import tarfile
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from infra.errors import JolibaError
from infra.toolchain import pins, versions

LIST = pins.SOURCES / "releases.json"
PATIENCE = 3  # seconds until a site counts as out of reach
STALL = 60  # seconds without a byte until a download has failed


class UnavailableError(JolibaError):
    """The vendor's archive, or the sum that it must have, cannot be had; a wrong sum is another matter."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One archive of the vendor for one kind of machine."""

    name: str
    archive: str
    """Its address."""
    checksums: str
    """The address of the vendor's list of SHA-256 sums."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """Pinned sums by kind of machine (``linux-amd64``)."""

    @classmethod
    def read(cls, name: str) -> Self:
        """The release of this name in ``releases.json``, with the pinned versions filled in."""
        system, architecture = pins.machine()
        values = {"os": system, "arch": architecture, "cpu": {"amd64": "x64"}.get(architecture, architecture)}
        entry = json.loads(LIST.read_text())[name]
        values["version"] = {"pulumi": versions.PULUMI, "provider": versions.OPENSTACK}[name]
        return cls(
            name=name,
            archive=entry["archive"].format(**values),
            checksums=entry["checksums"].format(**values),
            sha256=entry["sha256"],
        )

    def answers(self) -> bool:
        """Whether the vendor's site has the archive and answers soon."""
        question = urllib.request.Request(self.archive, method="HEAD")  # noqa: S310 - an address from our own list
        try:
            with urllib.request.urlopen(question, timeout=PATIENCE):  # noqa: S310
                return True
        except (OSError, http.client.HTTPException):
            return False

    def expected(self) -> str:
        """The sum that the archive must have.

        Raises:
            UnavailableError: neither our list nor the vendor's has one.
        """
        if pinned := self.sha256.get("-".join(pins.machine())):
            return pinned
        file = self.archive.rpartition("/")[2]
        lines = (line.split() for line in fetch(self.checksums).decode(errors="replace").splitlines())
        sums = [words[0] for words in lines if len(words) == 2 and words[1].lstrip("*") == file]  # noqa: PLR2004
        if len(sums) != 1:
            raise UnavailableError(f"{self.checksums} has no sum for {file}")
        return sums[0]

    def unpack(self, folder: Path) -> None:
        """Download, check, and only then unpack into `folder`.

        Raises:
            UnavailableError: a site fails; nothing has been unpacked.
            JolibaError: the sum is another; nothing has been unpacked.
        """
        expected, content = self.expected(), fetch(self.archive)
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise JolibaError(
                f"{self.archive} has the SHA-256 {found}, not {expected}: refused, and nothing was installed. It was "
                "changed on its way or at its site; JOLIBA_TOOLCHAIN=build builds the same version from its Go modules"
            )
        with tempfile.TemporaryFile() as archive:
            archive.write(content)
            archive.seek(0)
            with tarfile.open(fileobj=archive, mode="r:gz") as members:
                members.extractall(folder, filter="data")


def fetch(address: str) -> bytes:
    """All that is at an address.

    Raises:
        UnavailableError: it is not there, or the connection ends early.
    """
    try:
        with urllib.request.urlopen(address, timeout=STALL) as answer:  # noqa: S310 - an address from our own list
            content: bytes = answer.read()
            return content
    except (OSError, http.client.HTTPException) as failure:
        raise UnavailableError(f"{address} cannot be had: {failure}") from failure
