"""The one request that a command is about."""

from typing import TYPE_CHECKING

from infra.cli.findings import refuse
from infra.environment import project_root

if TYPE_CHECKING:
    from infra.intake.inventory import Request, SiteInventory


def read_request(name: str, lang: str) -> "tuple[Request, SiteInventory]":
    """The request of ``<site>.<tenant>``, with what was read of its site for it.

    Raises:
        JolibaError: there is no such site or tenant.
        RefusedError: it cannot be used; the findings were shown.
    """
    from infra.fleet.stacks import StackName  # noqa: PLC0415
    from infra.intake.inventory import read_site  # noqa: PLC0415  with all that reads and checks YAML

    stack = StackName.parse(name)
    inventory = read_site(project_root(), stack.site, only=[stack.part])
    request = inventory.requests.get(stack.part)
    if request is None:
        refuse(name, inventory.findings, lang)
    return request, inventory
