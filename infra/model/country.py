"""Law, authority, currency and approvers of a country: data, not code."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.model.classification import Classification


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The data-protection authority and the laws it watches over."""

    name: str
    laws: tuple[str, ...]


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
