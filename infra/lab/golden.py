"""Makes the golden copy: the data of a lab that has started once and holds nothing yet.

Every lab of this user begins as a copy of it. Whatever is a lab's own (ports, passwords, keys, folders) is put in by
`infra.lab.services.settlement`.
"""

import contextlib
import shutil
import sqlite3
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.lab.catalogue import GROUPS, LISTENERS
from infra.lab.configuration import write_configuration
from infra.lab.deployment import Deployment, write_file
from infra.lab.launch import Progress, launch, service_environment
from infra.lab.problem import LabError
from infra.lab.processes import end_all

Step = tuple[str, ...]
SECRET_FOLDERS = ("keystone/fernet", "keystone/credential", "lock")


def make(target: Path, environment: Path, progress: Progress, *, started: bool = True) -> None:
    """Write the golden copy to `target`, which must not exist; it is there whole or not at all.

    Args:
        target: the folder to be.
        environment: the services' virtual environment.
        progress: told of each step.
        started: with what services write at a first start, three fake compute hosts among it; not for real machines.

    Raises:
        LabError: a step failed; the message has the end of its output.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".golden-") as folder:
        lab = Deployment(Path(folder), environment)
        # the databases are made before anything listens; the numbers are replaced at the first start
        write_file(lab.ports_file, "{" + ", ".join(f'"{name}": 1' for name in LISTENERS) + "}")
        lab.logs.mkdir()
        write_configuration(lab)
        with ThreadPoolExecutor(2) as pool:
            for name in pool.map(lambda steps: _run(lab, steps), _databases(lab)):
                progress(f"  database of {name}")
        _name_server(lab)
        if started:
            progress("  first start of the services")
            launch(lab, lambda _: None)
            if not end_all(lab.run, GROUPS):
                raise LabError("the services that made the golden copy did not end")
        _tidy(lab.data)
        lab.data.rename(target)


def _databases(lab: Deployment) -> list[tuple[str, list[Step]]]:
    """The steps that make each database, by name: independent of each other, the longest first."""

    def manage(command: str, name: str, *arguments: str) -> Step:
        return ("command", command, "--config-file", str(lab.configuration / f"{name}.conf"), *arguments)

    cell = ("--database_connection", lab.database("nova_cell1"), "--transport-url", "fake://")
    return [
        ("nova", [
            manage("nova-manage", "nova", "api_db", "sync"),
            manage("nova-manage", "nova", "cell_v2", "map_cell0", "--database_connection", lab.database("nova_cell0")),
            manage("nova-manage", "nova", "db", "sync"),
            manage("nova-manage", "nova", "cell_v2", "create_cell", "--name", "cell1", *cell),
        ]),
        ("keystone", [
            manage("keystone-manage", "keystone", "db_sync"),
            ("identity", str(lab.configuration / "keystone.conf")),
        ]),
        ("cinder", [manage("cinder-manage", "cinder", "db", "sync")]),
        ("designate", [manage("designate-manage", "designate", "database", "sync")]),
        ("neutron", [("tables", "neutron", lab.database("neutron"))]),
        ("octavia", [("tables", "octavia", lab.database("octavia"))]),
        ("glance", [manage("glance-manage", "glance-api", "db_sync")]),
        ("placement", [manage("placement-manage", "placement", "db", "sync")]),
        ("barbican", [("command", "barbican-manage", "db", "upgrade", "--db-url", lab.database("barbican"))]),
    ]  # fmt: skip


def _run(lab: Deployment, database: tuple[str, list[Step]]) -> str:
    name, steps = database
    for module, *arguments in steps:
        done = subprocess.run(
            [lab.environment / "bin" / "python", "-m", f"infra.lab.services.{module}", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env=service_environment(), cwd=lab.folder, check=False,
        )  # fmt: skip
        if done.returncode:
            raise LabError(f"{module} {' '.join(arguments)} failed:\n{done.stdout[-3000:]}")
    return name


def _name_server(lab: Deployment) -> None:
    """The name server that every zone of the default pool is delegated to."""
    with contextlib.closing(sqlite3.connect(lab.data / "db" / "designate.sqlite")) as connection, connection:
        connection.execute(
            "INSERT INTO pool_ns_records (id, version, pool_id, priority, hostname) "
            "SELECT lower(hex(randomblob(16))), 1, id, 1, 'ns1.lab.example.' FROM pools"
        )


def _tidy(data: Path) -> None:
    """Leave no key behind, and all data in the main files of the databases."""
    for name in SECRET_FOLDERS:
        shutil.rmtree(data / name, ignore_errors=True)
    for path in (data / "db").glob("*.sqlite"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
