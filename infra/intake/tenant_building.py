"""A judged draft becomes a `Tenant`: the one place where a request's words become typed values."""

from datetime import date

from netaddr import IPNetwork

from infra.intake.defaults import Draft
from infra.intake.reading import Tree
from infra.model.classification import Classification, HardeningLevel, Lifecycle, Role, Spread, TierRole
from infra.model.flow import Flow, PortRange, TierAddress, parse_end
from infra.model.tenant import (
    AccessGroup,
    Backups,
    Bucket,
    Contact,
    Contacts,
    DataNature,
    DataVolume,
    Deviation,
    Egress,
    Network,
    Platform,
    Published,
    Tenant,
    Tier,
)


def build_tenant(draft: Draft) -> Tenant:
    """The tenant of a draft that has no error."""
    values = draft.values
    return Tenant(
        name=values["tenant"],
        ministry=values["ministry"],
        reason=values["reason"],
        classification=Classification(values["classification"]),
        contacts=Contacts(**{role: Contact(**person) for role, person in values["contacts"].items()}),
        networks={name: Network(name=name, **content) for name, content in values["networks"].items()},
        platforms={name: _platform(draft.name, name, content) for name, content in values.get("platforms", {}).items()},
        hardening=HardeningLevel(values["hardening"]["level"]),
        review_by=date.fromisoformat(values["review_by"]),
        lifecycle=Lifecycle(values["lifecycle"]),
        data=DataNature(**values.get("data", {})),
        buckets={name: Bucket(name=name, **content) for name, content in values.get("buckets", {}).items()},
        groups={name: _group(name, content) for name, content in values.get("access", {}).get("groups", {}).items()},
        egress=tuple(
            Egress(to=IPNetwork(rule["to"]), ports=parse_ports(rule["ports"]), reason=rule["reason"])
            for rule in values.get("egress", ())
        ),
        backups=Backups(**values["backups"]) if "backups" in values else None,
        deviations=tuple(_deviation(content) for content in values.get("deviations", ())),
        removes=tuple(values.get("removes", ())),
    )


def parse_ports(texts: list[str]) -> tuple[PortRange, ...]:
    """The port ranges of a list, sorted.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(sorted({PortRange.parse(text) for text in texts}))


def parse_flow(values: Tree, *, tenant: str, platform: str) -> Flow:
    """A flow as written in that tenant's platform.

    Raises:
        ValueError: an end or a port of it is none.
    """
    return Flow(
        source=parse_end(values["from"], tenant=tenant, platform=platform),
        target=TierAddress.parse(values["to"], tenant=tenant, platform=platform),
        ports=parse_ports(values["ports"]),
    )


def _platform(tenant: str, name: str, values: Tree) -> Platform:
    return Platform(
        name=name,
        description=values.get("description"),
        tiers={tier: _tier(tier, content) for tier, content in values.get("tiers", {}).items()},
        flows=tuple(parse_flow(flow, tenant=tenant, platform=name) for flow in values.get("flows", ())),
        publish={host: Published(name=host, **content) for host, content in values.get("publish", {}).items()},
    )


def _tier(name: str, values: Tree) -> Tier:
    return Tier(
        name=name,
        network=values["network"],
        count=values["count"],
        flavor=values["flavor"],
        image=values["image"],
        disk=values["disk"],
        volume_type=values["volume_type"],
        spread=Spread(values["spread"]),
        rebuild=values.get("rebuild"),
        volumes={volume: DataVolume(name=volume, **content) for volume, content in values.get("volumes", {}).items()},
        packages=tuple(values.get("packages", ())),
        services=tuple(values.get("services", ())),
        role=TierRole(values["role"]),
    )


def _group(name: str, values: Tree | str) -> AccessGroup:
    if isinstance(values, str):
        return AccessGroup(name=name, role=Role(values))
    return AccessGroup(name=name, role=Role(values["role"]), keys=tuple(values.get("keys", ())))


def _deviation(values: Tree) -> Deviation:
    return Deviation(**{**values, "expires": date.fromisoformat(values["expires"])})
