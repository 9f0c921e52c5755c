"""The hosts of a site: its tenants' servers from their stacks' contracts, the bastion, and the datacenter's own.

Pure: whoever calls has read the contracts, the requests and ``inventories/<site>/hosts.yaml``. `variables` is a host as
Ansible gets it; our inventory plugin hands it over as data, which Ansible never takes for a template.
"""

import hashlib
import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from netaddr import IPNetwork

from infra.environment import LAB_CLOUD
from infra.hosts.catalogue import HostRole
from infra.hosts.people import people
from infra.hosts.record import DeviationRecord
from infra.model.classification import HardeningLevel
from infra.model.contract import FOUNDATION, FoundationContract, HostContract, TenantContract
from infra.model.flow import PortRange, TierAddress
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan import firewall, naming
from infra.plan.cloud_config import AUTOMATION_USER

BASTION = "bastion"
PASSWORD_ROUNDS = 8
"""The cost of a password check by yescrypt (crypt(5)): 128 MiB, which the smallest host can spare; R68."""
PEOPLE = "joliba-people"
"""The group of the people who may log in (playbooks/catalogue/B01.yaml)."""
LOG_DAYS = 180
"""Days for which logs are kept: six months (SecNumCloud 3.2, 12.6)."""
SUDO_GROUP = "administrateurs"
SAVED = ("/etc", "/home", "/root", "/var/lib/aide")
"""What every host's backups hold, besides its data volumes."""
BANNER = (
    "Accès réservé aux personnes autorisées. Toute connexion est enregistrée.\n"
    "Un accès non autorisé est puni par la loi."
)
"""The login banner, where the site gives none."""
_SSH = "22/tcp"
_ICMP = "icmp"
ALIVE = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=8")
"""Two minutes without a word, and a host is lost: a connection that went dead would be waited for without end."""
_TRUSTED = {
    HostRole.CONTAINER_HOST: tuple(
        f"interface {name}" for name in ("docker0", "br-*", "podman*", "cni*", "flannel*", "cali*")
    ),
    HostRole.ROUTER: ("protocol 89", "protocol 112"),
}
"""What the firewall of a role lets in beside flows: a container host's containers; a router's OSPF and VRRP (IANA)."""
_SSH_PORT = 22
Blocks = Mapping[str, IPNetwork]
Flows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Host:
    """A machine that is audited and hardened.

    ``address`` is reached by SSH, through ``jump`` (the bastion's address) if there is one. ``facts`` are what
    rules and remedies know of it (`infra.hosts.asking`), ``server_id`` OpenStack's, None for the datacenter's
    own; ``host_keys`` are public keys in OpenSSH's one-line form that its file gives.
    """

    name: str
    site: str
    tenant: str
    ministry: str
    platform: str
    tier: str
    role: HostRole
    level: HardeningLevel
    address: str
    port: int = 22
    user: str = AUTOMATION_USER
    jump: str | None = None
    cloud: str
    server_id: str | None = None
    host_keys: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    deviations: tuple[DeviationRecord, ...] = ()

    @property
    def alias(self) -> str:
        """What it is called in a file of known hosts: its address, as OpenSSH writes it."""
        return self.address if self.port == _SSH_PORT else f"[{self.address}]:{self.port}"

    @property
    def groups(self) -> tuple[str, ...]:
        """Ansible's groups that it is in: site, tenant, platform, tier, role; each a valid name."""
        chain = [part for part in (self.site, self.tenant, self.platform, self.tier) if part]
        nested = [group_name(*chain[: length + 1]) for length in range(len(chain))]
        return (*nested, group_name("role", self.role))


def group_name(*parts: str) -> str:
    """A group's name for Ansible, which takes no dots and dashes: ``ml_bko__sante``."""
    return "__".join(part.replace("-", "_") for part in parts)


def built_hosts(contract: TenantContract, site: Site) -> Iterator[Host]:
    """The servers of a tenant as built, of which no request says more: without facts none can be judged."""
    for name in sorted(contract.hosts):
        yield _built_host(name, contract, site)


def _built_host(name: str, contract: TenantContract, site: Site) -> Host:
    built = contract.hosts[name]
    return Host(
        name=f"{site.name}.{contract.tenant}.{name}",
        site=site.name,
        tenant=contract.tenant,
        ministry="",
        platform=built.platform,
        tier=built.tier,
        role=HostRole.GUEST,
        level=HardeningLevel(contract.hardening),
        address=built.address,
        cloud=site.cloud,
        server_id=built.server_id,
    )


def tenant_hosts(
    contract: TenantContract,
    *,
    site: Site,
    register: Register,
    tenant: Tenant,
    peers: Mapping[str, Tenant],
    bastion: str,
    banner: str,
    deviations: tuple[DeviationRecord, ...] = (),
) -> Iterator[Host]:
    """The servers of a tenant as built, with what its request declares of them.

    Args:
        contract: what its stack says.
        site: the site.
        register: where blocks come from.
        tenant: its request.
        peers: the tenants that its flows name.
        bastion: the address that SSH goes through; empty for none.
        banner: what people read before they log in.
        deviations: those of its request that are honoured (`tenant_deviations`).
    """
    groups = firewall.security_groups(tenant, site=site, register=register, peers=peers)
    blocks = register.tenants[tenant.name].networks
    for name, built in sorted(contract.hosts.items()):
        tier = tenant.platforms[built.platform].tiers.get(built.tier) if built.platform in tenant.platforms else None
        address = TierAddress(tenant=tenant.name, platform=built.platform, tier=built.tier)
        yield replace(
            _built_host(name, contract, site),
            ministry=tenant.ministry,
            role=HostRole(tier.role) if tier else HostRole.GUEST,
            level=tenant.hardening,
            jump=bastion or None,
            facts={
                **site_facts(site, banner),
                "tenant": tenant.name,
                "platform": built.platform,
                "tier": built.tier,
                **port_facts(_flows_in(groups, address, tenant, blocks)),
                "packages": list(tier.packages) if tier else [],
                "services": list(tier.services) if tier else [],
                **volume_facts(built.volumes, _encrypted(built, site), asked=tenant.classification.encrypts),
                **_backup_facts(tenant, name, site, built.volumes),
                "people": people(tenant.groups.values()),
            },
            deviations=deviations,
        )


def bastion_host(
    foundation: FoundationContract,
    site: Site,
    *,
    level: HardeningLevel,
    banner: str,
    login_groups: Collection[str] = (),
    deviations: tuple[DeviationRecord, ...] = (),
) -> Host:
    """The site's bastion, from the foundation's contract; ``login_groups`` are those of its own operators."""
    return Host(
        name=f"{site.name}.{FOUNDATION}.{BASTION}",
        site=site.name,
        tenant=FOUNDATION,
        ministry="",
        platform="",
        tier="",
        role=HostRole.BASTION,
        level=level,
        address=foundation.bastion,
        cloud=site.cloud,
        server_id=foundation.bastion_id or None,
        facts={
            **site_facts(site, banner),
            **port_facts([{"from": str(each), "ports": [_SSH]} for each in site.administration.operators]),
            "packages": [],
            "services": [],
            "login_groups": list(login_groups),
            **volume_facts({}),
            "people": [],
        },
        deviations=deviations,
    )


def port_facts(flows: Flows) -> dict[str, Any]:
    """What a firewall and a list of listening sockets follow from: sources, each with its ports.

    ``icmp`` is none: what of it a host needs, it takes from everywhere (playbooks/catalogue/R80.yaml).
    """
    ports = [{**flow, "ports": [port for port in flow["ports"] if port != _ICMP]} for flow in flows]
    return {
        "flows_in": [flow for flow in ports if flow["ports"]],
        "listening": sorted({port for flow in ports for port in flow["ports"]}),
    }


def volume_facts(volumes: Mapping[str, str], encrypted: Collection[str] = (), *, asked: bool = False) -> dict[str, Any]:
    """Data volumes by name with OpenStack's ids, those that the cloud encrypts, and whether all must be."""
    return {
        "volumes": dict(volumes),
        "volume_names": sorted(volumes),
        "encrypted_volumes": sorted(encrypted),
        "encryption_asked": asked,
    }


def _encrypted(built: HostContract, site: Site) -> list[str]:
    """Volumes of a server whose type, as they are built, the cloud encrypts."""
    types = {name: site.volume_types.get(kind) for name, kind in built.volume_types.items()}
    return [name for name, kind in types.items() if kind and kind.encryption]


def _backup_facts(tenant: Tenant, host: str, site: Site, volumes: Mapping[str, str]) -> dict[str, Any]:
    """What a host saves, where to and how often; nothing where the site or the request says nothing.

    Each tenant has a login of its own on the server, and each host a place of its own under it.
    """
    if not site.services.backups or not tenant.backups:
        return {"backup": {}}
    mounts = [f"/srv/{name}" for name in sorted(volumes)]
    return {
        "backup": {
            "repository": f"https://{site.services.backups[0]}/{tenant.name}/{host}/",
            "paths": [*SAVED, *mounts],
            "mounts": mounts,
            "every_hours": tenant.backups.every_hours,
            "keep_days": tenant.backups.keep_days,
        },
        "backup_latest": 2 * tenant.backups.every_hours,
    }


def site_facts(site: Site, banner: str) -> dict[str, Any]:
    """What every host of a site knows: the shared services, where SSH comes from, for how long logs are kept."""
    services = site.services
    return {
        "site": site.name,
        "administration": str(site.addresses.administration),
        "ntp": [str(each) for each in services.ntp],
        "dns": [str(each) for each in services.dns],
        "mirror": [str(each) for each in services.mirror],
        "log_collector": [str(each) for each in services.logs],
        "log_days": LOG_DAYS,
        "password_rounds": PASSWORD_ROUNDS,
        "banner": banner,
        "mail_alias": site.hosts.mail_alias,
        "authority": (site.hosts.authority or "").strip(),
        **_mirror_facts(site),
        "sudo_group": SUDO_GROUP,
    }


def _mirror_facts(site: Site) -> dict[str, Any]:
    """Where packages come from; a lab's mirror is an address that answers nothing."""
    if site.cloud == LAB_CLOUD:
        return {}
    url = f"https://{site.services.mirror[0]}"
    return {"mirror_url": url, "repositories": [f"{url}/{name}" for name in ("debian", "debian-security", "ubuntu")]}


def _account_facts(host: Host) -> dict[str, Any]:
    """Who comes in by SSH and uses sudo: the automation account, whose own group bears its name, and people."""
    known = [PEOPLE, *host.facts.get("login_groups", ())]
    return {
        "automation_user": host.user,
        "ssh_groups": [host.user, *known],
        "people_groups": known,
        "administrators": f"%{SUDO_GROUP}",
    }


def _flows_in(
    groups: Mapping[str, tuple[firewall.Rule, ...]], of: TierAddress, tenant: Tenant, blocks: Blocks
) -> Flows:
    """Where new connections to a tier may come from, as blocks, and on which ports: the security groups' own rules."""
    tiers = {naming.group(address): tier for address, tier in tenant.tiers()}
    found: dict[str, set[PortRange]] = {}
    for rule in (*groups[naming.BASE_GROUP], *groups.get(naming.group(of), ())):
        if rule.direction is firewall.Direction.INGRESS:
            block = blocks[tiers[rule.remote_group].network] if rule.remote_group else rule.remote_range
            found.setdefault(str(block), set()).add(rule.ports)
    return [{"from": block, "ports": [str(port) for port in sorted(ports)]} for block, ports in sorted(found.items())]


def tenant_deviations(tenant: Tenant, site: Site) -> list[DeviationRecord]:
    """What a tenant's request asks to be excepted from, accepted or not."""
    return [
        DeviationRecord(
            name=f"{site.name}.{tenant.name}#{number}",
            rule=each.rule,
            hosts=(f"{site.name}.{tenant.name}",),
            reason=each.reason,
            owner=each.owner,
            approver=each.approver,
            expires=each.expires.isoformat(),
            source=f"inventories/{site.name}/tenants/{tenant.name}.yaml",
        )
        for number, each in enumerate(tenant.deviations, start=1)
    ]


def variables(
    host: Host,
    *,
    key: Path,
    known_hosts: Path,
    lang: str,
    grub_password: str | None = None,
    backup: Mapping[str, str] | None = None,
    rules: Collection[str] = (),
) -> dict[str, Any]:
    """A host as Ansible gets it: how to connect, and what it is (``joliba``: see `infra.hosts.asking`).

    Args:
        host: the host.
        key: the file of the site's management key.
        known_hosts: the file of the site's known hosts, by `Host.alias`.
        lang: the language in which the host's playbooks refuse, ``en`` or ``fr``.
        grub_password: the hash of the password of the site's boot menus.
        backup: the passwords of its backups (`infra.hosts.backup_passwords`), apart from what rules see.
        rules: recommendations or rules to which a run is limited.
    """
    options = ["-o", f"UserKnownHostsFile={known_hosts}", "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes"]
    options += ["-o", "GlobalKnownHostsFile=/dev/null", "-o", "PasswordAuthentication=no", *ALIVE]
    alias = ["-o", f"HostKeyAlias={host.alias}"]
    if host.jump:
        through = [*options, "-i", str(key), "-o", f"HostKeyAlias={host.jump}", "-W", "%h:%p"]
        alias += ["-o", f"ProxyCommand={shlex.join(['ssh', *through, f'{AUTOMATION_USER}@{host.jump}'])}"]
    facts = {**host.facts, **_account_facts(host), "grub_password": grub_password}
    # Ansible's own name for it knows no site, and two sites may use the same addresses
    socket = hashlib.sha256(f"{host.site} {host.alias} {host.user}".encode()).hexdigest()[:10]
    return {
        "ansible_host": host.address,
        "ansible_port": host.port,
        "ansible_user": host.user,
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": shlex.join([*options, *alias]),
        "ansible_control_path": f"%(directory)s/{socket}",
        "joliba_backup": dict(backup or {}),
        "joliba": {
            "site": host.site,
            "tenant": host.tenant,
            "platform": host.platform,
            "tier": host.tier,
            "role": host.role.value,
            "level": host.level.value,
            "lang": lang,
            "cloud": host.cloud,
            "rules": list(rules),
            "facts": {**facts, "trusted": list(_TRUSTED.get(host.role, ()))},
            "deviations": [{"name": each.name, "rule": each.rule, "expires": each.expires} for each in host.deviations],
        },
    }
