"""A tenant's security groups, as derived from its flows."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack

from infra.datacenter.labels import Labels
from infra.model.tenant import Tenant
from infra.plan import naming
from infra.plan.firewall import Rule


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """``groups`` as `infra.plan.firewall.security_groups` gives them."""

    tenant: Tenant
    labels: Labels
    groups: Mapping[str, tuple[Rule, ...]]


class Firewall(pulumi.ComponentResource):
    """The groups' ids by name within the tenant, and the rules of each: what waits for these finds them all in force.

    A group is born empty and gets only the derived rules. Rules go with their group in one call when the group goes.
    """

    group_ids: dict[str, pulumi.Output[str]]
    rules: dict[str, list[openstack.networking.SecGroupRule]]

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Firewall", name, None, opts)
        tiers = {naming.group(address): address for address, _ in args.tenant.tiers()}
        groups = {
            group: openstack.networking.SecGroup(
                f"{name}-{group}",
                name=naming.in_cloud(args.tenant, group),
                delete_default_rules=True,
                tags=args.labels.tags(tiers.get(group)),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for group in args.groups
        }
        self.group_ids = {group: made.id for group, made in groups.items()}
        self.rules = {
            group: [self._rule(f"{name}-{group}-{rule.name}", rule, groups[group]) for rule in rules]
            for group, rules in args.groups.items()
        }
        self.register_outputs({"groups": self.group_ids})

    def _rule(self, name: str, rule: Rule, group: openstack.networking.SecGroup) -> openstack.networking.SecGroupRule:
        ranged = rule.ports.protocol != "icmp"
        return openstack.networking.SecGroupRule(
            name,
            security_group_id=group.id,
            direction=rule.direction,
            ethertype="IPv4",
            protocol=rule.ports.protocol,
            port_range_min=rule.ports.first if ranged else None,
            port_range_max=rule.ports.last if ranged else None,
            remote_group_id=self.group_ids[rule.remote_group] if rule.remote_group else None,
            remote_ip_prefix=str(rule.remote_range) if rule.remote_range else None,
            opts=pulumi.ResourceOptions(parent=group, deleted_with=group),
        )
