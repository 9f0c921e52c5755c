"""Where the stacks of one site live, and how ``pulumi`` is told."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.environment import project_root, site_variables, state_url, toolchain_variables
from infra.errors import CloudError, JolibaError
from infra.fleet.stacks import StackName
from infra.model.contract import PROJECT
from infra.model.site import Site

_FILES = ("OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE")


@dataclass(frozen=True)
class Backend:
    """The state of a site's stacks. ``cloud`` is the site's; ``state`` the backend its file names, if any."""

    site: str
    cloud: str
    state: str | None = None

    @classmethod
    def of(cls, site: Site) -> "Backend":
        """The backend that a site's file means."""
        return cls(site.name, site.cloud, site.state)

    @property
    def place(self) -> Path | None:
        """The folder of this machine that the backend is, if it is one."""
        url = state_url(self.site, self.cloud, self.state)
        return Path(url.removeprefix("file://").partition("?")[0]).expanduser() if url.startswith("file://") else None

    @property
    def folder(self) -> Path | None:
        """Where stacks' state files are, if the backend is a folder of this machine."""
        return self.place / ".pulumi" / "stacks" / PROJECT if self.place else None

    def variables(self) -> dict[str, str]:
        """The whole environment of a ``pulumi`` process.

        Without the caller's credentials: with ``OS_CLOUD`` set, a destroy, which runs no program, would work on that
        cloud. Which file holds the sites' credentials may be said.
        """
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("OS_") or name in _FILES}
        return {**inherited, **toolchain_variables(), **site_variables(self.site, self.cloud, self.state)}

    def pulumi(self, *arguments: str, stack: StackName | None = None, given: str | None = None) -> str:
        """Run a short ``pulumi`` command and return what it printed.

        Args:
            arguments: as on a command line.
            stack: the stack it is about.
            given: its standard input; secrets go this way, never as an argument.

        Raises:
            CloudError: it failed; the message is its own.
        """
        command = ["pulumi", *arguments, "--non-interactive", *(["--stack", stack.qualified] if stack else [])]
        try:
            done = subprocess.run(
                command,
                cwd=project_root(),
                env=self.variables(),
                input=given if given is not None else "",
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise JolibaError("pulumi is not installed: run scripts/setup") from None
        if done.returncode:
            about = f"{stack}: " if stack else ""
            raise CloudError(f"{about}pulumi {arguments[0]}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def stacks(self) -> list[StackName]:
        """Every stack of the site that exists, prepared or built."""
        folder = self.folder
        if folder:
            names = {path.name.removesuffix(".gz").removesuffix(".json") for path in folder.glob("*.json*")
                     if path.name.endswith((".json", ".json.gz"))}  # fmt: skip
        else:
            listed = json.loads(self.pulumi("stack", "ls", "--json"))
            names = {entry["name"].rpartition("/")[2] for entry in listed}
        return sorted(StackName.parse(name) for name in names if name.startswith(f"{self.site}."))
