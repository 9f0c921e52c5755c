"""The passwords of backups, made once: each host encrypts its own with one, each tenant logs in to the server with one.

``<home>/keys/<site>/backups`` holds them, mode 0600, under the host's name and the tenant's: a host that is lost must
not take the key of its backups along.
"""

import secrets
import string

from infra.environment import home
from infra.hosts.inventory import Host
from infra.toolchain.secret_file import write_once

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 40


def backup_passwords(host: Host) -> dict[str, str]:
    """``encryption`` and ``login``; what is not there yet is made."""
    return {"encryption": _password(host.site, host.name), "login": _password(host.site, host.tenant)}


def _password(site: str, name: str) -> str:
    file = home() / "keys" / site / "backups" / name
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_once(file, "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) + "\n")
    return file.read_text(encoding="ascii").strip()
