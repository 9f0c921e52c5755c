"""Which hosts a person means, read from contracts, requests and the site's own file."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from infra.environment import home
from infra.errors import JolibaError, RefusedError
from infra.fleet.datacenter import Datacenter
from infra.fleet.stacks import StackName
from infra.fleet.state import read
from infra.hosts.backup_passwords import backup_passwords
from infra.hosts.boot_password import boot_password_hash
from infra.hosts.deviations import shipped_for
from infra.hosts.inventory import BASTION, Host, built_hosts, tenant_deviations, tenant_hosts, variables
from infra.hosts.known_hosts import known_hosts_file
from infra.hosts.own_hosts import read_own_hosts
from infra.hosts.record import DeviationRecord
from infra.intake.findings import Finding, Place
from infra.intake.inventory import SiteInventory, read_site, sites
from infra.model.classification import HardeningLevel
from infra.model.contract import FOUNDATION, FoundationContract, TenantContract, decode_foundation, decode_tenant
from infra.model.country import Country
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.policy.days import judged_on
from infra.policy.deviations import wrong_consent, wrong_end
from infra.wording import language, say_in


@dataclass(frozen=True)
class Choice:
    """``SITE[.TENANT[.PLATFORM[.TIER]]]``, or ``SITE.TENANT.SERVER``.

    >>> Choice.parse("ml-bko.sante.dossier-patient.web")
    Choice(site='ml-bko', rest=('sante', 'dossier-patient', 'web'))
    """

    site: str
    rest: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Choice":
        """Read what a person typed.

        Raises:
            JolibaError: not of that form.
        """
        site, *rest = text.split(".")
        if not all((site, *rest)) or len(rest) > 3:  # noqa: PLR2004  tenant, platform, tier
            raise JolibaError("{found!r} names no hosts: write SITE[.TENANT[.PLATFORM[.TIER]]]", found=text)
        return cls(site, tuple(rest))

    def holds(self, host: Host) -> bool:
        """Whether a host is meant."""
        if host.site != self.site:
            return False
        chain = (host.tenant, host.platform, host.tier)
        return chain[: len(self.rest)] == self.rest or host.name == ".".join((self.site, *self.rest))


@dataclass(frozen=True)
class Collected:
    """The hosts that are meant, sorted by name; those that are left out, each with the reason.

    ``notes`` say which deviations are not honoured, since the country does not accept them. ``bastions`` are those that
    hosts are reached through, whether they are meant or not.
    """

    hosts: tuple[Host, ...]
    left_out: tuple[tuple[Host, str], ...] = ()
    notes: tuple[str, ...] = ()
    bastions: tuple[Host, ...] = ()

    def among(self, names: Collection[str]) -> "Collected":
        """Only the hosts of these names; those that are no longer there are told."""
        hosts = tuple(host for host in self.hosts if host.name in names)
        left_out = tuple((host, why) for host, why in self.left_out if host.name in names)
        gone = sorted({*names} - {host.name for host in hosts} - {host.name for host, _ in left_out})
        told = [say_in(language(), "{host}: it is no longer there", host=name) for name in gone]
        return replace(self, hosts=hosts, left_out=left_out, notes=(*self.notes, *told))

    def without(self, reasons: Mapping[str, str]) -> "Collected":
        """The same without hosts of these names, which are left out for these reasons."""
        hosts = tuple(host for host in self.hosts if host.name not in reasons)
        left_out = tuple((host, reasons[host.name]) for host in self.hosts if host.name in reasons)
        return replace(self, hosts=hosts, left_out=(*self.left_out, *left_out))


def collect(root: Path, patterns: Sequence[str], *, level: HardeningLevel | None = None) -> Collected:
    """The hosts that are meant; without patterns all hosts of all sites.

    A tenant that is built is one whatever became of its file: of a whole site, its hosts are left out and told.

    ``level`` holds all of them to another level than their requests and files say.

    Raises:
        JolibaError: there is no such site or tenant, or no host of such a name.
        RefusedError: a request that was named, or the file of the site's own hosts, cannot be used.
    """
    known = sites(root)
    choices = [Choice.parse(text) for text in patterns] or [Choice(site, ()) for site in known]
    found: dict[str, Host] = {}
    beside = _Beside()
    for site in dict.fromkeys(choice.site for choice in choices):
        of_site = [choice for choice in choices if choice.site == site]
        tenants = None if any(not choice.rest for choice in of_site) else {choice.rest[0] for choice in of_site}
        every = list(_site_hosts(root, site, tenants, beside))
        for choice in of_site:
            meant = [host for host in every if choice.holds(host)]
            if not meant and choice.rest:
                name = ".".join((choice.site, *choice.rest))
                raise JolibaError("{name} has no host: nothing is built, or no such name", name=name)
            found |= {host.name: host for host in meant}
    hosts = (
        replace(host, level=level or host.level, deviations=(*host.deviations, *shipped_for(host.name)))
        for _, host in sorted(found.items())
    )
    ways = {(host.site, host.jump) for host in found.values()}
    through = tuple(host for host in beside.bastions if (host.site, host.address) in ways)
    return Collected(tuple(hosts), tuple(beside.left_out), tuple(beside.notes), through)


@dataclass
class _Beside:
    """What is found beside the hosts that are meant: see `Collected`."""

    left_out: list[tuple[Host, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bastions: list[Host] = field(default_factory=list)


class _UnusableError(Exception):
    """A tenant of which nothing can be asked; its text is its hosts' problem."""


def key_file(site: str) -> Path:
    """The private half of a site's management key."""
    return home() / "keys" / site / "management"


def _site_hosts(root: Path, site: str, tenants: set[str] | None, beside: _Beside) -> Iterator[Host]:
    wanted = None if tenants is None else sorted(tenants - {FOUNDATION})
    inventory, datacenter = read_site(root, site, only=wanted), Datacenter.open(site)
    today = judged_on(datacenter.site.cloud)
    own = read_own_hosts(root, site, inventory.country, today)
    foundation = _foundation(site, datacenter)
    bastion = foundation.bastion if foundation else ""
    if foundation:
        beside.notes += _untold_by_foundation(site, foundation)

    def known(host: Host) -> Host:
        key = " ".join(foundation.management_key.split()[:2]) if foundation else None
        return replace(host, facts={**host.facts, "management_key": key})

    way = [known(own.bastion_host(foundation, datacenter.site))] if foundation and bastion else []
    beside.bastions += way
    if tenants is None or FOUNDATION in tenants:
        yield from way
        yield from map(known, own.listed(datacenter.site, bastion))
    built = {stack.part for stack in datacenter.backend.stacks()} - {FOUNDATION} if wanted is None else set()
    for name in sorted({*inventory.names, *built}) if wanted is None else wanted:
        state = read(StackName(site, name), datacenter.backend)
        if not state or not state.contract:
            continue
        contract = decode_tenant(state.contract)
        try:
            hosts, refused = _tenant_hosts(
                contract, datacenter.site, inventory, bastion=bastion, banner=own.banner, today=today
            )
        except _UnusableError as why:
            if wanted is not None:
                _refuse(f"{site}.{name}", str(why))
            beside.left_out += [(host, str(why)) for host in built_hosts(contract, datacenter.site)]
            continue
        beside.notes += [*_untold_by_tenant(site, name, contract), *refused]
        yield from map(known, hosts)


def _tenant_hosts(
    contract: TenantContract, site: Site, inventory: SiteInventory, *, bastion: str, banner: str, today: date
) -> tuple[list[Host], list[str]]:
    """A tenant's hosts, and what is to be said of deviations that are not honoured.

    Raises:
        _UnusableError: not enough can be read to ask anything of them.
    """
    request = inventory.requests.get(contract.tenant)
    if request is None:
        there = contract.tenant in inventory.names
        raise _UnusableError(
            "its request cannot be read: joliba check" if there else "its request is gone, and its stack is not"
        )
    peers = {**inventory.peers, **{each: other.tenant for each, other in inventory.requests.items()}}
    asked = tenant_deviations(request.tenant, site)
    accepted, refused = _judged(asked, request.tenant, inventory.country, today)
    hosts = tenant_hosts(
        contract,
        site=site,
        register=inventory.register,
        tenant=request.tenant,
        peers=peers,
        bastion=bastion,
        banner=banner,
        deviations=accepted,
    )
    try:
        return list(hosts), refused
    except KeyError:  # a tenant that its flows name, or the register's entry of one
        raise _UnusableError(
            "a request that its own names, or the address register, cannot be read: joliba check"
        ) from None


def _refuse(stack: str, why: str) -> NoReturn:
    """Refuse a tenant that was named, for a reason that is a problem of its hosts in records."""
    from infra.hosts.report.wording import problem_word  # noqa: PLC0415  with all that words reports

    raise RefusedError("{stack}: {reason}", stack=stack, reason=problem_word(why, language()))


def _untold_by_foundation(site: str, built: FoundationContract) -> Iterator[str]:
    """What a foundation says too little for, that an earlier release built."""
    if built.bastion and not built.bastion_id:
        stack = f"{site}.{FOUNDATION}"
        told = "{host}: {stack} does not tell its server yet, whose host key is not read: joliba up {stack}"
        yield say_in(language(), told, host=f"{stack}.{BASTION}", stack=stack)


def _untold_by_tenant(site: str, name: str, built: TenantContract) -> Iterator[str]:
    """What a tenant says too little for, that an earlier release built."""
    if any(host.volumes.keys() - host.volume_types.keys() for host in built.hosts.values()):
        told = "{stack} does not tell its volumes' types yet, none of which counts as encrypted: joliba up {stack}"
        yield say_in(language(), told, stack=f"{site}.{name}")


def _judged(
    deviations: Sequence[DeviationRecord], tenant: Tenant, country: Country | None, today: date
) -> tuple[tuple[DeviationRecord, ...], list[str]]:
    """The deviations that the country accepts, expired ones too, and what is to be said of the others."""
    lang = language()
    if country is None:
        told = "{name}: not honoured, there is no country to judge it by"
        return (), [say_in(lang, told, name=each.name) for each in deviations]
    accepted, notes = [], []
    for each in deviations:
        entry = asdict(each)
        wrong = (*wrong_consent(entry, country, tenant.classification), *wrong_end(entry, country, today))
        for code, key, values in wrong:
            reason = Finding(code, Place(each.source), {"found": entry[key], **values}).text(lang)
            notes.append(say_in(lang, "{name}: not honoured: {reason}", name=each.name, reason=reason))
        if not wrong:
            accepted.append(each)
    return tuple(accepted), notes


def _foundation(site: str, datacenter: Datacenter) -> FoundationContract | None:
    state = read(StackName(site, FOUNDATION), datacenter.backend)
    return decode_foundation(state.contract) if state and state.contract else None


def snapshot(hosts: Sequence[Host], rules: Collection[str] = ()) -> dict[str, Any]:
    """Hosts as our inventory plugin takes them: by name, each with its ``groups`` and `variables`."""
    passwords = {site: boot_password_hash(site) for site in {host.site for host in hosts}}
    return {
        host.name: {
            "groups": list(host.groups),
            "variables": variables(
                host,
                key=key_file(host.site),
                known_hosts=known_hosts_file(host.site),
                lang=language(),
                grub_password=passwords[host.site],
                backup=backup_passwords(host) if host.facts.get("backup") else None,
                rules=rules,
            ),
        }
        for host in hosts
    }
