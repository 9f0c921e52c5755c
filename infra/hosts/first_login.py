"""``python -m infra.hosts.first_login SITE.TENANT``: wait until a tenant's servers have booted, and log in to each.

The bastion comes first: every other server is reached through it. Host keys come from the console logs, so no
connection is to a stranger; they are kept in ``known_hosts/<site>`` of Joliba's home.
"""

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from openstack.connection import Connection
from openstack.exceptions import NotFoundException

from infra import environment
from infra.errors import CloudError, JolibaError
from infra.fleet.datacenter import Datacenter
from infra.fleet.stacks import StackName
from infra.fleet.state import read
from infra.hosts.host_keys import host_keys
from infra.hosts.known_hosts import known_hosts_file, read_entries, write_entries
from infra.lab.guests.console import printable
from infra.model.contract import FOUNDATION, decode_foundation, decode_tenant
from infra.plan.cloud_config import AUTOMATION_USER

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
            "-o", "BatchMode=yes", "-o", "ConnectTimeout=20",
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


def remember(cloud: Connection, servers: Mapping[str, str], known_hosts: Path, *, patience: float = BOOT) -> None:
    """Write the host keys of servers, as soon as their console logs have them; what is known already stays.

    A server announces them at its first boot only.

    Args:
        cloud: a connection that may read the servers.
        servers: their ids, by the address that they are reached at.
        known_hosts: the file.
        patience: seconds until servers that announce no keys are given up.

    Raises:
        CloudError: a server has announced none by then.
    """
    end, entries = time.monotonic() + patience, read_entries(known_hosts)

    def waiting() -> list[str]:
        return [
            at for at, server in servers.items() if not any(line.endswith(f" {server}") for line in entries.get(at, ()))
        ]

    while unknown := waiting():
        for address in unknown:
            with contextlib.suppress(NotFoundException):  # it has no console before it is placed on a hypervisor
                if keys := host_keys(cloud, servers[address]):
                    entries[address] = [f"{key} {servers[address]}" for key in keys]
        if left := waiting():
            if time.monotonic() > end:
                raise CloudError(f"no host keys in the console log of {', '.join(left)} after {patience:.0f} s")
            time.sleep(2)
    write_entries(known_hosts, entries)


def log_in(tenant: StackName, progress: Progress) -> None:
    """Log in to every server of a tenant and tell what it is.

    Raises:
        JolibaError: the tenant is not built, or the foundation does not tell the bastion's server.
        CloudError: a server did not let us in.
    """
    datacenter = Datacenter.open(tenant.site)
    states = [read(stack, datacenter.backend) for stack in (StackName(tenant.site, FOUNDATION), tenant)]
    if not all(state and state.contract for state in states):
        raise JolibaError(f"{tenant} is not built: run `joliba up {tenant.site}.{FOUNDATION} {tenant}` first")
    foundation, built = (state.contract for state in states if state)
    own, hosts = decode_foundation(foundation), decode_tenant(built).hosts
    if not own.bastion_id:
        raise JolibaError(f"an earlier release built the foundation: run `joliba up {tenant.site}.{FOUNDATION}` first")
    bastion, known = own.bastion, known_hosts_file(tenant.site)
    progress(f"waiting until {len(hosts) + 1} servers have announced their host keys")
    servers = {bastion: own.bastion_id} | {host.address: host.server_id for host in hosts.values()}
    remember(datacenter.connect(), servers, known)
    key = environment.home() / "keys" / tenant.site / "management"
    addresses = {"bastion": bastion} | {name: host.address for name, host in sorted(hosts.items())}
    for name, address in addresses.items():
        way = Login(address=address, jump=None if address == bastion else bastion, key=key, known_hosts=known)
        done = way.run(WHAT)
        if done.returncode:
            raise CloudError(f"{name} ({address}) does not let us in: {printable(done.stderr).strip()}")
        progress(f"{name} ({address}): {', '.join(printable(done.stdout).split(chr(10))).strip(', ')}")
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
