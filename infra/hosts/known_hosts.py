"""Which host keys a site's hosts have: from the site's own file, and from console logs over the compute API.

Kept in ``<home>/known_hosts/<site>`` in OpenSSH's form, the server's id as comment: a rebuilt server, which has another
id, is asked for its keys anew. No key ever comes from the network that it is to protect.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.environment import home
from infra.hosts.inventory import BASTION, Host
from infra.lab.deployment import write_file
from infra.model.contract import FOUNDATION

_FILE = "file"  # the comment of keys that hosts.yaml gives
_PAUSE = 2  # seconds between two looks at a console log
Ask = Callable[[str, Sequence[Host]], Mapping[str, tuple[str, ...]]]
"""Given a site and hosts of it: their public keys by `Host.name`, as far as they are announced."""


def known_hosts_file(site: str) -> Path:
    """The public host keys of a site's hosts, by `Host.alias`."""
    return home() / "known_hosts" / site


def learn(hosts: Sequence[Host], ask: Ask, *, patience: float = 0.0) -> list[Host]:
    """Write down the keys of hosts that are not known yet.

    Args:
        hosts: the hosts.
        ask: where keys come from: `from_consoles`.
        patience: seconds for which hosts that announce none are asked again.

    Returns:
        Those that are still not known: no connection is made to them.
    """
    unknown: list[Host] = []
    for site in dict.fromkeys(host.site for host in hosts):
        lines = _read(known_hosts_file(site))
        of_site = [host for host in hosts if host.site == site]
        for host in of_site:
            if host.host_keys:
                lines[host.alias] = [f"{key} {_FILE}" for key in host.host_keys]
        missing = [host for host in of_site if not _is_known(host, lines.get(host.alias, []))]
        end = time.monotonic() + patience
        while missing:
            for name, keys in ask(site, missing).items():
                host = next(each for each in missing if each.name == name)
                lines[host.alias] = [f"{key} {_comment(host)}" for key in keys]
            missing = [host for host in missing if not _is_known(host, lines.get(host.alias, []))]
            if not missing or time.monotonic() > end:
                break
            time.sleep(_PAUSE)
        unknown += missing
        text = "".join(f"{alias} {line}\n" for alias, of_host in sorted(lines.items()) for line in of_host)
        write_file(known_hosts_file(site), text)
    return unknown


def from_consoles(site: str, hosts: Sequence[Host]) -> dict[str, tuple[str, ...]]:
    """The keys that servers of OpenStack have announced on their consoles; of other hosts nothing.

    Raises:
        CloudError: the cloud did not answer.
    """
    from openstack.connection import Connection  # noqa: PLC0415  a second, which known hosts need not cost
    from openstack.exceptions import NotFoundException  # noqa: PLC0415

    from infra.fleet.datacenter import Datacenter  # noqa: PLC0415
    from infra.hosts.host_keys import host_keys  # noqa: PLC0415

    def read(cloud: Connection) -> dict[str, tuple[str, ...]]:
        found = {}
        for host in hosts:
            server = host.server_id or _bastion(cloud, host)
            try:
                keys = host_keys(cloud, server) if server else ()
            except NotFoundException:  # it has no console before it is placed on a hypervisor
                continue
            if keys:
                found[host.name] = keys
        return found

    def _bastion(cloud: Connection, host: Host) -> str | None:
        if host.name != f"{host.site}.{FOUNDATION}.{BASTION}":
            return None
        return next((server.id for server in cloud.compute.servers(name=f"^{BASTION}$")), None)

    return Datacenter.open(site).ask(read)


def _comment(host: Host) -> str:
    return host.server_id or BASTION


def _is_known(host: Host, lines: Sequence[str]) -> bool:
    return any(line.split()[2:] in ([_comment(host)], [_FILE]) for line in lines)


def _read(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        alias, _, rest = line.partition(" ")
        if rest:
            found.setdefault(alias, []).append(rest)
    return found
