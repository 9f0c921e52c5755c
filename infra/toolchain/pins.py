"""What a part of the toolchain is made from, and where it is kept once it is made.

Standard library only, like the rest of what ``scripts/setup`` runs before there is a virtual environment.
"""

import hashlib
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra import environment

SOURCES = environment.CHECKOUT / "scripts" / "toolchain"
REQUIREMENTS = environment.CHECKOUT / "scripts" / "requirements"


def machine() -> tuple[str, str]:
    """This machine's system and architecture, as Go and the vendor call them: ``linux``, ``amd64``."""
    architecture = platform.machine().lower()
    return platform.system().lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(architecture, architecture)


def digest(*parts: str, files: Iterable[Path] = ()) -> str:
    """A short digest of what a thing is made from, on this kind of machine."""
    total = hashlib.sha256("\0".join([*parts, *machine()]).encode())
    for path in sorted(files):
        total.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return total.hexdigest()[:16]


def cached(name: str, made_from: str) -> Path:
    """The folder in the cache of a thing with this digest; it exists only when it is complete."""
    return environment.cache() / f"{name}-{made_from}"


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target` that takes its place when the block ends well: never a half-made one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield draft
        draft.chmod(0o755)
        if target.exists():
            outdated = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
            target.rename(outdated / "old")
            draft.rename(target)
            shutil.rmtree(outdated)
        else:
            draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
