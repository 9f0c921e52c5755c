"""Where a site's own things are: its addresses, names, images' origins and state lie in the national list.

Hosts, DNS, time, mirror and log collectors are addresses within the site's ranges (`infra.intake.site_checks`), and
those ranges are judged here (SecNumCloud 3.2, 19.2: data *and technical data*).
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from netaddr import IPNetwork

from infra.intake.findings import Finding, Path
from infra.intake.reading import Document
from infra.model.country import Country
from infra.model.site import Site
from infra.policy.national import has_host, has_range, host_of


def residency(site: Site, document: Document, country: Country) -> Iterator[Finding]:
    """Every range, name, origin of an image and state of a site that is not the country's."""
    national = country.policy.national
    for path, block in _ranges(site):
        if not has_range(national, block):
            told = {"found": str(block), "country": country.name}
            yield Finding("POLICY-RESIDENCY-ADDRESS", document.place(path), told)
    for path, host in _hosts(site):
        if not has_host(national, host):
            told = {"found": host, "country": country.name, "accepted": ", ".join(national.domains)}
            yield Finding("POLICY-RESIDENCY-NAME", document.place(path), told)
    if site.state is not None and state_hosts(site.state) == ():
        yield Finding("POLICY-RESIDENCY-STATE", document.place(("state",)), {"found": site.state})


def _ranges(site: Site) -> Iterator[tuple[Path, IPNetwork]]:
    yield ("addresses", "supernet"), site.addresses.supernet
    yield ("external", "subnet"), site.external.subnet
    for position, block in enumerate(site.administration.operators):
        yield ("administration", "operators", position), block


def _hosts(site: Site) -> Iterator[tuple[Path, str]]:
    yield ("dns", "suffix"), site.zone_suffix
    yield ("dns", "hostmaster"), site.hostmaster.rpartition("@")[2]
    if site.hosts.mail_alias:
        yield ("hosts", "mail_alias"), site.hosts.mail_alias.rpartition("@")[2]
    for host in state_hosts(site.state or "file:") or ():
        yield ("state",), host
    for image in site.images.values():
        for version in image.versions:
            if origin := host_of(version.properties.get("image_source", "")):
                path = ("images", image.name, "versions", version.version, "properties", "image_source")
                yield path, origin


def state_hosts(url: str) -> tuple[str, ...] | None:
    """Every host that a Pulumi backend's URL names: None for a folder of this machine; empty if it names none.

    ``s3://bucket`` without ``endpoint`` is a bucket of the protocol's inventor, abroad. PostgreSQL takes several hosts,
    and more of them as a parameter.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    said = parse_qs(parts.query)
    if parts.scheme == "file":
        return None
    if parts.scheme == "s3":
        named = [each if "//" in each else f"//{each}" for each in said.get("endpoint", [])]
    else:
        listed = [parts.netloc.rpartition("@")[2], *said.get("host", []), *said.get("hostaddr", [])]
        named = [f"//{host}" for each in listed for host in each.split(",") if host]
    hosts = tuple(host_of(each) or "" for each in named)
    return hosts if all(hosts) else ()
