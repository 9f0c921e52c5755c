"""All probes by the name that rules use: each takes the rule's argument and returns what it observed."""

from __future__ import annotations

from ansible.module_utils.joliba import base, booting, hardware, kernel_builds, mounts, sysctls

PROBES = {
    **base.PROBES,
    **booting.PROBES,
    **hardware.PROBES,
    **kernel_builds.PROBES,
    **mounts.PROBES,
    **sysctls.PROBES,
}
