"""``python -m infra.lab.guests.fleet_supervisor``: runs light hosts, and leads connections to them.

Started by `infra.lab.guests.fleet` as the first process of namespaces of its own (mounts, processes, network), so that
everything here ends, and every mount and link is gone, with this one process. It reads its orders from standard input,
says there when all hosts answer, and ends when that is closed.

The sockets it listens on were made outside: they stay in the machine's network, while what it opens itself is in the
hosts'. So a port of 127.0.0.1 leads to each host without any change to the machine's network.
"""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

NETWORK = IPv4Network("10.0.0.0/16")
GATEWAY = NETWORK[-2]
SSH = 22
PLACE = Path("/mnt")
"""Where the hosts' files are, seen by nobody outside."""
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}
DEVICE_LINKS = {
    "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Host:
    """One light host; `listener` is the number of the open socket whose connections are its."""

    name: str
    address: IPv4Interface
    listener: int


def hosts(names: Iterable[str], listeners: Iterable[int]) -> list[Host]:
    """Hosts with the first addresses of the network, in the order given."""
    return [
        Host(name=name, address=IPv4Interface((NETWORK[number], NETWORK.prefixlen)), listener=listener)
        for number, (name, listener) in enumerate(zip(names, listeners, strict=True), 1)
    ]


def prepare(tree: Path) -> None:
    """Put the shared tree, read only, and a folder of devices where hosts find them."""
    _run("mount", "-t", "tmpfs", "-o", "mode=0755", "hosts", PLACE)
    for name in ("tree", "dev", "dev/pts", "dev/shm"):
        (PLACE / name).mkdir(mode=0o755)
    _run("mount", "--bind", tree, PLACE / "tree")
    _run("mount", "-o", "remount,bind,ro", PLACE / "tree")
    for name, numbers in DEVICES.items():
        os.mknod(PLACE / "dev" / name, stat.S_IFCHR | 0o666, os.makedev(*numbers))
        (PLACE / "dev" / name).chmod(0o666)
    for name, target in DEVICE_LINKS.items():
        (PLACE / "dev" / name).symlink_to(target)


def connect(all_hosts: list[Host]) -> None:
    """A bridge, and a network namespace with a cable to it for every host."""
    _run("mount", "-t", "tmpfs", "-o", "mode=0755", "run", "/run")  # where ip keeps the names of namespaces
    lines = [
        "link add name hosts type bridge",
        f"addr add {GATEWAY}/{NETWORK.prefixlen} dev hosts",
        "link set hosts up",
    ]
    for number, host in enumerate(all_hosts):
        lines += [
            f"netns add {host.name}",
            f"link add name cable{number} type veth peer name eth0 netns {host.name}",
            f"link set cable{number} master hosts up",
        ]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)


def furnish(host: Host, user: str, public_key: str) -> str:
    """Write what is this host's own over the shared tree, and return its public host key."""
    own = PLACE / host.name
    for name in ("root", "work", "upper/etc/ssh", "upper/etc/sudoers.d", f"upper/home/{user}/.ssh"):
        (own / name).mkdir(parents=True, mode=0o755)
    upper, tree = own / "upper", PLACE / "tree"
    (upper / "etc" / "sudoers.d").chmod(0o750)
    for name, line in {
        "passwd": f"{user}:x:1000:1000:Exploitation:/home/{user}:/bin/bash",
        "group": f"{user}:x:1000:",
        "shadow": f"{user}:!:20000:0:99999:7:::",
        "gshadow": f"{user}:!::",
    }.items():
        shutil.copy2(tree / "etc" / name, upper / "etc" / name)
        found = (tree / "etc" / name).stat()
        os.chown(upper / "etc" / name, found.st_uid, found.st_gid)
        with (upper / "etc" / name).open("a", encoding="utf-8") as out:
            out.write(line + "\n")
    for path, text, mode in (
        ("etc/hostname", f"{host.name}\n", 0o644),
        ("etc/hosts", f"127.0.0.1 localhost\n{host.address.ip} {host.name}\n", 0o644),
        ("etc/machine-id", f"{uuid.uuid4().hex}\n", 0o444),
        ("etc/sudoers.d/90-cloud-init-users", f"{user} ALL=(ALL) NOPASSWD:ALL\n", 0o440),
        (f"home/{user}/.ssh/authorized_keys", public_key + "\n", 0o600),
    ):
        (upper / path).write_text(text, encoding="utf-8")
        (upper / path).chmod(mode)
    home = upper / "home" / user
    for each in (home, *home.rglob("*")):
        os.chown(each, 1000, 1000)
    home.chmod(0o700)
    (home / ".ssh").chmod(0o700)
    key = upper / "etc" / "ssh" / "ssh_host_ed25519_key"
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"root@{host.name}", "-f", key)
    return key.with_suffix(".pub").read_text(encoding="utf-8")


def start(host: Host) -> subprocess.Popen[bytes]:
    """Start a host in its namespaces; its first process is sshd."""
    script = Path(__file__).with_name("light_host.sh")
    return subprocess.Popen(
        ["nsenter", f"--net=/run/netns/{host.name}", "unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup",
         "--fork", "--kill-child", "sh", script, host.name, str(host.address.ip), str(NETWORK.prefixlen), str(GATEWAY)],
        stdin=subprocess.DEVNULL, stdout=sys.stderr,
    )  # fmt: skip


async def lead(host: Host, process: subprocess.Popen[bytes]) -> None:
    """Wait until a host answers, then lead the connections of its socket to it.

    Raises:
        RuntimeError: it has ended; what it said is in the log.
    """
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"{host.name} has ended")
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(str(host.address.ip), SSH)
            writer.close()
            break
        await asyncio.sleep(0.05)

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(str(host.address.ip), SSH)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        for each in (writer, far_writer):
            each.close()

    await asyncio.start_server(joined, sock=socket.socket(fileno=host.listener))


async def serve(orders: dict[str, object]) -> None:
    """Start all hosts, say their keys when all answer, and go on until standard input ends."""
    all_hosts = hosts(list(orders["names"]), list(orders["listeners"]))  # type: ignore[call-overload]
    prepare(Path(str(orders["tree"])))
    connect(all_hosts)
    keys = {}
    for host in all_hosts:
        keys[host.name] = furnish(host, str(orders["user"]), str(orders["public_key"]))
    await asyncio.gather(*(lead(host, start(host)) for host in all_hosts))
    sys.stdout.write(json.dumps(keys) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    os.umask(0o022)
    asyncio.run(serve(json.loads(sys.stdin.readline())))
    os._exit(0)  # the first process of its namespace: the kernel ends all others
