"""The bounds of a sample tenant, within a foundation whose ids are called after what they are of."""

from dataclasses import replace
from pathlib import Path

from datacenter.test_components import foundation_of

from infra.intake.inventory import read_site
from infra.plan.firewall import security_groups
from infra.plan.quota import quota
from infra.policy import types
from infra.policy.bounds import Bounds, bounds
from infra.policy.tenant_inputs import INPUTS

ROOT = Path(__file__).parents[2]
OWN = {
    **dict.fromkeys(INPUTS, frozenset({"own"})),
    types.BALANCERS_PORT: frozenset({"own"}),
    types.PUBLIC_ADDRESS: frozenset({"198.51.100.10"}),
}
"""What the program's own resources have got by now."""


def bounds_of(name: str, change=lambda tenant: tenant) -> Bounds:
    inventory = read_site(ROOT, "ml-bko", only=[name])
    tenant, site, register = change(inventory.requests[name].tenant), inventory.site, inventory.register
    foundation = replace(
        foundation_of(inventory), images={"debian-12": "i", "debian-13": "i13"}, management_key="management_key"
    )
    limits = quota(
        tenant, site=site, groups=security_groups(tenant, site=site, register=register, peers=inventory.peers)
    )
    return bounds(tenant, site, inventory.country, register=register, foundation=foundation, limits=limits)
