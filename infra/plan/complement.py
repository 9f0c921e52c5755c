"""How a tenant's program knows that the foundation's complement has been applied (`infra.datacenter.complement`)."""

import hashlib
import json
from dataclasses import asdict

from infra.model.site import Site

MARK_PREFIX = "joliba-complement-"


def mark(site: Site) -> str:
    """The tag that says: the complement of this site's file has been applied."""
    declared = {
        name: asdict(volume_type.encryption)
        for name, volume_type in sorted(site.volume_types.items())
        if volume_type.encryption
    }
    return MARK_PREFIX + hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()[:16]
