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
    if site.state is not None and state_host(site.state) == "":
        yield Finding("POLICY-RESIDENCY-STATE", document.place(("state",)), {"found": site.state})


def _ranges(site: Site) -> Iterator[tuple[Path, IPNetwork]]:
    yield ("addresses", "supernet"), site.addresses.supernet
    yield ("external", "subnet"), site.external.subnet
    for position, block in enumerate(site.administration.operators):
        yield ("administration", "operators", position), block


def _hosts(site: Site) -> Iterator[tuple[Path, str]]:
    yield ("dns", "suffix"), site.zone_suffix
    yield ("dns", "hostmaster"), site.hostmaster.rpartition("@")[2]
    if site.state is not None and (host := state_host(site.state)):
        yield ("state",), host
    for image in site.images.values():
        for version in image.versions:
            if host := host_of(version.properties.get("image_source", "")):
                path = ("images", image.name, "versions", version.version, "properties", "image_source")
                yield path, host


def state_host(url: str) -> str | None:
    """The host of a Pulumi backend's URL: None for a folder of this machine, empty if the URL leaves it to a default.

    ``s3://bucket`` without ``endpoint`` is a bucket of the protocol's inventor, abroad.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return None
    if parts.scheme == "s3":
        endpoint = parse_qs(parts.query).get("endpoint", [""])[-1]
        return host_of(endpoint if "//" in endpoint else f"//{endpoint}") or ""
    return host_of(url) or ""
