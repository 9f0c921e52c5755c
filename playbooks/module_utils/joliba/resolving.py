"""Which name servers this host asks."""

from __future__ import annotations

import re

from ansible.module_utils.joliba.observing import Observed, lines_of, output

_STUB = "127.0.0.53"


def resolvers(_: str) -> Observed:
    """The name servers that are asked; None if there is none."""
    servers = _name_servers("/etc/resolv.conf")
    return Observed(effective=(_asked_by_resolved() if servers == [_STUB] else servers) or None)


def _asked_by_resolved() -> list[str]:
    """What systemd-resolved asks: those of all, and those of links.

    Where ``~.`` (every name) is given to those of all, a link's are asked only for a domain of the link's own.
    """
    servers, domains = (_resolved(subject) for subject in ("dns", "domain"))
    everything = bool(servers.get("Global")) and "~." in domains.get("Global", [])
    asked = (scope for scope in servers if scope == "Global" or domains.get(scope) or not everything)
    return sorted({re.sub(r"[#%].*", "", server) for scope in asked for server in servers[scope]})


def _resolved(subject: str) -> dict[str, list[str]]:
    lines = (line.partition(":") for line in output("resolvectl", "--no-pager", subject).splitlines())
    return {scope.strip(): values.split() for scope, colon, values in lines if colon}


def _name_servers(path: str) -> list[str]:
    words = (line.split() for line in lines_of(path))
    return [each[1] for each in words if each[0] == "nameserver" and each[1:]]


PROBES = {"resolvers": resolvers}
