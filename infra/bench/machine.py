"""A guest or a light host as one of Joliba's hosts: what the bench and the tests audit and harden."""

import shutil
from collections.abc import Sequence

from infra.hosts.catalogue import HostRole
from infra.hosts.collecting import key_file
from infra.hosts.deviations import shipped_for
from infra.hosts.inventory import BANNER, LOG_DAYS, PASSWORD_ROUNDS, SUDO_GROUP, Host
from infra.hosts.known_hosts import known_hosts_file
from infra.lab.guests import Guest, HostKey, LightFleet
from infra.lab.guests.access import Access
from infra.model.classification import HardeningLevel

SITE = "test"
_NETWORK = "10.0.2.0/24"  # QEMU's own, from which SSH comes


def guest_as_host(guest: Guest, level: HardeningLevel) -> Host:
    """A guest, as the playbooks reach it; its keys are put where runs look for them."""
    return _known({"guest": (guest.access, guest.host_keys)}, level)[0]


def fleet_as_hosts(fleet: LightFleet, level: HardeningLevel) -> list[Host]:
    """All hosts of a fleet, in the same way."""
    return _known({each.name: (each.access, [each.host_key]) for each in fleet}, level)


def _known(machines: dict[str, tuple[Access, Sequence[HostKey]]], level: HardeningLevel) -> list[Host]:
    key, known = key_file(SITE), known_hosts_file(SITE)
    for folder in (key.parent, known.parent):
        folder.mkdir(parents=True, exist_ok=True)
    hosts, lines = [], []
    for name, (access, keys) in machines.items():
        shutil.copy(access.key, key)
        host = _host(f"{SITE}.sante.{name}", access, level)
        hosts.append(host)
        lines += [f"{host.alias} {each.algorithm} {each.body}\n" for each in keys]
    known.write_text("".join(lines), encoding="utf-8")
    return hosts


def _host(name: str, access: Access, level: HardeningLevel) -> Host:
    return Host(
        name=name, site=SITE, tenant="sante", ministry="Ministère de la Santé", platform="dossier", tier="web",
        role=HostRole.GUEST, level=level, address=access.address, port=access.port, user=access.user, cloud="lab",
        facts={
            "site": SITE, "tenant": "sante", "platform": "dossier", "tier": "web", "administration": _NETWORK,
            "flows_in": [{"from": _NETWORK, "ports": ["22/tcp"]}], "listening": ["22/tcp"], "ntp": ["10.0.2.2"],
            "dns": ["10.0.2.3"], "mirror": ["10.0.2.2"], "log_collector": ["10.0.2.2"], "log_days": LOG_DAYS,
            "password_rounds": PASSWORD_ROUNDS, "banner": BANNER, "sudo_group": SUDO_GROUP, "packages": [],
            "services": [], "volumes": {}, "volume_names": [], "people": [],
        },
        deviations=shipped_for(name),
    )  # fmt: skip
