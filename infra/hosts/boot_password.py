"""The password that guards a site's boot menus (ANSSI-BP-028 R5): made once, outside of Git.

``<home>/keys/<site>/boot-password`` holds it for whoever stands at a console, mode 0600; beside it lies what hosts get,
as ``grub-mkpasswd-pbkdf2`` prints it.
"""

import hashlib
import secrets
from pathlib import Path

from infra.environment import home
from infra.toolchain.secret_file import write_once

_ROUNDS = 10_000  # grub-mkpasswd-pbkdf2's own; GRUB counts them before any operating system runs
_SALT = 64  # bytes
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""At a console the keyboard may be any: letters and digits without shift, and none that is taken for another."""
_LENGTH = 24


def boot_password_file(site: str) -> Path:
    """Where the password of a site lies."""
    return home() / "keys" / site / "boot-password"


def boot_password_hash(site: str) -> str:
    """What GRUB is given; the password is made at the first call."""
    file = boot_password_file(site)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        write_once(file, "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) + "\n")
    hashed = file.with_name("boot-password.hash")
    if not hashed.exists():
        write_once(hashed, grub_hash(file.read_text(encoding="ascii").strip(), secrets.token_bytes(_SALT)) + "\n")
    return hashed.read_text(encoding="ascii").strip()


def grub_hash(password: str, salt: bytes) -> str:
    """A password's hash in GRUB's form: PBKDF2 with HMAC-SHA512."""
    found = hashlib.pbkdf2_hmac("sha512", password.encode("ascii"), salt, _ROUNDS)
    return f"grub.pbkdf2.sha512.{_ROUNDS}.{salt.hex().upper()}.{found.hex().upper()}"
