"""All probes by the name that rules use: each takes the rule's argument and returns what it observed."""

from __future__ import annotations

from ansible.module_utils.joliba import base, sysctls

PROBES = {
    **base.PROBES,
    **sysctls.PROBES,
}
