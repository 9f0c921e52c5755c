"""Detached ed25519 signatures (RFC 8032) of what must be provable later: 64 bytes in ``FILE.sig`` beside ``FILE``.

They are over the file's exact bytes, and their form is the simplest that there is, so that anybody can verify one
without Joliba::

    openssl pkeyutl -verify -pubin -inkey joliba-report.pub.pem -rawin -in FILE -sigfile FILE.sig
"""

import os
import tempfile
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from infra import environment
from infra.errors import JolibaError
from infra.intake.replacing import writing_alone
from infra.wording import language, say_in

SUFFIX = ".sig"
LENGTH = 64
"""Bytes of a signature (RFC 8032, 5.1.6)."""
_READABLE_BY_OTHERS = 0o077


class Refusal(StrEnum):
    """Why a file is not taken for what was signed."""

    UNSIGNED = "unsigned"
    TRUNCATED = "truncated"
    WRONG = "wrong"

    @property
    def told(self) -> str:
        """For people, in their language."""
        told = {
            Refusal.UNSIGNED: "it is not signed: there is no .sig file beside it",
            Refusal.TRUNCATED: "its .sig file is no signature: a whole one has {length} bytes",
            Refusal.WRONG: "it was altered after it was signed, or signed with another key",
        }
        return say_in(language(), told[self], length=LENGTH)


def key_file() -> Path:
    """The 0600 file of this installation's private key, PKCS #8 in PEM."""
    return environment.home() / "keys" / "joliba-report.key.pem"


def public_key_file() -> Path:
    """The file of the public key beside it, SubjectPublicKeyInfo in PEM: what auditors are given."""
    return environment.home() / "keys" / "joliba-report.pub.pem"


def signature_file(file: Path) -> Path:
    """Where the signature of a file is."""
    return file.with_name(file.name + SUFFIX)


def sign_file(file: Path) -> Path:
    """Sign a file's bytes with this installation's key, made on first use; the signature's file.

    Raises:
        JolibaError: as in `make_ready`.
    """
    target = signature_file(file)
    _write(target, _private_key().sign(file.read_bytes()), 0o644)
    return target


def write_signed(file: Path, content: bytes) -> Path:
    """Write a file for this user alone (0600), whole or not at all, whatever was there; its signature's file.

    What is signed is the content, never what lies there afterwards.

    Raises:
        OSError: it cannot be written.
        JolibaError: it cannot be signed, as in `sign_file`; then nothing was touched.
    """
    signature, target = _private_key().sign(content), signature_file(file)
    with writing_alone(key_file().parent):  # two would mix a file and the other's signature
        _write(file, content, 0o600)
        _write(target, signature, 0o644)
    return target


def refusal(file: Path, key: Ed25519PublicKey, content: bytes | None = None) -> Refusal | None:
    """Why a file is refused; None if it is byte for byte what the key's owner signed.

    Args:
        file: the file.
        key: whose it should be.
        content: its bytes, where they were read for another use: what was judged is what is used.

    Raises:
        OSError: the file cannot be read.
    """
    beside = signature_file(file)
    if content is None:
        content = file.read_bytes()
    if not beside.is_file():
        return Refusal.UNSIGNED
    signature = beside.read_bytes()
    if len(signature) != LENGTH:
        return Refusal.TRUNCATED
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return Refusal.WRONG
    return None


def public_key() -> Ed25519PublicKey | None:
    """This installation's own, from its private key; None if it has signed nothing yet.

    Raises:
        JolibaError: as in `make_ready`.
    """
    _refuse_lost_key()
    return _private_key().public_key() if key_file().exists() else None


def make_ready() -> None:
    """See that there is a key to sign with; it is made on first use.

    Raises:
        JolibaError: the key cannot be read, others can read it, or it is gone while runs that it signed are there.
    """
    _private_key()


def _refuse_lost_key() -> None:
    """Another key would have every run refused that was signed before, as if each had been altered."""
    runs, file = environment.home() / "runs", key_file()
    if any(runs.glob(f"*/record.json{SUFFIX}")) and not file.exists():  # in this order: a first run may be at work
        told = (
            "{file}: the key that the runs in {folder} were signed with is gone. Put it back, or set that folder aside"
        )
        raise JolibaError(told, file=file, folder=runs)


def read_public_key(file: Path) -> Ed25519PublicKey:
    """A public key that somebody gave.

    Raises:
        JolibaError: it is no ed25519 public key in PEM.
    """
    try:
        found = load_pem_public_key(file.read_bytes())
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=file, reason=error.strerror) from error
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise JolibaError("{file}: no ed25519 public key in PEM, as {like} is", file=file, like=public_key_file().name)
    return found


def public_pem(key: Ed25519PublicKey) -> bytes:
    """A public key as others need it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fingerprint(key: Ed25519PublicKey) -> str:
    """What people compare by voice or on paper: the SHA-256 of the key's SubjectPublicKeyInfo in DER.

    The same as ``openssl pkey -pubin -in KEY -outform DER | sha256sum``.
    """
    return f"SHA256:{sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


def _private_key() -> Ed25519PrivateKey:
    file = key_file()
    if not file.exists():
        _refuse_lost_key()
        _make_key(file)
    if file.stat().st_mode & _READABLE_BY_OTHERS:
        raise JolibaError("{file}: others can read this private key; chmod 600, and ask who has", file=file)
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise JolibaError("{file}: no private key that can be read ({reason})", file=file, reason=error) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise JolibaError("{file}: not an ed25519 key", file=file)
    public = public_pem(key.public_key())
    if not public_key_file().exists() or public_key_file().read_bytes() != public:
        _write(public_key_file(), public, 0o644)
    return key


def _make_key(file: Path) -> None:
    """Complete or not at all; of two processes the faster one's key stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = _draft(file, made)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(file: Path, content: bytes, mode: int) -> None:
    draft = _draft(file, content)
    try:
        draft.chmod(mode)
        draft.replace(file)
    except OSError:
        draft.unlink()
        raise


def _draft(file: Path, content: bytes) -> Path:
    """A 0600 file beside the one to be, with its content."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    with os.fdopen(handle, "wb") as draft:
        draft.write(content)
    return Path(name)
