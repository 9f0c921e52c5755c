"""Backups to the site's server: how they are set up, and when the last one was made."""

from __future__ import annotations

import os
import re
import time

from ansible.module_utils.joliba.observing import Observed, at, lines_of

_SETTINGS = "/etc/joliba/backup.env"
_SERVICE = "/etc/systemd/system/joliba-backup.service"
_TIMER = "/etc/systemd/system/joliba-backup.timer"
_MADE = "/var/lib/joliba-backup/made"
_HOUR = 3600  # seconds


def backup_settings(_: str) -> Observed:
    """Where backups go (without the login), of what, how often and for how long; None if none are set up.

    ``mounts`` are the places without whose file systems none is made.
    """
    said = dict(line.split("=", 1) for line in lines_of(_SETTINGS) if "=" in line)
    service = lines_of(_SERVICE)
    timer = "\n".join(lines_of(_TIMER))
    period = re.search(r"^OnUnitActiveSec=(\d+)h$", timer, re.MULTILINE)
    if not said or not period:
        return Observed(persistent=None)
    return Observed(
        persistent={
            "repository": re.sub(r"^rest:(https://)[^@/]*@", r"\1", said.get("RESTIC_REPOSITORY", "")),
            "paths": said.get("JOLIBA_PATHS", "").strip('"').split(),
            "mounts": sorted(_named(service, "RequiresMountsFor") & _named(service, "AssertPathIsMountPoint")),
            "every_hours": int(period[1]),
            "keep_days": said.get("JOLIBA_KEEP_DAYS"),
        }
    )


def backup_age_hours(_: str) -> Observed:
    """Hours since a backup was made; None if none ever was."""
    try:
        made = os.path.getmtime(at(_MADE))
    except FileNotFoundError:
        return Observed(effective=None)
    return Observed(effective=int((time.time() - made) / _HOUR))


def _named(unit: list[str], setting: str) -> set[str]:
    return {
        path for key, _, value in (line.partition("=") for line in unit) if key == setting for path in value.split()
    }


PROBES = {"backup_settings": backup_settings, "backup_age_hours": backup_age_hours}
