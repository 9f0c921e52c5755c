"""The passphrase that encrypts the secrets in the stacks' state, if the user has not chosen another way."""

import os
import secrets
from pathlib import Path

from infra import environment

STRENGTH = 32  # random bytes


def ensure_passphrase() -> Path:
    """The passphrase's file, written with a random one (mode 0600, complete or not at all) if there is none yet."""
    place = environment.passphrase_file()
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(STRENGTH) + "\n")
        try:
            os.link(draft, place)  # fails, unlike a rename, if another process was faster: its passphrase stays
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return place
