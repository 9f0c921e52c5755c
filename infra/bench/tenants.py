"""The tenants that are built: copies of an ordinary request, each with its own name and its own blocks."""

from collections.abc import Sequence

from infra import environment
from infra.bench.place import SITE, Place

PATTERN = "justice"
"""An ordinary request of the sample site: one network, two tiers of one server each, a data volume, one flow."""


def name(number: int) -> str:
    """The name of the tenant with a number, from 1."""
    return f"bench-{number:02}"


def write(place: Place, number: int) -> Sequence[str]:
    """Write the requests of `number` tenants; ``joliba allocate`` then gives them their blocks.

    Returns:
        The tenants' names.
    """
    pattern = environment.CHECKOUT / "inventories" / SITE / "tenants" / f"{PATTERN}.yaml"
    text, names = pattern.read_text(encoding="utf-8"), [name(each) for each in range(1, number + 1)]
    for tenant in names:
        request = place.inventory / "tenants" / f"{tenant}.yaml"
        request.write_text(text.replace(f"tenant: {PATTERN}\n", f"tenant: {tenant}\n"), encoding="utf-8")
    return names
