"""One site as the fleet reaches it: its file, the backend of its stacks, its cloud."""

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from infra.environment import LAB_CLOUD, lab_folder, project_root
from infra.errors import CloudError, RefusedError
from infra.fleet.backend import Backend
from infra.model.site import Site

if TYPE_CHECKING:
    from openstack.connection import Connection

Answer = TypeVar("Answer")
_PATIENCE = 5.0  # seconds until a cloud that does not answer is called gone


@dataclass(frozen=True)
class Datacenter:
    """A site with what the fleet needs to work on it."""

    site: Site
    backend: Backend

    @classmethod
    def open(cls, name: str) -> "Datacenter":
        """Read a site's file.

        Raises:
            JolibaError: there is no such site.
            RefusedError: its file cannot be used.
        """
        from infra.intake.findings import language  # noqa: PLC0415  with all that reads and checks YAML
        from infra.intake.inventory import read_site  # noqa: PLC0415

        inventory = read_site(project_root(), name, only=[])
        if inventory.site is None:
            told = "\n".join(f"{finding.place}: {finding.text(language())}" for finding in inventory.findings)
            raise RefusedError(f"the site {name} cannot be used:\n{told}")
        return cls(inventory.site, Backend.of(inventory.site))

    def verify(self) -> None:
        """See that the cloud answers, cheaply (without the SDK, whose import alone takes a second).

        Raises:
            CloudError: it does not; for a lab the message says how to start it.
        """
        url = self._auth_url()
        if url is None:
            return  # an entry that only names a vendor's profile: the SDK knows the address, we do not
        try:
            with urllib.request.urlopen(url, timeout=_PATIENCE):  # noqa: S310  the user's own clouds.yaml names it
                return
        except urllib.error.HTTPError:
            return  # any answer is one
        except (OSError, ValueError) as error:
            if self.site.cloud == LAB_CLOUD:
                raise CloudError(self._how_to_start()) from None
            raise CloudError(f"the cloud of {self.site.name} does not answer at {url}: {error}") from None

    def connect(self) -> "Connection":
        """The cloud administrator's connection; one for each thread. See `ask`, which tells its failures well."""
        import openstack  # noqa: PLC0415  takes a second, which most commands need not spend

        from infra.lab import Lab  # noqa: PLC0415  together with it

        if self.site.cloud == LAB_CLOUD:
            return openstack.connect(**Lab(self.site.name).cloud())
        return openstack.connect(cloud=self.site.cloud, region_name=self.site.region)

    def ask(self, question: Callable[["Connection"], Answer]) -> Answer:
        """Do something with the cloud administrator's connection, which is closed afterwards: a fleet asks hundreds.

        Raises:
            CloudError: the cloud did not answer, or refused.
        """
        from keystoneauth1.exceptions import ClientException  # noqa: PLC0415  part of the SDK
        from openstack.exceptions import SDKException  # noqa: PLC0415  takes a second

        try:
            with self.connect() as cloud, closing(cloud.session):
                return question(cloud)
        except (SDKException, ClientException) as error:
            raise CloudError(f"the cloud of {self.site.name}: {error}") from error

    def _how_to_start(self) -> str:
        return f"the lab of {self.site.name} is not running: joliba lab start --site {self.site.name}"

    def _auth_url(self) -> str | None:
        """The address of the identity service that ``clouds.yaml`` gives.

        Raises:
            CloudError: there is no such entry.
        """
        files = list(_clouds_files(self.site.name, self.site.cloud))
        for path in files:
            try:
                plain = yaml.safe_load(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                continue
            entry: Any = ((plain or {}).get("clouds") or {}).get(self.site.cloud)
            if entry is not None:
                found = (entry.get("auth") or {}).get("auth_url")
                return str(found) if found else None
        if self.site.cloud == LAB_CLOUD:
            raise CloudError(self._how_to_start())
        looked = ", ".join(str(path) for path in files)
        raise CloudError(f"no entry {self.site.cloud!r}, the cloud of {self.site.name}, in any of {looked}")


def _clouds_files(site: str, cloud: str) -> Iterator[Path]:
    """Where an entry of ``clouds.yaml`` may stand, in the order of the SDK."""
    if cloud == LAB_CLOUD:
        yield lab_folder(site) / "clouds.yaml"
        return
    if named := os.environ.get("OS_CLIENT_CONFIG_FILE"):
        yield Path(named)
    configured = os.environ.get("XDG_CONFIG_HOME")
    yield project_root() / "clouds.yaml"
    yield Path(configured or Path.home() / ".config") / "openstack" / "clouds.yaml"
    yield Path("/etc/openstack/clouds.yaml")
