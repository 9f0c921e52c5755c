"""Which host keys a site's hosts have: from the site's own file, and from console logs over the compute API.

Kept in ``<home>/known_hosts/<site>`` in OpenSSH's form, the server's id as comment: a rebuilt server, which has another
id, is asked for its keys anew. No key ever comes from the network that it is to protect.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from infra.environment import home
from infra.errors import CloudError
from infra.hosts.answers import one_line
from infra.hosts.inventory import Host
from infra.lab.deployment import write_file
from infra.lab.problem import LabError
from infra.lab.processes import exclusive

_FILE = "file"  # the comment of keys that hosts.yaml gives
_PAUSE = 2  # seconds between two looks at a console log
_SILENT = "its host key is not known yet"
_UNREAD = "its console log cannot be read: {reason}"


@dataclass(frozen=True, kw_only=True)
class Announced:
    """Public host keys by `Host.name`, as far as they are announced, and why those of others are not, in English.

    ``refused`` is what no second look may mend, ``unread`` what one may.
    """

    keys: Mapping[str, tuple[str, ...]]
    refused: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


Ask = Callable[[str, Sequence[Host]], Announced]
"""Given a site and hosts of it."""


def known_hosts_file(site: str) -> Path:
    """The public host keys of a site's hosts, by `Host.alias`."""
    return home() / "known_hosts" / site


def learn(hosts: Sequence[Host], ask: Ask, *, patience: float = 0.0) -> dict[str, str]:
    """Write down the keys of hosts that are not known yet.

    Any other key at a host's address is forgotten, whatever is learned: of the server before it was rebuilt, or one
    that its file no longer gives.

    Args:
        hosts: the hosts.
        ask: where keys come from: `from_consoles`.
        patience: seconds for which hosts that announce none, or cannot be read, are asked again.

    Returns:
        Those that are still not known, by `Host.name`, and why, in English: no connection may be made to them.
    """
    unknown: dict[str, str] = {}
    for site in dict.fromkeys(host.site for host in hosts):
        unknown |= _learn(site, [host for host in hosts if host.site == site], ask, patience)
    return unknown


def _learn(site: str, hosts: Sequence[Host], ask: Ask, patience: float) -> dict[str, str]:
    with _entries(site) as lines:
        for host in hosts:
            given = [f"{key} {_FILE}" for key in host.host_keys]
            learned = [line for line in lines.get(host.alias, []) if line.split()[2:] == [host.server_id]]
            lines[host.alias] = given or learned
        missing = [host for host in hosts if not lines[host.alias]]
    refused: dict[str, str] = {}
    unread: Mapping[str, str] = {}
    end = time.monotonic() + patience
    while missing:
        announced = _answered(ask, site, missing)  # for minutes: others may write the file meanwhile
        found = [host for host in missing if announced.keys.get(host.name)]
        if found:
            with _entries(site) as lines:
                for host in found:
                    lines[host.alias] = [f"{key} {host.server_id}" for key in announced.keys[host.name]]
        refused.update(announced.refused)
        unread = announced.unread
        missing = [host for host in missing if host not in found and host.name not in refused]
        if not missing or time.monotonic() > end:
            break
        time.sleep(_PAUSE)
    return refused | {host.name: unread.get(host.name, _SILENT) for host in missing}


def _answered(ask: Ask, site: str, hosts: Sequence[Host]) -> Announced:
    """What is announced; where the cloud does not answer, nothing: hosts whose keys are known need it for nothing."""
    try:
        return ask(site, hosts)
    except CloudError as error:
        return Announced(keys={}, refused={host.name: _UNREAD.format(reason=one_line(str(error))) for host in hosts})


@contextmanager
def _entries(site: str) -> Iterator[dict[str, list[str]]]:
    """A site's known hosts, to be changed: nobody else does meanwhile."""
    file = known_hosts_file(site)
    with exclusive(file.with_name(f"{site}.lock")):
        lines = read_entries(file)
        yield lines
        write_entries(file, lines)


def from_consoles(site: str, hosts: Sequence[Host]) -> Announced:
    """The keys that servers of OpenStack have announced on their consoles; of other hosts nothing.

    Raises:
        CloudError: the cloud did not answer, or does not let us in; what it refuses of one server is that host's.
    """
    from openstack.connection import Connection  # noqa: PLC0415  a second, which known hosts need not cost
    from openstack.exceptions import ConflictException, HttpException, NotFoundException  # noqa: PLC0415

    from infra.fleet.datacenter import Datacenter  # noqa: PLC0415
    from infra.hosts.host_keys import host_keys  # noqa: PLC0415

    def read(cloud: Connection) -> Announced:
        found: dict[str, tuple[str, ...]] = {}
        refused: dict[str, str] = {}
        unread: dict[str, str] = {}
        for host in hosts:
            try:
                keys = host_keys(cloud, host.server_id) if host.server_id else ()
            except (NotFoundException, ConflictException):  # no console before it is on a hypervisor, or while shelved
                continue
            except HttpException as error:  # its hypervisor is gone, say: one host must not hold up the others
                if error.status_code == HTTPStatus.UNAUTHORIZED:
                    raise
                why = refused if error.status_code == HTTPStatus.FORBIDDEN else unread
                why[host.name] = _UNREAD.format(reason=one_line(error.details or str(error)))
            except LabError as error:  # whoever is root there wrote it
                refused[host.name] = str(error)
            else:
                if keys:
                    found[host.name] = keys
        return Announced(keys=found, refused=refused, unread=unread)

    return Datacenter.open(site).ask(read)


def write_entries(file: Path, entries: Mapping[str, Sequence[str]]) -> None:
    """Write such a file anew."""
    write_file(file, "".join(f"{alias} {line}\n" for alias, lines in sorted(entries.items()) for line in lines))


def read_entries(file: Path) -> dict[str, list[str]]:
    """A file's lines by `Host.alias`, each without it; empty without a file."""
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        alias, _, rest = line.partition(" ")
        if rest:
            found.setdefault(alias, []).append(rest)
    return found
