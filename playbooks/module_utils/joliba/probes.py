"""All probes by the name that rules use: each takes the rule's argument and returns what it observed."""

from __future__ import annotations

from ansible.module_utils.joliba import (
    apt,
    auditing,
    base,
    firewall,
    packages,
    sockets,
    sshd,
    sysctls,
    texts,
    units,
)

PROBES = {
    **apt.PROBES,
    **auditing.PROBES,
    **base.PROBES,
    **firewall.PROBES,
    **packages.PROBES,
    **sockets.PROBES,
    **sshd.PROBES,
    **sysctls.PROBES,
    **texts.PROBES,
    **units.PROBES,
}
