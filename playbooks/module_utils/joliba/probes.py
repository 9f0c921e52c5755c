"""All probes by the name that rules use: each takes the rule's argument and returns what it observed."""

from __future__ import annotations

from ansible.module_utils.joliba import (
    accounts,
    apt,
    auditing,
    base,
    boot_loader,
    files,
    firewall,
    mandatory,
    packages,
    pam,
    settings,
    sharing,
    shells,
    sockets,
    sshd,
    sudo,
    sysctls,
    texts,
    units,
    walk,
)

PROBES = {
    **accounts.PROBES,
    **apt.PROBES,
    **auditing.PROBES,
    **base.PROBES,
    **boot_loader.PROBES,
    **files.PROBES,
    **firewall.PROBES,
    **mandatory.PROBES,
    **packages.PROBES,
    **pam.PROBES,
    **settings.PROBES,
    **sharing.PROBES,
    **shells.PROBES,
    **sockets.PROBES,
    **sshd.PROBES,
    **sudo.PROBES,
    **sysctls.PROBES,
    **texts.PROBES,
    **units.PROBES,
    **walk.PROBES,
}
