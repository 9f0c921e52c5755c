"""The passphrase that encrypts the secrets in the stacks' state, if the user has not chosen another way."""

import secrets
from pathlib import Path

from infra import environment
from infra.toolchain.secret_file import write_once

STRENGTH = 32  # random bytes


def ensure_passphrase() -> Path:
    """The passphrase's file, written with a random one (mode 0600, complete or not at all) if there is none yet."""
    place = environment.passphrase_file()
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        write_once(place, secrets.token_urlsafe(STRENGTH) + "\n")
    return place
