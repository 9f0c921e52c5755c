"""A part of a run: the hosts of a site, a tenant, a platform or a tier."""

from collections.abc import Sequence
from dataclasses import replace

from infra.errors import JolibaError
from infra.hosts.record import HostRecord, RunRecord

_DEEPEST = 4


def scoped(record: RunRecord, scopes: Sequence[str]) -> RunRecord:
    """The record with the hosts of these parts alone, and the deviations that concern them; all of it without any.

    Args:
        record: a run's.
        scopes: each ``SITE[.TENANT[.PLATFORM[.TIER]]]`` or a host's whole name.

    Raises:
        JolibaError: a scope holds no host of the run.
    """
    if not scopes:
        return record
    for scope in scopes:
        if not any(in_scope(host, scope) for host in record.hosts):
            known = ", ".join(sorted({f"{host.site}.{host.tenant}" for host in record.hosts})) or "-"
            told = "the run {run} has no host of {scope}; it has those of: {known}"
            raise JolibaError(told, run=record.run, scope=scope, known=known)
    hosts = tuple(host for host in record.hosts if any(in_scope(host, scope) for scope in scopes))
    deviations = tuple(each for each in record.deviations if any(each.covers(host.name) for host in hosts))
    return replace(record, hosts=hosts, deviations=deviations)


def in_scope(host: HostRecord, scope: str) -> bool:
    """Whether a host belongs to ``SITE[.TENANT[.PLATFORM[.TIER]]]``, or is the host of that name."""
    asked = scope.split(".")
    place = (host.site, host.tenant, host.platform, host.tier)
    return host.name == scope or (len(asked) <= _DEEPEST and tuple(asked) == place[: len(asked)])


def part(record: RunRecord, scopes: Sequence[str]) -> RunRecord:
    """As `scoped`, of a run that may have none of these hosts: an earlier one."""
    known = [scope for scope in scopes if any(in_scope(host, scope) for host in record.hosts)]
    return scoped(record, known) if known or not scopes else replace(record, hosts=(), deviations=())
