"""The way into a host: its address, its host key known beforehand, and the one key that logs in."""

import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.lab.guests.console import printable
from infra.lab.guests.prerequisites import program
from infra.lab.problem import LabError

NO_CONNECTION = 255
"""The exit code of ssh when the host was not reached, or let nobody in."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where and how to log in. `known_hosts` must have the host's keys from a trusted source: others are refused."""

    address: str
    port: int
    user: str
    key: Path
    known_hosts: Path

    def command(self) -> list[str]:
        """The ssh command line, for a remote command to be added."""
        return [program("ssh"), "-F", "none", "-p", str(self.port), "-i", str(self.key), *self.options(),
                "-o", "ConnectTimeout=10", f"{self.user}@{self.address}"]  # fmt: skip

    def options(self) -> list[str]:
        """What every connection needs: nothing asked, this host key and no other, this key and no other."""
        return [
            "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "GlobalKnownHostsFile=none",
            "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        ]  # fmt: skip

    def run(
        self, command: str, *, check: bool = True, timeout: float = 120.0, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command over a new connection; `timeout` in seconds.

        Raises:
            LabError: it did not end with 0, or not in time. With `check` false nothing is raised, and a command that
                came to no end has the code of `NO_CONNECTION`.
        """
        line = [*self.command(), command]
        try:
            done = subprocess.run(
                line, input=stdin, capture_output=True, text=True, errors="replace", timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            done = subprocess.CompletedProcess(line, NO_CONNECTION, "", f"no end after {timeout:.0f} s")
        if check and done.returncode:
            raise LabError(f"{command!r} ended with {done.returncode}: {printable(done.stderr + done.stdout)[-2000:]}")
        return done

    def greets(self) -> bool:
        """Does an SSH server answer there?"""
        try:
            with socket.create_connection((self.address, self.port), 5) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def inventory(self) -> dict[str, str]:
        """Ansible's variables of this host."""
        return {
            "ansible_host": self.address,
            "ansible_port": str(self.port),
            "ansible_user": self.user,
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": f"-F none {' '.join(self.options())}",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
