"""The inputs of every type of resource of a tenant's stack (`infra.policy.inputs`)."""

from collections.abc import Mapping
from typing import Any

from infra.policy import types
from infra.policy.bounds import Bounds, Declared
from infra.policy.inputs import LABEL, TOGETHER, Judged, Row, among, inside, never, own

_MADE = "what is in it, not where it is or who reaches it"
_CHOICE = "a choice of how it works within the tenant"
_SECRET = "the service user's own password"  # noqa: S105  not one


def _limit(service: str, names: str) -> Row:
    """Limits of a service: none, or up to what the request comes to; never without end."""

    def accepts(value: Any, key: str, _: Declared, within: Bounds) -> bool:  # noqa: ANN401  an input's
        most: int = within.limits.get(service, {}).get(key, 0)
        return 0 <= int(value) <= most

    return {"project_id": own(types.PROJECT), **dict.fromkeys(names.split(), Judged(accepts, "RESOURCE-QUOTA"))}


def _volume_types(value: Mapping[str, Any], _: str, __: Declared, within: Bounds) -> bool:
    most = {name.lower(): limit for name, limit in within.limits["volume_types"].items()}
    return all(0 <= int(limit) <= most.get(name.lower(), 0) for name, limit in value.items())


def _size(value: Mapping[str, Any], _: str, declared: Declared, within: Bounds) -> bool:
    """A bucket's own limit: in bytes, as requested."""
    gib = within.buckets.get(str(declared.inputs.get("name")))
    return gib is None or str(value.get("quota-bytes")) == str(gib * 1024**3)


INPUTS: Mapping[str, Row] = {
    types.PROVIDER: {
        "auth_url": TOGETHER,
        "cloud": among("clouds", "RESOURCE-CLOUD"),
        "insecure": never("RESOURCE-INSECURE", present=False),
        "password": _SECRET,
        "region": among("regions", "RESOURCE-CLOUD"),
        "tenant_id": own(types.PROJECT),
        "user_domain_id": among("domains"),
        "user_name": among("users"),
    },
    types.VOLUME: {
        "enable_online_resize": _CHOICE,
        "metadata": LABEL,
        "name": LABEL,
        "size": "within the quotas, which are judged",
        "volume_type": TOGETHER,
    },
    types.VOLUME_QUOTA: {
        **_limit("volumes", "backup_gigabytes backups gigabytes groups per_volume_gigabytes snapshots volumes"),
        "volume_type_quota": Judged(_volume_types, "RESOURCE-QUOTA"),
    },
    types.SERVER: {
        "block_devices": {
            "boot_index": TOGETHER,
            "delete_on_termination": "protected data is in volumes of their own",
            "destination_type": TOGETHER,
            "source_type": TOGETHER,
            "uuid": among("images", "RESOURCE-IMAGE"),
            "volume_size": "within the quotas, which are judged",
            "volume_type": TOGETHER,
        },
        "flavor_id": among("flavors"),
        "image_id": among("images", "RESOURCE-IMAGE"),
        "key_pair": "the key pair of whoever makes the server: the service user's, whose keys are judged",
        "metadata": LABEL,
        "name": LABEL,
        "networks": {"port": own(types.PORT)},
        "scheduler_hints": {"group": own(types.SERVER_GROUP)},
        "tags": LABEL,
        "user_data": _MADE,
    },
    types.KEY_PAIR: {"name": LABEL, "public_key": among("keys")},
    types.COMPUTE_QUOTA: _limit("compute", "cores instances key_pairs ram server_group_members server_groups"),
    types.SERVER_GROUP: {"name": LABEL, "policies": _CHOICE},
    types.ATTACHMENT: {"instance_id": own(types.SERVER), "volume_id": own(types.VOLUME)},
    types.DNS_QUOTA: _limit("dns", "zones"),
    types.RECORD: {
        "name": TOGETHER,
        "records": own(types.PUBLIC_ADDRESS, "RESOURCE-RECORD"),
        "ttl": _CHOICE,
        "type": Judged(lambda value, *_: value == "A", "RESOURCE-RECORD"),
        "zone_id": TOGETHER,
    },
    types.ZONE_SHARE: {"target_project_id": own(types.PROJECT), "zone_id": TOGETHER},
    types.GROUP: {"description": LABEL, "domain_id": among("domains"), "name": among("groups")},
    types.PROJECT: {"description": LABEL, "domain_id": among("domains"), "name": among("names"), "tags": LABEL},
    types.USER: {
        "default_project_id": own(types.PROJECT),
        "description": LABEL,
        "domain_id": among("domains"),
        "ignore_password_expiry": "a machine's, which Joliba keeps and nobody types",
        "name": among("users"),
        "password": _SECRET,
    },
    types.ROLE: {
        "domain_id": never("RESOURCE-ROLE"),
        "group_id": own(types.GROUP),
        "project_id": own(types.PROJECT),
        "role_id": among("roles", "RESOURCE-ROLE"),
        "user_id": own(types.USER),
    },
    types.BALANCER: {"name": LABEL, "tags": LABEL, "vip_subnet_id": own(types.SUBNET)},
    types.LISTENER: {
        "loadbalancer_id": own(types.BALANCER),
        "name": LABEL,
        "protocol": _CHOICE,
        "protocol_port": TOGETHER,
        "tags": LABEL,
    },
    types.POOL: {
        "lb_method": _CHOICE,
        "listener_id": own(types.LISTENER),
        "name": LABEL,
        "protocol": _CHOICE,
        "tags": LABEL,
    },
    types.MEMBER: {
        "address": inside("blocks"),
        "name": LABEL,
        "pool_id": own(types.POOL),
        "protocol_port": among("targets"),
        "subnet_id": own(types.SUBNET),
    },
    types.MONITOR: {
        "delay": _CHOICE,
        "max_retries": _CHOICE,
        "name": LABEL,
        "pool_id": own(types.POOL),
        "timeout": _CHOICE,
        "type": _CHOICE,
    },
    types.BALANCER_QUOTA: _limit("balancer", "health_monitor l7_policy l7_rule listener loadbalancer member pool"),
    types.ADDRESS: {"pool": among("pools"), "port_id": TOGETHER, "tags": LABEL},
    types.NETWORK: {
        "port_security_enabled": TOGETHER,
        "description": LABEL,
        "external": never("RESOURCE-NETWORK", present=False),
        "name": LABEL,
        "qos_policy_id": among("qos"),
        "segments": never("RESOURCE-NETWORK"),
        "shared": never("RESOURCE-NETWORK", present=False),
        "tags": LABEL,
    },
    types.SUBNET: {
        "cidr": inside("blocks"),
        "dns_nameservers": among("resolvers", "RESOURCE-RESOLVER"),
        "ip_version": "the range says it too",
        "name": LABEL,
        "network_id": own(types.NETWORK),
        "tags": LABEL,
    },
    types.PORT: {
        "port_security_enabled": TOGETHER,
        "allowed_address_pairs": TOGETHER,
        "fixed_ips": {"ip_address": TOGETHER, "subnet_id": own(types.SUBNET, listed="shared_subnets")},
        "name": LABEL,
        "network_id": own(types.NETWORK, listed="shared"),
        "no_security_groups": "without a group nothing comes in or goes out",
        "security_group_ids": own(types.SECURITY_GROUP),
        "tags": LABEL,
        "tenant_id": own(types.PROJECT),
    },
    types.ROUTER: {"external_network_id": among("gateways"), "name": LABEL, "tags": LABEL},
    types.ROUTER_INTERFACE: {
        "port_id": own(types.PORT),
        "router_id": own(types.ROUTER),
        "subnet_id": own(types.SUBNET),
    },
    types.ROUTES: {"router_id": own(types.ROUTER), "routes": TOGETHER},
    types.NETWORK_QUOTA: _limit(
        "network", "floatingip network port rbac_policy router security_group security_group_rule subnet subnetpool"
    ),
    types.SECURITY_GROUP: {"delete_default_rules": TOGETHER, "name": LABEL, "tags": LABEL},
    types.RULE: {
        "direction": TOGETHER,
        "ethertype": "the range says it too",
        "port_range_max": TOGETHER,
        "port_range_min": TOGETHER,
        "protocol": TOGETHER,
        "remote_address_group_id": TOGETHER,
        "remote_group_id": own(types.SECURITY_GROUP),
        "remote_ip_prefix": TOGETHER,
        "security_group_id": own(types.SECURITY_GROUP),
    },
    types.BUCKET: {
        "container_read": TOGETHER,
        "container_sync_to": TOGETHER,
        "container_write": TOGETHER,
        "force_destroy": "acts once a person has confirmed that the data goes",
        "metadata": Judged(_size, "RESOURCE-QUOTA"),
        "name": among("buckets"),
    },
}
