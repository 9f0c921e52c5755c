"""``inventories/<site>/hosts.yaml``: the machines of a datacenter that are no tenant's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from infra.errors import RefusedError
from infra.hosts.catalogue import HostRole, read_catalogue
from infra.hosts.inventory import BANNER, BASTION, Host, bastion_host, port_facts, site_facts, volume_facts
from infra.hosts.record import DeviationRecord
from infra.intake.findings import Severity, language
from infra.intake.inventory import INVENTORIES
from infra.intake.reading import LARGEST_FILE, Document, Tree, read
from infra.intake.shape import check_shape
from infra.intake.suggestion import suggestion
from infra.model.classification import Classification, HardeningLevel
from infra.model.contract import FOUNDATION, FoundationContract
from infra.model.country import Country
from infra.model.site import Site
from infra.plan.cloud_config import AUTOMATION_USER
from infra.policy.deviations import wrong_consent, wrong_end


@dataclass(frozen=True, kw_only=True)
class OwnHosts:
    """What the file says; a site without one has no machines of its own to harden, apart from its bastion."""

    banner: str = BANNER
    bastion: Tree = field(default_factory=dict)
    hosts: Mapping[str, Tree] | None = None
    deviations: tuple[DeviationRecord, ...] = ()

    def bastion_host(self, foundation: FoundationContract, site: Site) -> Host:
        """The site's bastion, with what the file says of it."""
        return bastion_host(
            foundation,
            site,
            level=HardeningLevel(self.bastion.get("level", HardeningLevel.ENHANCED)),
            banner=self.banner,
            login_groups=self.bastion.get("login_groups", ()),
            deviations=self._deviations_of(f"{site.name}.{FOUNDATION}.{BASTION}"),
        )

    def _deviations_of(self, host: str) -> tuple[DeviationRecord, ...]:
        return tuple(each for each in self.deviations if host in each.hosts)

    def listed(self, site: Site, bastion: str) -> Iterator[Host]:
        """The machines; ``bastion`` is the address that SSH to some of them goes through."""
        for name, said in sorted((self.hosts or {}).items()):
            full = f"{site.name}.{FOUNDATION}.{name}"
            yield Host(
                name=full,
                site=site.name,
                tenant=FOUNDATION,
                ministry="",
                platform="",
                tier="",
                role=HostRole(said["role"]),
                level=HardeningLevel(said["level"]),
                address=said["address"],
                port=said.get("port", 22),
                user=said.get("user", AUTOMATION_USER),
                jump=bastion or None if said.get("through_bastion") else None,
                cloud=site.cloud,
                host_keys=tuple(said.get("host_keys", ())),
                facts={**site_facts(site, self.banner), **_declared(said, site)},
                deviations=self._deviations_of(full),
            )


def read_own_hosts(root: Path, site: str, country: Country | None, today: date) -> OwnHosts:
    """Read a site's file.

    Args:
        root: the project root.
        site: the site.
        country: whose offices approve its deviations; without one, none is honoured.
        today: the day that these are judged on.

    Raises:
        RefusedError: it does not have the shape of its schema, is another site's, or has a deviation from no rule, of
            no host, or that the country does not accept.
    """
    file = root / INVENTORIES / site / "hosts.yaml"
    if not file.exists() and not file.is_symlink():
        return OwnHosts()
    document = read(file, root, largest=LARGEST_FILE)
    check_shape(document, "hosts")
    if document.values.get("site", site) != site:
        document.refuse("NAME-FILE", ("site",), found=document.values["site"], file_name=site)
    if country and not document.findings:
        _judge_deviations(document, country, today)
    wrong = [each for each in document.findings if each.severity is Severity.ERROR]
    if told := [f"{each.place}: {each.text(language())}" for each in wrong]:
        raise RefusedError("\n".join(told))
    values = document.values
    names = tuple(f"{site}.{FOUNDATION}.{name}" for name in (BASTION, *values["hosts"]))
    return OwnHosts(
        banner=values.get("banner", BANNER).strip(),  # a text block of YAML ends in a line's end; hosts are compared
        bastion=values.get("bastion", {}),
        hosts=values["hosts"],
        deviations=tuple(_deviations(values.get("deviations", ()), site, names)) if country else (),
    )


def _judge_deviations(document: Document, country: Country, today: date) -> None:
    """As a request's; these machines carry every tenant, so that the highest classification's offices approve."""
    catalogue = read_catalogue()
    rules, hosts = [*catalogue.recommendations, *catalogue.rules], [BASTION, *document.values["hosts"]]
    for position, entry in enumerate(document.values.get("deviations", ())):
        place = ("deviations", position)
        if entry["rule"] not in rules:
            near = suggestion(entry["rule"], rules)
            document.refuse("SHAPE-VALUE", (*place, "rule"), found=entry["rule"], **near)
        for number, name in enumerate(entry.get("hosts", ())):
            if name not in hosts:
                document.refuse("SHAPE-VALUE", (*place, "hosts", number), found=name, **suggestion(name, hosts))
        highest = list(Classification)[-1]
        for code, key, told in (*wrong_consent(entry, country, highest), *wrong_end(entry, country, today)):
            document.refuse(code, (*place, key), found=entry[key], **told)


def _deviations(entries: list[Tree], site: str, names: tuple[str, ...]) -> Iterator[DeviationRecord]:
    for number, said in enumerate(entries, start=1):
        own = tuple(f"{site}.{FOUNDATION}.{name}" for name in said.get("hosts", ())) or names
        rest: dict[str, Any] = {key: value for key, value in said.items() if key != "hosts"}
        source = f"{INVENTORIES}/{site}/hosts.yaml"
        yield DeviationRecord(name=f"{site}.{FOUNDATION}#{number}", hosts=own, source=source, **rest)


def _declared(said: Tree, site: Site) -> dict[str, Any]:
    """What the machine is there for; SSH on a port of its own comes from the administration network, as any other."""
    ssh = [{"from": str(site.addresses.administration), "ports": [f"{said['port']}/tcp"]}] if "port" in said else []
    return {
        **port_facts([*said.get("flows_in", []), *ssh]),
        "packages": said.get("packages", []),
        "services": said.get("services", []),
        "login_groups": said.get("login_groups", []),
        **volume_facts({}),
        "people": [],
    }
