"""A secret in a file of its own, made once: by whoever is first."""

import os
import tempfile
from pathlib import Path


def write_once(place: Path, text: str) -> None:
    """Write a file that only its owner reads (mode 0600), complete or not at all; one that is there stays as it is."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")  # 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.link(draft, place)  # fails, unlike a rename, if another process was faster: its secret stays
    except FileExistsError:
        pass
    finally:
        draft.unlink()
