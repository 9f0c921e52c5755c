"""A file replaced, whole or not at all, whenever the process or the machine stops; by one process at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = ".joliba-"
"""How the file is called that a kill may leave behind; nothing reads it."""


def replace_file(file: Path, content: bytes, *, beside: Path, mode: int = 0o644) -> None:
    """Write ``content`` and put it in the place of ``file``; the file is the old one or the new one, never a part.

    Args:
        file: it need not exist.
        content: all of it.
        beside: the folder, on the same file system, in which it is written first.
        mode: the new file's permissions.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    descriptor, name = tempfile.mkstemp(dir=beside, prefix=PREFIX)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def writing_alone(folder: Path) -> Iterator[None]:
    """Wait until no other process that asked so writes in a folder; the kernel frees it when that process dies."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
