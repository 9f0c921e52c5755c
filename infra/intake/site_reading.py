"""One pass over a site's files: each read once, judged alone, then with the others."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path as File
from types import MappingProxyType
from typing import NamedTuple

from netaddr import IPNetwork

from infra.intake.address_plan import check_allocation, check_register, check_supernets, supernet
from infra.intake.capacity_checks import check_capacity, check_room
from infra.intake.claims import Claim, check_claims, claim
from infra.intake.consistency import check_draft
from infra.intake.defaults import Draft, merged
from infra.intake.findings import MOST_TOLD, Finding, Place, ordered, refused
from infra.intake.flow_checks import check_flow_words, check_flows, check_peers, named_peers
from infra.intake.messages import MESSAGES
from infra.intake.name_checks import check_foreign_groups, check_groups, check_host_names
from infra.intake.plain_reading import read_plainly
from infra.intake.protection import WIDEST_DESTINATION, check_protection
from infra.intake.reading import LARGEST_FILE, Document, parse, read
from infra.intake.shape import check_shape
from infra.intake.site_building import build_country, build_register, build_site
from infra.intake.site_checks import check_site
from infra.intake.site_inventory import INVENTORIES, RESERVED_TENANTS, Request, SiteInventory, sites
from infra.intake.suggestion import suggestion
from infra.intake.tenant_building import build_tenant
from infra.intake.two_processes import in_two
from infra.model.country import Country
from infra.model.register import Register
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan.capacity import Demand, demand
from infra.policy.days import judged_on
from infra.policy.judging import judge_request, judge_site


class _Known(NamedTuple):
    """What is known of every tenant whose request is sound, though it was not asked for."""

    demand: Demand
    claim: Claim


class SiteReading:
    """One pass over a site's files."""

    def __init__(
        self,
        root: File,
        site: str,
        names: list[str],
        *,
        today: date | None = None,
        forks: bool = False,
        drafted: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._forks = forks
        self._root, self._name, self._names, self._drafted = root, site, names, drafted
        self._folder = root / INVENTORIES / site
        self._drafts: dict[str, Draft] = {}
        self._sound: dict[str, bool] = {}
        self._tenants: dict[str, Tenant] = {}
        self._site_document = self._document(self._folder / "site.yaml", "site")
        self._site = build_site(self._site_document)
        self._country_findings: list[Finding] = []
        self._country = self._read_country(self._country_findings)
        self._today = today or judged_on(self._site.cloud if self._site else "")

    def inventory(self, names: list[str], *, whole: bool) -> SiteInventory:
        """Read and judge the named tenants, and what belongs to no tenant."""
        shared, country = list(self._country_findings), self._country
        register_document = self._register_document()
        register = build_register(register_document, self._name)
        if self._site is not None:
            check_site(self._site, self._site_document)
            check_capacity(self._site, self._site_document, country)
            check_supernets(self._site, self._site_document, self._others)
            check_register(self._site, register, register_document, self._site_document)
            if country is not None:
                self._site_document.findings += judge_site(self._site, self._site_document, country, self._today)
        requests: dict[str, Request] = {}
        for name in names:
            draft = self.draft(name)
            self._judge(draft, register)
            if self._site is not None and not draft.document.unreadable and not refused(draft.document.findings):
                requests[name] = Request(
                    tenant=self._tenant(name),
                    file=self._root / draft.document.file,
                    values=draft.values,
                    origins=draft.origins,
                )
            self._judge_by_policy(draft)
            check_allocation(draft, register, register_document)
        peers = {peer for name in names for _, peer in named_peers(self.draft(name)) if peer in self._names}
        if self._site is not None:
            broken = [peer for peer in peers if not self._is_sound(peer)]
            for name in names:
                check_peers(self.draft(name), self._names, self.draft, broken, register)
        if self._site is not None and names and not refused(self._site_document.findings):
            self._check_among_others(self._site, register, names)
        if whole:
            shared += self._strays() + self._orphans(register, register_document)
        shared += [*_told(self._site_document), *_told(register_document)]
        own = {name: _told(self.draft(name).document) for name in names}
        site = None if refused(self._site_document.findings) else self._site
        return SiteInventory(
            name=self._name,
            site=site,
            country=country,
            register=register,
            requests=requests,
            peers=self._built(peers - requests.keys()),
            names=tuple(self._names),
            findings=tuple(ordered([*shared, *(each for found in own.values() for each in found)])),
            refusals=frozenset(name for name, found in own.items() if refused(found)),
            shared=tuple(ordered(shared)),
        )

    def _check_among_others(self, site: Site, register: Register, names: list[str]) -> None:
        """Hold the sum of all tenants against the site, and each one's name: for one tenant every file is read."""

        def known_of(tenants: Iterable[str]) -> dict[str, _Known]:
            counted = ((name, self._counted(name)) for name in tenants)
            given = register.tenants
            return {
                name: _Known(demand(tenant, site, given.get(name)), claim(tenant)) for name, tenant in counted if tenant
            }

        others = [name for name in self._names if name not in self._sound]
        known = known_of(self._sound) | (in_two(known_of, others) if self._forks else known_of(others))
        oldest_first = sorted(known, key=register.age)
        judged = [(self.draft(name), self._tenant(name)) for name in names if name in known]
        claims = {name: known[name].claim for name in oldest_first}
        check_claims([draft for draft, _ in judged], claims, self._country, self.draft)
        demands = {name: known[name].demand for name in oldest_first}
        check_room(site, self._site_document, demands, judged)

    def _built(self, names: Collection[str]) -> dict[str, Tenant]:
        if self._site is None:
            return {}
        return {name: self._tenant(name) for name in sorted(names) if self._is_sound(name)}

    def _tenant(self, name: str) -> Tenant:
        """A tenant of a draft without errors, built once."""
        if name not in self._tenants:
            self._tenants[name] = build_tenant(self.draft(name))
        return self._tenants[name]

    def _counted(self, name: str) -> Tenant | None:
        """A tenant for the sum of all, if its file is sound; of one not asked for, read without places and let go."""
        known = name in self._drafts or name in self._drafted
        values = None if known else read_plainly(self._folder / "tenants" / f"{name}.yaml")
        if values is None:
            return self._tenant(name) if self._is_sound(name) else None
        document = Document(name, values)
        check_shape(document, "tenant")
        draft = merged(name, document, self._site_document)
        self._judge_alone(draft)
        return None if refused(draft.document.findings) else build_tenant(draft)

    def draft(self, name: str) -> Draft:
        """A tenant's file, read once and merged with its defaults."""
        if name not in self._drafts:
            file = self._folder / "tenants" / f"{name}.yaml"
            document = self._document(file, "tenant", self._drafted.get(name))
            self._drafts[name] = merged(name, document, self._site_document)
        return self._drafts[name]

    def _judge(self, draft: Draft, register: Register) -> None:
        self._is_sound(draft.name)
        if self._site is not None and not draft.document.unreadable:
            check_flows(draft, self._names, self.draft)
            check_host_names(draft, self._names, self.draft)
            check_foreign_groups(draft, self._names, self.draft, register.tenants)

    def _judge_by_policy(self, draft: Draft) -> None:
        """Judge a request by its country's policy. What it refuses leaves the file sound for those that name it."""
        if self._site is not None and self._country is not None and not draft.document.unreadable:
            told = judge_request(draft, self._site, self._country, self._today, MESSAGES)
            draft.document.findings += [draft.own(each) for each in told]

    def _is_sound(self, name: str) -> bool:
        """Whether a tenant's file has no error of its own, whatever the other tenants' files say; judged once."""
        if name not in self._sound:
            draft = self.draft(name)
            self._judge_alone(draft)
            self._sound[name] = not draft.document.unreadable and not refused(draft.document.findings)
        return self._sound[name]

    def _judge_alone(self, draft: Draft) -> None:
        if draft.document.unreadable:
            return
        if draft.name in RESERVED_TENANTS:
            draft.document.refuse("NAME-RESERVED", ("tenant",), found=draft.name)
        _same_name(draft.document, "tenant", draft.name)
        if self._site is not None:
            self._check_zone(draft, self._site.zone(draft.name))
            check_draft(draft, self._site, self._site_document)
            check_flow_words(draft)
            widest = self._country.policy.widest_egress if self._country else WIDEST_DESTINATION
            check_protection(draft, self._site, self._supernets, widest)
            check_groups(draft)

    def _check_zone(self, draft: Draft, zone: str) -> None:
        """No tenant's zone holds another site's: it could name that site's every service."""
        for owner, other in self._others.items():
            dns = other.values.get("dns")
            suffix = dns.get("suffix") if isinstance(dns, dict) else None
            if f".{suffix}".endswith(f".{zone}"):
                draft.document.refuse("NAME-ZONE", ("tenant",), zone=zone, owner=owner)

    def _document(self, file: File, schema: str, drafted: str | None = None) -> Document:
        if drafted is not None:
            document = parse(drafted.encode(), file.relative_to(self._root).as_posix())
            check_shape(document, schema)
            return document
        if not file.exists() and not file.is_symlink():
            name = file.relative_to(self._root).as_posix()
            return Document(name, findings=[Finding("FILE-MISSING", Place(name))], broken={()})
        document = read(file, self._root) if schema == "tenant" else read(file, self._root, largest=LARGEST_FILE)
        check_shape(document, schema)
        if schema == "site":
            _same_name(document, "site", file.parent.name)
        return document

    def _read_country(self, findings: list[Finding]) -> Country | None:
        code = self._site_document.values.get("country")
        if code is None:
            return None
        folder = self._root / INVENTORIES / "countries"
        known = sorted(file.stem for file in folder.glob("*.yaml"))
        if code not in known:
            self._site_document.refuse("NAME-UNKNOWN-COUNTRY", ("country",), found=code, **suggestion(code, known))
            return None
        document = self._document(folder / f"{code}.yaml", "country")
        _same_name(document, "country", code)
        country = build_country(document)
        findings += document.findings  # an address that is none is found while the country is built
        return country

    def _register_document(self) -> Document:
        file = self._folder / "addresses.yaml"
        if not file.exists() and not file.is_symlink():  # a new site: nothing was given yet
            return Document(file.relative_to(self._root).as_posix(), values={"tenants": {}})
        document = self._document(file, "addresses")
        _same_name(document, "site", self._name)
        return document

    @cached_property
    def _others(self) -> Mapping[str, Document]:
        """The other sites' files: their ranges must not overlap this one's."""
        folder = self._root / INVENTORIES
        names = [name for name in sites(self._root) if name != self._name]
        return {name: read(folder / name / "site.yaml", self._root, largest=LARGEST_FILE) for name in names}

    @cached_property
    def _supernets(self) -> Mapping[str, IPNetwork]:
        """Every site's range that can be read, by the site's name."""
        own = {} if self._site is None else {self._name: self._site.addresses.supernet}
        return own | {name: range_ for name, other in self._others.items() if (range_ := supernet(other)) is not None}

    def _strays(self) -> list[Finding]:
        found, names = [], set(self._names)
        for file in sorted((self._folder / "tenants").glob("*")):
            if file.suffix != ".yaml" or file.stem not in names:
                place = Place(file.relative_to(self._root).as_posix())
                found.append(Finding("FILE-NAME", place, {"name": file.name}))
        return found

    def _orphans(self, register: Register, document: Document) -> list[Finding]:
        names = set(self._names)
        return [
            Finding("ADDRESS-ORPHAN", document.place(("tenants", name), at_key=True), {"tenant": name})
            for name, allocation in register.tenants.items()
            if name not in names and not allocation.retired
        ]


def _told(document: Document) -> list[Finding]:
    """A file's findings, or the first of too many."""
    found = ordered(document.findings)
    if len(found) <= MOST_TOLD:
        return found
    told = {"count": str(len(found)), "shown": str(MOST_TOLD)}
    return [*found[:MOST_TOLD], Finding("FILE-FINDINGS", Place(document.file), told)]


def _same_name(document: Document, key: str, name: str) -> None:
    found = document.values.get(key, name)
    if found != name:
        document.refuse("NAME-FILE", (key,), found=found, file_name=name)
