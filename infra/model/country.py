"""Law, authority, currency, approvers and policy of a country: data, not code."""

from collections.abc import Mapping
from dataclasses import dataclass

from netaddr import IPNetwork

from infra.model.classification import Classification, HardeningLevel


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The data-protection authority and the laws it watches over."""

    name: str
    laws: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NationalList:
    """Where hosts, images, DNS, time, mirrors, logs, buckets and state may be.

    ``domains`` are suffixes of names without a leading dot, ``addresses`` ranges.
    """

    domains: tuple[str, ...]
    addresses: tuple[IPNetwork, ...]


@dataclass(frozen=True, kw_only=True)
class AcceptedDestination:
    """A range outside the national list that connections may be opened to, and why.

    ``country`` (ISO 3166-1, lower case) is where it is; ``personal`` whether personal data may go there.
    """

    to: IPNetwork
    country: str
    reason: str
    personal: bool


@dataclass(frozen=True, kw_only=True)
class LeastBackups:
    """Backups at least every ``every_hours`` hours, each kept for at least ``keep_days`` days."""

    every_hours: int
    keep_days: int


@dataclass(frozen=True, kw_only=True)
class ClassificationPolicy:
    """What a classification asks for.

    ``review_months``: how far ahead the next review may lie. ``independent_security``: whether the security contact
    must be another one than the technical contact. No ``backups``: none are asked for.
    """

    hardening: HardeningLevel
    review_months: int
    independent_security: bool
    backups: LeastBackups | None


@dataclass(frozen=True, kw_only=True)
class NaturePolicy:
    """What the law asks of personal or of health data.

    ``least`` is the lowest classification it may have, ``law`` the article that says so, ``transfers`` whether it may
    go to the destinations that the country accepts for it (the others are refused anyway).
    """

    least: Classification
    law: str
    encrypted: bool
    transfers: bool
    backups: LeastBackups | None


@dataclass(frozen=True, kw_only=True)
class DeviationPolicy:
    """Which rules a deviation may set aside, by their findings' codes, and for how many months at most."""

    longest_months: int
    rules: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A country's rules of what may be built.

    ``published_ports`` may be open to the Internet; ``closed_ports`` (with the service that they belong to) never;
    ``widest_egress`` is the shortest prefix length of a destination; ``reserved_names`` are no tenant's.
    """

    national: NationalList
    published_ports: tuple[int, ...]
    closed_ports: Mapping[int, str]
    reserved_names: frozenset[str]
    widest_egress: int
    accepted_destinations: tuple[AcceptedDestination, ...]
    classifications: Mapping[Classification, ClassificationPolicy]
    personal: NaturePolicy
    health: NaturePolicy
    deviations: DeviationPolicy


@dataclass(frozen=True, kw_only=True)
class Country:
    """A country. ``code`` and ``currency`` are ISO 3166-1 and ISO 4217.

    ``language`` is what its people are answered in.
    """

    code: str
    name: str
    currency: str
    language: str
    data_protection: Authority
    approvers: Mapping[Classification, tuple[str, ...]]
    policy: Policy
