"""The national list: whether a name or an address is one of the country's."""

from urllib.parse import urlsplit

from netaddr import AddrFormatError, IPAddress, IPNetwork

from infra.model.country import NationalList


def has_name(national: NationalList, name: str) -> bool:
    """Whether a domain name lies in one of the country's domains, or is one."""
    plain = name.lower().rstrip(".")
    return any(plain == domain or plain.endswith(f".{domain}") for domain in national.domains)


def has_range(national: NationalList, block: IPNetwork) -> bool:
    """Whether all of a range lies in one of the country's ranges."""
    first, last = block.first, block.last
    return any(own.first <= first and last <= own.last for own in national.addresses if own.version == block.version)


def has_host(national: NationalList, host: str) -> bool:
    """Whether a host, given as a name or an address, is the country's."""
    try:
        return has_range(national, IPNetwork(IPAddress(host)))
    except (AddrFormatError, ValueError):
        return has_name(national, host)


def host_of(url: str) -> str | None:
    """The host of a URL; None if it has none or is no URL."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
