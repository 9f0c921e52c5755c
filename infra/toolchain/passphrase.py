"""The passphrase that encrypts the secrets in the stacks' state, if the user has not chosen another way."""

import os
import secrets
import tempfile
from pathlib import Path

from infra import environment

STRENGTH = 32  # random bytes


def ensure_passphrase() -> Path:
    """The passphrase's file, written with a random one (mode 0600, complete or not at all) if there is none yet."""
    place = environment.passphrase_file()
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")  # 0600
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(STRENGTH) + "\n")
        draft = Path(name)
        try:
            os.link(draft, place)  # fails, unlike a rename, if another process was faster: its passphrase stays
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return place
