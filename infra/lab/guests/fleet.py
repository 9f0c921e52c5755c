"""Light hosts: SSH servers over one shared Debian tree, each in namespaces of its own; fifty in seconds. Root only.

Each has its own host key, machine id, name, network, processes and files; its user has sudo without a password. What is
not its own is the machine's: the kernel, its version and its settings (``/proc/sys`` is read only). There is no
systemd, so an audit finds no units, no journal and no timers; no audit daemon; ``/`` is an overlay, and the file
systems of R28 are not separate. All that is read from files, ``sshd -T``, ``nft``, ``ss`` and the package list is real.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.environment import CHECKOUT
from infra.lab.guests import seed
from infra.lab.guests.access import Access
from infra.lab.guests.console import HostKey, known_hosts
from infra.lab.guests.image import light_tree
from infra.lab.guests.prerequisites import FLEET, SEARCHED, Say, missing, program, require
from infra.lab.problem import LabError

LOOPBACK = "127.0.0.1"
PROBE = """\
mount -t tmpfs probe /mnt; mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay probe -o lowerdir=/usr,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mount -t tmpfs probe /run; ip netns add probe
ip link add name hosts type bridge; ip link add name cable type veth peer name eth0 netns probe
"""
"""What light hosts are made of, made once and gone again."""


@dataclass(frozen=True, kw_only=True)
class LightHost:
    """One host: its name, the way in, and its host key."""

    name: str
    access: Access
    host_key: HostKey


def obstacle() -> str:
    """Why light hosts cannot run here; empty if they can. Missing packages of Debian are an obstacle unless root."""
    if os.geteuid() != 0:
        return "light hosts need root: they are made of namespaces and overlays"
    if packages := missing(FLEET):
        return f"light hosts need packages that are not there: {' '.join(packages)}"
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "--mount-proc",
         "sh", "-ec", PROBE],
        capture_output=True, text=True, errors="replace", env=_environment(), stdin=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    return f"no namespaces, overlays or bridges here: {done.stderr.strip()}" if done.returncode else ""


class LightFleet:
    """So many light hosts, running within ``with``; their names are ``light-001`` and so on.

    >>> with LightFleet(50) as fleet:                      # doctest: +SKIP
    ...     fleet[0].access.run("sudo -n id")
    """

    def __init__(self, count: int, *, packages: tuple[str, ...] = (), say: Say = print) -> None:
        """Find or make what hosts are made of; nothing runs yet.

        Raises:
            LabError: this machine cannot run light hosts; the message says why.
        """
        if os.geteuid() == 0:
            require(FLEET, "light hosts", say)
        if why := obstacle():
            raise LabError(why)
        self.tree = light_tree(packages, say)
        self.names = [f"light-{number:03}" for number in range(1, count + 1)]
        self.hosts: list[LightHost] = []
        self.folder = Path()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="fleet-"))
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None
        self.hosts = []
        shutil.rmtree(self.folder, ignore_errors=True)

    def __iter__(self) -> Iterator[LightHost]:
        return iter(self.hosts)

    def __len__(self) -> int:
        return len(self.hosts)

    def __getitem__(self, number: int) -> LightHost:
        return self.hosts[number]

    def _start(self) -> None:
        key, trusted = self.folder / "key", self.folder / "known_hosts"
        subprocess.run([program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", key], check=True)
        listeners = [socket.create_server((LOOPBACK, 0), backlog=64) for _ in self.names]
        ports = [listener.getsockname()[1] for listener in listeners]
        try:
            with (self.folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork",
                     "--kill-child", "--mount-proc", sys.executable, "-P", "-m", "infra.lab.guests.fleet_supervisor"],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=_environment(),
                    pass_fds=[listener.fileno() for listener in listeners],
                )  # fmt: skip
            orders = {
                "names": self.names, "listeners": [listener.fileno() for listener in listeners],
                "tree": str(self.tree), "user": seed.USER,
                "public_key": key.with_suffix(".pub").read_text(encoding="utf-8").strip(),
            }  # fmt: skip
            assert self._process.stdin is not None  # noqa: S101  it is a pipe
            assert self._process.stdout is not None  # noqa: S101
            self._process.stdin.write(json.dumps(orders) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        finally:
            for listener in listeners:
                listener.close()
        if not answer:
            said = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
            raise LabError(f"the light hosts did not start:\n{said[-2000:]}")
        keys = {name: HostKey(algorithm=a, body=b) for name, (a, b, *_) in _split(json.loads(answer))}
        trusted.write_text(
            "".join(known_hosts((keys[name],), LOOPBACK, port) for name, port in zip(self.names, ports, strict=True)),
            encoding="utf-8",
        )
        self.hosts = [
            LightHost(
                name=name, host_key=keys[name],
                access=Access(address=LOOPBACK, port=port, user=seed.USER, key=key, known_hosts=trusted),
            )
            for name, port in zip(self.names, ports, strict=True)
        ]  # fmt: skip


def _split(keys: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    return ((name, line.split()) for name, line in keys.items())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "PATH": SEARCHED}
