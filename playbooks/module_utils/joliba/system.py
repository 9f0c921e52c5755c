"""Which system this host runs."""

from __future__ import annotations

import functools
import shlex

from ansible.module_utils.joliba.observing import lines_of


@functools.cache
def system() -> str:
    """Distribution and version as the catalogue calls them: ``debian-12``, ``ubuntu-24.04``, ``rocky-9``."""
    said = (line.partition("=") for line in lines_of("/etc/os-release"))
    found = {key: "".join(shlex.split(value)) for key, _, value in said}
    version = found.get("VERSION_ID", "")
    return f"{found.get('ID', 'unknown')}-{version.split('.')[0] if found.get('ID') == 'rocky' else version}"
