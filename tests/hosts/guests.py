"""A real guest as one of Joliba's hosts."""

import shutil
from pathlib import Path

from infra.hosts.catalogue import HostRole
from infra.hosts.deviations import shipped_for
from infra.hosts.inventory import BANNER, LOG_DAYS, SUDO_GROUP, Host
from infra.lab.guests import Guest
from infra.model.classification import HardeningLevel

NAME = "test.sante.guest"
_NETWORK = "10.0.2.0/24"  # QEMU's own, from which SSH comes


def as_host(guest: Guest, home: Path, level: HardeningLevel) -> Host:
    """The guest as the playbooks reach it; its keys are put where runs look for them."""
    for folder in ("keys/test", "known_hosts"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    access = guest.access
    shutil.copy(access.key, home / "keys/test/management")
    lines = (f"{key.algorithm} {key.body}" for key in guest.host_keys)
    (home / "known_hosts/test").write_text("".join(f"{NAME} {line}\n" for line in lines))
    return Host(
        name=NAME, site="test", tenant="sante", ministry="Ministère de la Santé", platform="dossier", tier="web",
        role=HostRole.GUEST, level=level, address=access.address, port=access.port, user=access.user, cloud="lab",
        facts={
            "site": "test", "tenant": "sante", "platform": "dossier", "tier": "web", "administration": _NETWORK,
            "flows_in": [{"from": _NETWORK, "ports": ["22/tcp"]}], "listening": ["22/tcp"], "ntp": ["10.0.2.2"],
            "dns": ["10.0.2.3"], "mirror": ["10.0.2.2"], "log_collector": ["10.0.2.2"], "log_days": LOG_DAYS,
            "banner": BANNER, "sudo_group": SUDO_GROUP, "packages": [], "services": [], "volumes": {},
            "volume_names": [], "people": [],
        },
        deviations=shipped_for(NAME),
    )  # fmt: skip
