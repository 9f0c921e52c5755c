"""The stack's own configuration: the only module that reads it."""

import pulumi

from infra.errors import JolibaError
from infra.model.contract import CONTRACT, FOUNDATION, PROJECT


def stack_parts() -> tuple[str, str]:
    """The site and the part (``foundation`` or a tenant) that this stack is named after.

    Raises:
        JolibaError: the stack's name is not ``<site>.<part>``.
    """
    site, dot, part = pulumi.get_stack().partition(".")
    if not dot or not site or not part:
        told = "stack {found!r}: its name must be <site>.<tenant> or <site>.{foundation}"
        raise JolibaError(told, found=pulumi.get_stack(), foundation=FOUNDATION)
    return site, part


def management_key(site_key: str | None) -> str:
    """The public half of the site's management key: from the site's file, else what ``joliba stacks`` prepared.

    Raises:
        JolibaError: neither names one.
    """
    key = site_key or pulumi.Config(PROJECT).get("managementKey")
    if not key:
        raise _unprepared()
    return key


def service_password() -> pulumi.Output[str]:
    """The password of the tenant's service user, a secret.

    Raises:
        JolibaError: the stack was not prepared.
    """
    found = pulumi.Config(PROJECT).get_secret("servicePassword")
    if found is None:
        raise _unprepared()
    return found


def _unprepared() -> JolibaError:
    site, _ = stack_parts()
    told = "stack {stack} is not prepared: run `joliba stacks {site} --prepare` once, then try again"
    return JolibaError(told, stack=pulumi.get_stack(), site=site)


def read_contract(part: str) -> dict[str, object] | None:
    """The contract that a stack of this site exported last; None if it was never built.

    Read as a plain value, not as an output: the program decides on it what to declare.
    """
    site, _ = stack_parts()
    name = f"{pulumi.get_organization()}/{PROJECT}/{site}.{part}"
    try:
        found = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
    except Exception as error:
        if "unknown stack" in str(error):
            return None
        raise
    contract = (found or {}).get("outputs", {}).get(CONTRACT)
    return contract if isinstance(contract, dict) else None
