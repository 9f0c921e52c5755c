"""What programs of this host share with each other: local sockets, and the temporary folder."""

from __future__ import annotations

import fnmatch
import os
import stat

from ansible.module_utils.joliba.observing import NotApplicable, Observed, Unmeasured, at, output, text_of


def open_sockets(known: list[str]) -> Observed:
    """Local sockets that anybody may connect to, those that match one of these patterns apart."""
    text = text_of("/proc/net/unix")
    if text is None:
        raise Unmeasured("/proc/net/unix cannot be read")
    paths = {words[7] for words in (line.split(None, 7) for line in text.splitlines()[1:]) if len(words) > 7}  # noqa: PLR2004
    return Observed(
        effective=sorted(
            path
            for path in paths
            if path.startswith("/") and not any(fnmatch.fnmatchcase(path, each) for each in known) and _open(path)
        )
    )


def _open(path: str) -> bool:
    """Whether anybody may write to it, through all folders above it."""
    try:
        if not os.lstat(at(path)).st_mode & stat.S_IWOTH:
            return False
        folder = os.path.dirname(path)
        while folder != "/":
            if not os.stat(at(folder)).st_mode & stat.S_IXOTH:
                return False
            folder = os.path.dirname(folder)
    except OSError:
        return False  # it went meanwhile
    return True


def services_sharing_temporary_folders(names: list[str]) -> Observed:
    """Which of these services share /tmp with everybody (systemd's ``PrivateTmp``)."""
    if not names:
        raise NotApplicable("no service is declared for this host")
    units = [name if "." in name else f"{name}.service" for name in names]
    shown = output("systemctl", "show", "--no-pager", "--property=Id,LoadState,PrivateTmp", *units)
    each = [dict(line.split("=", 1) for line in part.splitlines() if "=" in line) for part in shown.split("\n\n")]
    found = [one["Id"] for one in each if one.get("LoadState") == "loaded" and one.get("PrivateTmp") != "yes"]
    return Observed(effective=found)


PROBES = {
    "open_sockets": open_sockets,
    "services_sharing_temporary_folders": services_sharing_temporary_folders,
}
