"""The Pulumi program: which stack this is, is its request sound, declare it.

``pulumi up`` by hand and ``joliba up`` run the same program, so what ``joliba check`` refuses neither can build.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_openstack as openstack

from infra import environment
from infra.datacenter import guard, settings
from infra.datacenter.catalogue import PLACEHOLDER
from infra.datacenter.foundation import Foundation, FoundationArgs
from infra.datacenter.provenance import commit_of
from infra.datacenter.tenant import Tenant, TenantArgs
from infra.errors import JolibaError, RefusedError
from infra.intake.findings import Finding, Severity, language
from infra.intake.inventory import INVENTORIES, SiteInventory, read_site
from infra.intake.reading import LARGEST_FILE, read
from infra.model.classification import Lifecycle
from infra.model.contract import (
    CONTRACT,
    FOUNDATION,
    FoundationContract,
    TenantContract,
    decode_foundation,
    decode_tenant,
)
from infra.model.country import Country
from infra.model.site import Site
from infra.plan.complement import NO_COMPLEMENT, mark
from infra.plan.firewall import security_groups
from infra.plan.quota import granted, quota
from infra.policy.bounds import bounds
from infra.policy.foundation import foundation_bounds, judge_foundation
from infra.policy.resources import judge_resource

if TYPE_CHECKING:
    from infra.lab.machines.profile import BootableImage

ALLOWED_OPENSTACK_VARIABLES = {"OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"}


def run() -> None:
    """Declare the stack that Pulumi is running.

    Raises:
        pulumi.RunError: with one message for the user, and no traceback, for every mistake of theirs.
    """
    try:
        _refuse_foreign_credentials()
        site, part = settings.stack_parts()
        root = Path(pulumi.get_root_directory())
        if part == FOUNDATION:
            _declare_foundation(*_read(root, site, only=[]), root)
        else:
            _declare_tenant(*_read(root, site, only=[part]), part)
    except JolibaError as error:
        raise pulumi.RunError(error.told(language())) from None


def _refuse_foreign_credentials() -> None:
    """Refuse variables that the OpenStack provider would take over what Joliba tells it.

    ``OS_CLOUD=admin`` in the shell would turn every tenant's own credential into the administrator's.
    """
    foreign = sorted(name for name in os.environ if name.startswith("OS_") and name not in ALLOWED_OPENSTACK_VARIABLES)
    if foreign:
        raise JolibaError(
            "{variables}: unset, please. The site's file names its cloud, and a tenant's resources are made with the "
            "tenant's own credential, not with one from the environment",
            variables=", ".join(foreign),
        )


def _read(root: Path, site: str, *, only: list[str]) -> tuple[SiteInventory, Site]:
    """What the files say, and the site among it.

    Raises:
        RefusedError: with all their findings.
    """
    inventory = read_site(root, site, only=only)
    if inventory.refused or inventory.site is None:
        raise _refusal(finding for finding in inventory.findings if finding.severity is Severity.ERROR)
    for finding in inventory.findings:
        pulumi.warn(f"{finding.place}: {finding.text(language())} ({finding.code})")
    return inventory, inventory.site


def _refusal(findings: Iterable[Finding]) -> RefusedError:
    lang = language()
    told = [f"{each.place}: {each.text(lang)} {each.fix(lang)} ({each.code})" for each in findings]
    return RefusedError("the request is refused:\n{findings}", findings="\n".join(told))


def _declare_foundation(inventory: SiteInventory, site: Site, root: Path) -> None:
    args = FoundationArgs(
        site=site,
        register=inventory.register,
        management_key=settings.management_key(site.administration.key),
        root=root,
        placeholders=environment.home() / "placeholders",
        bootable=_bootable(site),
        image_versions=_image_versions(site, root),
    )
    guard.install(_judge_foundation(args, _country(inventory)))
    foundation = Foundation(FOUNDATION, args)
    pulumi.export(CONTRACT, foundation.contract)


def _image_versions(site: Site, root: Path) -> Mapping[str, str]:
    """The image versions that the last contract knows, by name, with their digests.

    Raises:
        RefusedError: the site's file now says something else of one of them. The provider would leave another file out
            and change properties in place, under servers that were made from what the name meant before.
    """
    known = (settings.read_contract(FOUNDATION) or {}).get("image_versions")
    built = known if isinstance(known, dict) else {}
    versions = [version for image in site.images.values() for version in image.versions]
    if changed := [version for version in versions if built.get(version.name, version.digest) != version.digest]:
        file = read(root / INVENTORIES / site.name / "site.yaml", root, largest=LARGEST_FILE)
        places = [file.place(("images", each.image, "versions", each.version), at_key=True) for each in changed]
        told = zip(places, changed, strict=True)
        raise _refusal(Finding("IMAGE-CHANGED", place, {"found": each.name}) for place, each in told)
    return built


def _judge_foundation(args: FoundationArgs, country: Country) -> guard.Judge:
    within = foundation_bounds(
        args.site,
        country,
        register=args.register,
        files=[str(file) for file in _image_files(args)],
        key=args.management_key,
    )
    return lambda declared: judge_foundation(declared, within)


def _image_files(args: FoundationArgs) -> Iterator[Path]:
    """Every file that an image of the site may be made from."""
    for image in args.site.images.values():
        for version in image.versions:
            placeholder = version.source == PLACEHOLDER
            yield args.placeholders / f"{version.name}.raw" if placeholder else args.root / version.source
    for files in args.bootable.values():
        yield from (files.disk, files.kernel, files.initrd)


def _bootable(site: Site) -> Mapping[str, "BootableImage"]:
    """The images that the site's lab can boot; none of an ordinary lab, or of a cloud that is not one."""
    if site.cloud != environment.LAB_CLOUD:
        return {}
    from infra.lab import Lab  # noqa: PLC0415  most stacks need not wait for it

    profile = Lab(site.name).machines
    return profile.images if profile else {}


def _built(name: str) -> TenantContract | None:
    """What the tenant's last contract says; nothing if it has none or another version of Joliba wrote it.

    Without it no rebuild is declared: servers stay as they are.
    """
    plain = settings.read_contract(name)
    try:
        return decode_tenant(plain) if plain else None
    except TypeError:
        pulumi.warn(f"{name} was built by another version of Joliba: rebuilds declared since are left for the next run")
        return None


def _declare_tenant(inventory: SiteInventory, site: Site, name: str) -> None:
    if inventory.requests[name].tenant.lifecycle is Lifecycle.RETIRED:
        told = "{name} is retired: nothing is built for it (joliba destroy {site}.{name} removes it)"
        raise JolibaError(told, name=name, site=site.name)
    foundation = _foundation(site, name)
    built = _built(name)
    guard.install(_judge(inventory, site, name, foundation, built))
    administrator = openstack.Provider("administrator", cloud=site.cloud, region=site.region)
    _refuse_unmarked(site, foundation, administrator)
    tenant = Tenant(
        name,
        TenantArgs(
            request=inventory.requests[name].tenant,
            site=site,
            register=inventory.register,
            peers=inventory.peers,
            foundation=foundation,
            commit=commit_of(inventory.requests[name].file),
            password=settings.service_password(),
            administrator=administrator,
            built=built,
        ),
    )
    pulumi.export(CONTRACT, tenant.contract)


def _country(inventory: SiteInventory) -> Country:
    """The site's country: nothing is built without its policy.

    Raises:
        JolibaError: it cannot be read; an accepted site's can.
    """
    if inventory.country is None:
        raise JolibaError("the country of {site} cannot be read", site=inventory.name)
    return inventory.country


def _judge(
    inventory: SiteInventory, site: Site, name: str, foundation: FoundationContract, built: TenantContract | None
) -> guard.Judge:
    request, register = inventory.requests[name].tenant, inventory.register
    groups = security_groups(request, site=site, register=register, peers=inventory.peers)
    limits = granted(request, quota(request, site=site, groups=groups), built)
    within = bounds(request, site, _country(inventory), register=register, foundation=foundation, limits=limits)
    return lambda declared: judge_resource(declared, within)


def _foundation(site: Site, tenant: str) -> FoundationContract:
    """The foundation's contract.

    Raises:
        JolibaError: there is none, it is another version's, or it does not know the tenant yet.
    """
    first = {"site": site.name, "foundation": FOUNDATION}
    plain = settings.read_contract(FOUNDATION)
    if plain is None:
        raise JolibaError("the foundation of {site} is not built: run `joliba up {site}.{foundation}` first", **first)
    try:
        foundation = decode_foundation(plain)
    except TypeError:
        told = (
            "the foundation of {site} was built by another version of Joliba: run `joliba up {site}.{foundation}` first"
        )
        raise JolibaError(told, **first) from None
    if tenant not in foundation.zones:
        raise JolibaError(
            "the foundation of {site} does not know {tenant} yet (its DNS zone, its route): "
            "run `joliba up {site}.{foundation}` first",
            tenant=tenant,
            **first,
        )
    if lacking := foundation.missing(site):
        told = "the foundation of {site} does not have {missing} yet: run `joliba up {site}.{foundation}` first"
        raise JolibaError(told, missing=", ".join(lacking), **first)
    return foundation


def _refuse_unmarked(site: Site, foundation: FoundationContract, administrator: openstack.Provider) -> None:
    """Refuse while volume types are not encrypted as declared, or new groups would be born open."""
    project = openstack.identity.get_project(
        project_id=foundation.marked_project, opts=pulumi.InvokeOptions(provider=administrator)
    )
    if mark(site) not in project.tags:
        raise JolibaError(NO_COMPLEMENT, site=site.name, foundation=FOUNDATION)
