"""How a tenant's program knows that the foundation's complement has been applied (`infra.datacenter.complement`)."""

import hashlib
import json
from dataclasses import asdict

from infra.model.site import Site

NO_COMPLEMENT = (
    "the foundation of {site} lacks its complement (volume encryption, default security-group rules): "
    "run `joliba up {site}.{foundation}` first"
)
"""What to tell of a site whose complement has not been applied, or is no longer whole."""


def mark_prefix(site: Site) -> str:
    """What every mark of a site begins with: two sites may share one identity service."""
    return f"joliba-complement-{site.name}-"


def mark(site: Site) -> str:
    """The tag that says: the complement of this site's file has been applied."""
    declared = {
        name: asdict(volume_type.encryption)
        for name, volume_type in sorted(site.volume_types.items())
        if volume_type.encryption
    }
    return mark_prefix(site) + hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()[:16]
