"""The stack's own configuration: the only module that reads it."""

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.proto.resource_pb2 import ResourceInvokeRequest
from pulumi.runtime.settings import get_monitor

from infra.errors import JolibaError
from infra.model.contract import CONTRACT, FOUNDATION, PROJECT

if TYPE_CHECKING:
    import grpc

_READ_STACK = "pulumi:pulumi:readStackOutputs"


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


def foresee_contract(part: str) -> "grpc.Future[Any] | None":
    """Have the engine begin to read a stack of this site, so that `read_contract` need not wait for it.

    The engine first derives the key of that stack's secrets, which takes it as long as Python takes to import the
    program, and remembers it.

    Returns:
        The call, which ends once nobody holds it; None without an engine.
    """
    monitor = get_monitor()
    if monitor is None:
        return None
    return monitor.Invoke.future(ResourceInvokeRequest(tok=_READ_STACK, args={"name": _stack(part)}))


def _stack(part: str) -> str:
    """The whole name of a stack of this site."""
    site, _, _ = pulumi.get_stack().partition(".")
    return f"{pulumi.get_organization()}/{PROJECT}/{site}.{part}"


def read_contract(part: str) -> dict[str, object] | None:
    """The contract that a stack of this site exported last; None if it was never built.

    Read as a plain value, not as an output: the program decides on it what to declare.
    """
    try:
        found = pulumi.runtime.invoke(_READ_STACK, {"name": _stack(part)}).value
    except Exception as error:
        if "unknown stack" in str(error):
            return None
        raise
    contract = (found or {}).get("outputs", {}).get(CONTRACT)
    return contract if isinstance(contract, dict) else None
