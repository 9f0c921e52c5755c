"""What a foundation needs and the OpenStack provider has no resource for, as one declared, repeatable step.

- the encryption of volume types: how the hypervisors encrypt what the type's description promises;
- the network service's default security-group rules: new groups get none, so that every group, the ``default`` one of
  every project included, is born empty and closed.

`plan` says what is missing, `apply` does it and then marks the administrator's project; a tenant's program
refuses to run while the mark of its site's file is not there. `remove` puts back what OpenStack ships.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from openstack import exceptions
from openstack.connection import Connection

from infra.model.site import Encryption, Site
from infra.plan.complement import mark, mark_prefix

SHIPPED_DEFAULT_RULES = tuple(
    {
        "direction": direction,
        "ethertype": ethertype,
        "remote_group_id": "PARENT" if direction == "ingress" else None,
        "used_in_default_sg": True,
        "used_in_non_default_sg": direction == "egress",
    }
    for ethertype in ("IPv4", "IPv6")
    for direction in ("ingress", "egress")
)
"""The four templates that Neutron's own migration seeds."""


class Action(StrEnum):
    """What a step does to the cloud."""

    CREATE = "create"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between the cloud and the site's file. ``target`` names the volume type or the rule."""

    action: Action
    kind: str
    target: str
    identity: str


def plan(site: Site, cloud: Connection) -> list[Change]:
    """What `apply` would do now; empty when everything is as declared. Only the declared volume types are looked at."""
    return [*_encryption_changes(site, cloud), *_default_rule_changes(cloud)]


def _encryption_changes(site: Site, cloud: Connection) -> Iterator[Change]:
    ids = {found.name: found.id for found in cloud.block_storage.types()}
    for volume_type in site.volume_types.values():
        identity = ids.get(volume_type.name)
        if identity is None:
            continue
        present = _encryption(cloud, identity)
        if present == volume_type.encryption:
            continue
        if present:
            yield Change(action=Action.DELETE, kind="encryption", target=volume_type.name, identity=identity)
        if volume_type.encryption:
            yield Change(action=Action.CREATE, kind="encryption", target=volume_type.name, identity=identity)


def _encryption(cloud: Connection, volume_type_id: str) -> Encryption | None:
    found = cloud.block_storage.get_type_encryption(volume_type_id)
    if not found.provider:
        return None
    return Encryption(
        provider=found.provider,
        cipher=found.cipher,
        key_size=int(found.key_size),
        control_location=found.control_location,
    )


def _default_rule_changes(cloud: Connection) -> Iterator[Change]:
    for rule in cloud.network.default_security_group_rules():
        yield Change(
            action=Action.DELETE,
            kind="default security-group rule",
            target=f"{rule.direction} {rule.ether_type}",
            identity=rule.id,
        )


def apply(site: Site, cloud: Connection) -> list[Change]:
    """Do what `plan` says and mark the cloud. Repeatable; killed half-way, the next run does the rest.

    Returns:
        What was changed.
    """
    changes = plan(site, cloud)
    for change in changes:
        if change.kind == "encryption":
            _change_encryption(site, cloud, change)
        else:
            cloud.network.delete_default_security_group_rule(change.identity)
    _set_marks(site, cloud, mark(site))
    return changes


def _change_encryption(site: Site, cloud: Connection, change: Change) -> None:
    if change.action is Action.DELETE:
        cloud.block_storage.delete_type_encryption(volume_type=change.identity)
        return
    wanted = site.volume_types[change.target].encryption
    if wanted:
        cloud.block_storage.create_type_encryption(change.identity, **asdict(wanted))


def remove(site: Site, cloud: Connection) -> list[Change]:
    """Put back what OpenStack ships: the four default rules; no encryption on the site's volume types; no mark."""
    changes = []
    for volume_type in cloud.block_storage.types():
        if volume_type.name in site.volume_types and _encryption(cloud, volume_type.id):
            cloud.block_storage.delete_type_encryption(volume_type=volume_type.id)
            changes.append(
                Change(action=Action.DELETE, kind="encryption", target=volume_type.name, identity=volume_type.id)
            )
    present = {(rule.direction, rule.ether_type) for rule in cloud.network.default_security_group_rules()}
    for rule in SHIPPED_DEFAULT_RULES:
        if (rule["direction"], rule["ethertype"]) not in present:
            made = cloud.network.create_default_security_group_rule(
                **{key: value for key, value in rule.items() if value is not None}
            )
            changes.append(
                Change(
                    action=Action.CREATE,
                    kind="default security-group rule",
                    target=f"{rule['direction']} {rule['ethertype']}",
                    identity=made.id,
                )
            )
    _set_marks(site, cloud)
    return changes


def _set_marks(site: Site, cloud: Connection, *wanted: str) -> None:
    """Replace the site's marks on the administrator's project, and leave all other tags."""
    project_id = cloud.current_project_id
    found = cloud.identity.get(f"/projects/{project_id}/tags")
    exceptions.raise_from_response(found)
    tags = [tag for tag in found.json()["tags"] if not tag.startswith(mark_prefix(site))]
    answer = cloud.identity.put(f"/projects/{project_id}/tags", json={"tags": sorted([*tags, *wanted])})
    exceptions.raise_from_response(answer)
