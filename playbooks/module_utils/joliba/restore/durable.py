"""Writing that a power cut leaves either whole or not begun."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import Any

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def sync_folder(path: str) -> None:
    """Have a folder's entries on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: str, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write a file that is not there yet; its folder's entry is not synced."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with open(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def write(path: str, content: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write or replace a file, atomically."""
    beside = f"{path}.new"
    if os.path.lexists(beside):
        os.unlink(beside)
    write_new(beside, content, mode)
    os.replace(beside, path)
    sync_folder(os.path.dirname(path))


def write_other(path: str, content: bytes, mode: int = PRIVATE_FILE) -> bool:
    """Write or replace a file unless it has this content already; whether it was written."""
    if os.path.exists(path):
        with open(path, "rb") as there:
            if there.read() == content:
                return False
    write(path, content, mode)
    return True


def write_content(folder: str, content: bytes) -> str:
    """Write a file that is named by its SHA-256, which is returned."""
    name = hashlib.sha256(content).hexdigest()
    write(os.path.join(folder, name), content)
    return name


def write_json(path: str, content: Any) -> None:  # noqa: ANN401  what JSON holds
    """Write or replace a file of JSON, atomically. Names that are no UTF-8 come back as they were."""
    write(path, json.dumps(content, indent=1, sort_keys=True).encode("ascii"))


def read_json(path: str) -> Any:  # noqa: ANN401
    """Read a file of JSON; None if there is none."""
    try:
        with open(path, "rb") as source:
            return json.loads(source.read())
    except FileNotFoundError:
        return None


def remove(path: str) -> None:
    """Remove a file or a link if it is there."""
    if os.path.lexists(path):
        os.unlink(path)
        sync_folder(os.path.dirname(path))


def remove_folder(path: str) -> None:
    """Remove a folder and all in it: gone under its name at once, whatever happens then."""
    if os.path.isdir(path):
        going = os.path.join(os.path.dirname(path), f".going-{os.path.basename(path)}")
        shutil.rmtree(going, ignore_errors=True)
        os.rename(path, going)
        sync_folder(os.path.dirname(path))
        shutil.rmtree(going, ignore_errors=True)
