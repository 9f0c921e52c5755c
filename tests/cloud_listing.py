"""Everything that is in a cloud, as far as its administrator can see, so that two moments can be compared."""

import sqlite3
from collections.abc import Iterator


def listing(cloud, lab) -> dict[str, list[str]]:
    """Names and ids of everything in every service, what the services make by themselves included."""
    return {kind: sorted(found) for kind, found in _everything(cloud, lab)}


def _everything(cloud, lab) -> Iterator[tuple[str, list[str]]]:
    def named(found):
        return [f"{thing.id} {thing.name or ''}" for thing in found]

    identity, network, compute = cloud.identity, cloud.network, cloud.compute
    for kind in ("domains", "projects", "users", "groups", "roles"):
        yield kind, named(getattr(identity, kind)())
    yield (
        "role assignments",
        [str((each.role["id"], each.user, each.group, each.scope)) for each in identity.role_assignments()],
    )
    for kind in ("networks", "subnets", "ports", "routers", "ips", "qos_policies", "rbac_policies"):
        yield kind, [each.id for each in getattr(network, kind)()]
    services = identity.find_project("service").id  # Nova asks Neutron as this project, which gets a group for it
    groups = [group for group in network.security_groups() if group.project_id != services]
    yield "security groups", [f"{group.id} {group.name}" for group in groups]
    own = {group.id for group in groups}
    rules = network.security_group_rules()
    yield "security group rules", [rule.id for rule in rules if rule.security_group_id in own]
    yield "default rules", [f"{each.direction} {each.ether_type}" for each in network.default_security_group_rules()]
    yield "network quotas", [str(each) for each in network.get("/quotas").json()["quotas"]]
    yield "servers", named(compute.servers(all_projects=True, details=False))
    yield "flavors", named(compute.flavors(is_public=None))
    yield "server groups", named(compute.server_groups(all_projects=True))
    volumes = cloud.block_storage
    yield "volumes", named(volumes.volumes(all_projects=True))
    yield "snapshots", named(volumes.snapshots(all_projects=True))
    yield "backups", named(volumes.backups(all_projects=True))
    types = list(volumes.types())
    yield "volume types", named(types)
    for each in types:
        yield f"encryption of {each.name}", [str(volumes.get(f"/types/{each.id}/encryption").json())]
    yield "images", named(cloud.image.images())
    balancer = cloud.load_balancer
    for kind in ("load_balancers", "listeners", "pools", "health_monitors"):
        yield kind, named(getattr(balancer, kind)())
    quotas = balancer.get("/lbaas/quotas").json()["quotas"]  # a deleted one stays as a row of -1, which says nothing
    yield "balancer quotas", [str(each) for each in quotas if each["pool"] != -1]
    everywhere = {"X-Auth-All-Projects": "true"}
    zones = cloud.dns.get("/zones", headers=everywhere).json()["zones"]
    yield "zones", [zone["name"] for zone in zones]
    for zone in zones:
        shares = cloud.dns.get(f"/zones/{zone['id']}/shares", headers=everywhere).json()
        yield f"shares of {zone['name']}", [share["id"] for share in shares.get("shared_zones", [])]
        records = cloud.dns.get(f"/zones/{zone['id']}/recordsets", headers=everywhere).json()["recordsets"]
        yield f"records of {zone['name']}", [f"{record['name']} {record['type']}" for record in records]
    yield "allocations", _allocations(cloud)
    yield from _rows_without_an_api(lab)


def _allocations(cloud) -> list[str]:
    placement = cloud.placement
    found = []
    for provider in placement.resource_providers():
        used = placement.get(f"/resource_providers/{provider.id}/allocations").json()["allocations"]
        found += [f"{provider.name} {consumer}" for consumer in used]
    return found


def _rows_without_an_api(lab) -> Iterator[tuple[str, list[str]]]:
    """What no list call shows: quotas and key pairs are only listed for a project or user that one can still name."""
    tables = {
        ("nova_api", "quotas"): "select project_id || ' ' || resource from quotas",
        ("nova_api", "key_pairs"): "select user_id || ' ' || name from key_pairs",
        ("cinder", "quotas"): "select project_id || ' ' || resource from quotas where deleted = 0",
        ("designate", "quotas"): "select tenant_id || ' ' || resource from quotas",
        ("barbican", "secrets"): "select id from secrets where deleted = 0",
        ("keystone", "application_credential"): "select id from application_credential",
        ("keystone", "credential"): "select id || ' ' || type from credential",
        ("keystone", "trust"): "select id from trust where deleted_at is null",
    }
    for (database, table), query in tables.items():
        with sqlite3.connect(f"file:{lab.folder / 'data' / 'db' / database}.sqlite?mode=ro", uri=True) as connection:
            yield f"{database}.{table}", [row[0] for row in connection.execute(query)]
    yield "accounts with buckets", _accounts(lab)


def _accounts(lab) -> list[str]:
    """Swift's accounts that are not marked as deleted, with the number of their buckets: from their own databases."""
    found = []
    for file in (lab.folder / "data").rglob("accounts/**/*.db"):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            query = "select account || ' ' || container_count, status from account_stat"
            found += [row for row, status in connection.execute(query) if status != "DELETED"]
    return found
