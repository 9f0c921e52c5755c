"""What a site's resources cost a ministry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """Prices a month, in ``currency`` (ISO 4217), from the day ``valid_from`` on.

    ``ram``, ``volumes`` (by volume type) and ``objects`` are of one GiB.
    """

    currency: str
    valid_from: date
    vcpu: Decimal
    ram: Decimal
    volumes: Mapping[str, Decimal]
    objects: Decimal
    public_address: Decimal
    load_balancer: Decimal
