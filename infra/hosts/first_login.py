"""``python -m infra.hosts.first_login SITE.TENANT``: wait until a tenant's servers have booted, and log in to each.

The bastion comes first: every other server is reached through it. Host keys come from the console logs, so no
connection is to a stranger; they are kept in ``known_hosts/<site>`` of Joliba's home.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.environment import project_root
from infra.errors import CloudError, JolibaError
from infra.fleet.stacks import StackName
from infra.hosts.collecting import collect, key_file
from infra.hosts.inventory import ALIVE, BASTION
from infra.hosts.known_hosts import from_consoles, known_hosts_file, learn
from infra.hosts.report.wording import problem_word
from infra.lab.guests.console import printable
from infra.model.contract import FOUNDATION
from infra.plan.cloud_config import AUTOMATION_USER
from infra.wording import language, say_in

NO_CONNECTION = 255
"""The exit code of ssh that reached nobody, or was let in by nobody."""
BOOT = 900.0
"""Seconds that a server may take from its creation to a login; under software emulation on a busy machine, minutes."""
WHAT = "hostname; . /etc/os-release; echo $PRETTY_NAME; uname -r; sudo -n id -un"
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Login:
    """The way to a server: with one key, to a host key that is known, through the bastion unless it is the bastion."""

    address: str
    jump: str | None
    key: Path
    known_hosts: Path

    def command(self) -> list[str]:
        """The ssh command line, for a remote command to be added."""
        options = [
            "-F", "none", "-i", str(self.key), "-o", f"UserKnownHostsFile={self.known_hosts}",
            "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes",
            "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", *ALIVE,
        ]  # fmt: skip
        if self.jump:
            proxy = shlex.join(["ssh", *options, "-W", "[%h]:%p", f"{AUTOMATION_USER}@{self.jump}"])
            options += ["-o", f"ProxyCommand={proxy}"]
        return ["ssh", *options, f"{AUTOMATION_USER}@{self.address}"]

    def run(self, command: str, *, patience: float = BOOT) -> subprocess.CompletedProcess[str]:
        """Run a shell command there, trying again for ``patience`` seconds while nobody lets us in."""
        end = time.monotonic() + patience
        while True:
            done = subprocess.run(
                [*self.command(), command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                timeout=BOOT, check=False,
            )  # fmt: skip
            if done.returncode != NO_CONNECTION or time.monotonic() > end:
                return done
            time.sleep(3)


def log_in(tenant: StackName, progress: Progress) -> None:
    """Log in to every server of a tenant and tell what it is.

    Raises:
        JolibaError: the tenant is not built, or an earlier release's foundation does not tell the bastion's server.
        CloudError: a server has not announced its host keys, or did not let us in.
    """
    found = collect(project_root(), [f"{tenant.site}.{FOUNDATION}.{BASTION}", str(tenant)])
    hosts = sorted(found.hosts, key=lambda host: (host.jump is not None, host.name))  # the bastion is the way to others
    if any(host.server_id is None for host in hosts):
        raise JolibaError("\n".join(found.notes))
    progress(f"waiting until {len(hosts)} servers have announced their host keys")
    if unknown := learn(hosts, from_consoles, patience=BOOT):
        lines = [
            say_in(language(), "{stack}: {reason}", stack=name, reason=problem_word(why, language()))
            for name, why in unknown.items()
        ]
        raise CloudError("\n".join(lines))
    for host in hosts:
        way = Login(
            address=host.address, jump=host.jump, key=key_file(host.site), known_hosts=known_hosts_file(host.site)
        )
        done = way.run(WHAT)
        if done.returncode:
            raise CloudError(f"{host.name} ({host.address}) does not let us in: {printable(done.stderr).strip()}")
        told = ", ".join(printable(done.stdout).split("\n")).strip(", ")
        progress(f"{host.name} ({host.address}): {told}")
        progress(f"  {shlex.join(way.command())}")


def main(arguments: list[str]) -> int:
    """Do it, and say so."""
    os.umask(0o077)
    try:
        log_in(StackName.parse(arguments[0]), lambda text: print(text, flush=True))
    except JolibaError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
