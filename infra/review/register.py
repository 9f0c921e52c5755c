"""Whether the register changed as `joliba allocate` changes it: what was given stays, until its tenant is retired."""

from collections.abc import Collection, Iterator
from shlex import quote

from infra.intake.findings import Finding, Path, Place, path_text
from infra.intake.inventory import INVENTORIES, SiteInventory
from infra.model.classification import Lifecycle
from infra.model.register import Allocation, Register
from infra.plan.blocks import prefix_for


def changed_allocations(before: Register, after: Register) -> set[str]:
    """The tenants whose entries differ."""
    names = before.tenants.keys() | after.tenants.keys()
    return {name for name in names if before.tenants.get(name) != after.tenants.get(name)}


def register_file(site: str) -> str:
    """A site's register, relative to the project's root."""
    return f"{INVENTORIES}/{site}/addresses.yaml"


def judge_register(
    before: SiteInventory, after: SiteInventory, *, commit: str, changed: Collection[str]
) -> Iterator[Finding]:
    """What is wrong with the changed entries of a register; the requests of those tenants must have been read.

    Places have the path alone, for there is no register document here.
    """
    for name in sorted(changed):
        was, now = before.register.tenants.get(name), after.register.tenants.get(name)
        retired = _retired_before(before, name, was)
        gone = name not in after.names
        if was and not (now is None and gone and retired):
            yield from _kept(name, was, now, after, commit)
        if now:
            yield from _unasked(name, was, now, after)
        if now and now.retired != (was.retired if was else False):
            request = (before if gone else after).requests.get(name)
            said = request is not None and request.tenant.lifecycle is Lifecycle.RETIRED
            if (request is not None or gone) and now.retired != said:
                values = {"what": name, "found": str(now.retired).lower()}
                yield Finding("CHANGE-REGISTER-RETIRED", _place(after, ("tenants", name)), values)


def _retired_before(before: SiteInventory, name: str, was: Allocation | None) -> bool:
    """Whether a tenant was retired already: by its request, or by the register if its file is long gone."""
    if name not in before.names:
        return was is not None and was.retired
    request = before.requests.get(name)
    return request is not None and request.tenant.lifecycle is Lifecycle.RETIRED


def _kept(name: str, was: Allocation, now: Allocation | None, after: SiteInventory, commit: str) -> Iterator[Finding]:
    for (what, path, given), held in zip(_parts(name, was), _held(was, now), strict=True):
        if held == given:
            continue
        code = "CHANGE-REGISTER-MOVED" if held else "CHANGE-REGISTER-FREED"
        values = {
            "what": what,
            "before": given,
            "after": held,
            "commit": commit,
            "file": quote(register_file(after.name)),
        }
        yield Finding(code, _place(after, path), values)


def _unasked(name: str, was: Allocation | None, now: Allocation, after: SiteInventory) -> Iterator[Finding]:
    """New blocks that the request does not ask for, or not so large: merged, they are the tenant's for ever."""
    request = after.requests.get(name)
    if request is None and name in after.names:
        return  # its request has errors of its own
    asked = request.tenant.networks if request else {}
    for network in sorted(now.networks.keys() - (was.networks.keys() if was else ())):
        block, wanted = now.networks[network], asked.get(network)
        values = {"what": f"{name}.{network}", "after": str(block)}
        place = _place(after, ("tenants", name, "networks", network))
        if wanted is None:
            yield Finding("CHANGE-REGISTER-UNASKED", place, values)
        elif block.prefixlen < (prefix := prefix_for(wanted.hosts, wanted.prefix)):
            yield Finding("CHANGE-REGISTER-LARGER", place, values | {"asked": f"/{prefix}"})


def _parts(name: str, given: Allocation) -> Iterator[tuple[str, Path, str]]:
    """What an entry holds: how it is called, where it stands, its address or block."""
    for shared in ("administration", "transit"):
        yield f"{name} ({shared})", ("tenants", name, shared), str(getattr(given, shared))
    for network, block in given.networks.items():
        yield f"{name}.{network}", ("tenants", name, "networks", network), str(block)


def _held(was: Allocation, now: Allocation | None) -> Iterator[str]:
    """What the new entry has at each place of the old one; empty where it has nothing."""
    yield str(now.administration) if now else ""
    yield str(now.transit) if now else ""
    for network in was.networks:
        yield str(now.networks[network]) if now and network in now.networks else ""


def _place(after: SiteInventory, path: Path) -> Place:
    return Place(register_file(after.name), path=path_text(path))
