"""All probes by the name that rules use: each takes the rule's argument and returns what it observed."""

from __future__ import annotations

from ansible.module_utils.joliba import (
    apt,
    auditing,
    firewall,
    hashes,
    logs,
    packages,
    settings,
    sockets,
    sshd,
    sysctls,
    texts,
    units,
)

PROBES = {
    **apt.PROBES,
    **auditing.PROBES,
    **firewall.PROBES,
    **hashes.PROBES,
    **logs.PROBES,
    **packages.PROBES,
    **settings.PROBES,
    **sockets.PROBES,
    **sshd.PROBES,
    **sysctls.PROBES,
    **texts.PROBES,
    **units.PROBES,
}
