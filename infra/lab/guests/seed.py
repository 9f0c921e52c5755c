"""The config drive of a guest: its name and its one user, as OpenStack would give them."""

import json
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

from infra.lab.guests.prerequisites import program

USER = "exploitation"
"""The account that Joliba logs in with: a key, no password, sudo without one."""


def user_data(public_key: str, user: str = USER) -> str:
    """The ``#cloud-config`` that makes a guest's one user. JSON is YAML, so nothing in a key can become syntax."""
    account: dict[str, Any] = {
        "name": user,
        "gecos": "Exploitation",
        "shell": "/bin/bash",
        "lock_passwd": True,
        "sudo": ["ALL=(ALL) NOPASSWD:ALL"],
        "ssh_authorized_keys": [public_key.strip()],
    }
    return "#cloud-config\n" + json.dumps({"users": [account]}, indent=1) + "\n"


def write(target: Path, hostname: str, data: str) -> None:
    """Write the config drive: an ISO 9660 image with the label ``config-2`` and OpenStack's folders."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".seed-") as folder:
        latest = Path(folder) / "openstack" / "latest"
        latest.mkdir(parents=True)
        metadata = {"uuid": str(uuid.uuid4()), "hostname": hostname, "name": hostname}
        (latest / "meta_data.json").write_text(json.dumps(metadata), encoding="utf-8")
        (latest / "user_data").write_text(data, encoding="utf-8")
        subprocess.run(
            [program("genisoimage"), "-quiet", "-V", "config-2", "-r", "-J", "-o", target, folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
        )  # fmt: skip
