"""Makes a copy of the golden data one lab's own: its ports, passwords, keys and folders, at every start anew."""

import base64
import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import bcrypt

from infra.lab.catalogue import BY_NAME, SERVICES
from infra.lab.deployment import Deployment, write_file

INTERFACES = ("public", "internal", "admin")
KEY_FOLDERS = ("fernet", "credential")


def placeholder(name: str) -> str:
    """The endpoint that the golden copy holds until a lab gives it a port."""
    return f"http://{name}.invalid{BY_NAME[name].path}"


def settle(lab: Deployment) -> None:
    """Write what belongs to this lab into its data. The services must not run yet."""
    make_keys(lab.data)
    with _database(lab, "keystone") as keystone:
        for service in SERVICES:
            keystone.execute(
                "UPDATE endpoint SET url = ? WHERE service_id IN (SELECT id FROM service WHERE type = ?)",
                (lab.url(service.name) + service.path, service.type),
            )
            if service.name != "keystone":
                _password(keystone, service.name, lab.secrets["service_password"])
        _password(keystone, "admin", lab.secrets["admin_password"])
    with _database(lab, "nova_api") as nova:
        for cell in ("cell0", "cell1"):
            nova.execute(
                "UPDATE cell_mappings SET database_connection = ? WHERE name = ?",
                (lab.database(f"nova_{cell}"), cell),
            )


@contextlib.contextmanager
def _database(lab: Deployment, name: str) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(lab.data / "db" / f"{name}.sqlite")) as connection, connection:
        yield connection


def _password(keystone: sqlite3.Connection, user: str, password: str) -> None:
    digest = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)).decode()
    keystone.execute(
        "UPDATE password SET password_hash = ? WHERE local_user_id IN "
        "(SELECT id FROM local_user WHERE name = ? AND domain_id = 'default')",
        (digest, user),
    )


def make_keys(data: Path) -> None:
    """Give Keystone two Fernet keys of each kind, staged and primary, unless it has them: tokens outlive a restart."""
    for kind in KEY_FOLDERS:
        folder = data / "keystone" / kind
        for name in ("0", "1"):
            if not (folder / name).exists():
                write_file(folder / name, base64.urlsafe_b64encode(os.urandom(32)).decode())
        folder.chmod(0o700)
