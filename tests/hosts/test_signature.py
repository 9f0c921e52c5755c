"""Signatures: what is refused, each with its accepted neighbour, and the same by plain openssl."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.errors import JolibaError
from infra.hosts import signature
from infra.hosts.signature import (
    Refusal,
    public_key,
    read_public_key,
    refusal,
    sign_file,
    signature_file,
    write_signed,
)


@pytest.fixture
def signed(tmp_path, monkeypatch):
    """A file of a home's own, signed."""
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    file = tmp_path / "report.html"
    file.write_bytes(b"<p>\xc3\xa9t\xc3\xa9\r\n</p>")
    sign_file(file)
    return file


def test_what_was_signed_is_accepted_until_one_byte_differs(signed):
    assert refusal(signed, public_key()) is None
    content = signed.read_bytes()

    for altered in (content[:-1] + b"!", content + b"\n", content[:-1], content.replace(b"\r\n", b"\n"), b""):
        signed.write_bytes(altered)
        assert refusal(signed, public_key()) is Refusal.WRONG
    signed.write_bytes(content)
    assert refusal(signed, public_key()) is None


def test_another_key_is_refused(signed):
    assert refusal(signed, Ed25519PrivateKey.generate().public_key()) is Refusal.WRONG
    assert refusal(signed, read_public_key(signature.public_key_file())) is None


def test_a_missing_signature_and_a_truncated_one_are_told_apart(signed):
    whole = signature_file(signed).read_bytes()

    for broken in (whole[:-1], whole + b"\n", b""):
        signature_file(signed).write_bytes(broken)
        assert refusal(signed, public_key()) is Refusal.TRUNCATED
    signature_file(signed).unlink()
    assert refusal(signed, public_key()) is Refusal.UNSIGNED
    signature_file(signed).write_bytes(whole)
    assert refusal(signed, public_key()) is None


def test_an_altered_signature_is_refused(signed):
    whole = bytearray(signature_file(signed).read_bytes())
    whole[10] ^= 1
    signature_file(signed).write_bytes(whole)

    assert refusal(signed, public_key()) is Refusal.WRONG


def test_plain_openssl_accepts_and_refuses_the_same(signed):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl")

    def verified() -> bool:
        command = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", signature.public_key_file(), "-rawin"]
        command += ["-in", signed, "-sigfile", signature_file(signed)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert verified()
    signed.write_bytes(signed.read_bytes() + b" ")
    assert not verified()


def test_the_fingerprint_is_what_openssl_and_sha256sum_say(signed):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl")
    command = [openssl, "pkey", "-pubin", "-in", signature.public_key_file(), "-outform", "DER"]
    der = subprocess.run(command, capture_output=True, check=True).stdout
    told = subprocess.run(["sha256sum"], input=der, capture_output=True, check=True).stdout.split()[0].decode()

    assert signature.fingerprint(public_key()) == f"SHA256:{told}"


def test_the_private_key_is_for_its_user_alone_and_made_once(signed):
    key, folder = signature.key_file(), signature.key_file().parent
    before = key.read_bytes()

    sign_file(signed)

    assert key.read_bytes() == before
    assert (key.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert sorted(file.name for file in folder.iterdir()) == [key.name, signature.public_key_file().name]
    assert b"PRIVATE" not in signature.public_key_file().read_bytes()


def test_what_is_signed_is_what_was_written_and_not_what_lies_there_since(signed, monkeypatch):
    write = signature._write

    def swapped(file, content, mode):
        write(file, content, mode)
        if file == signed:
            signed.write_bytes(b"100 %")

    monkeypatch.setattr(signature, "_write", swapped)
    write_signed(signed, b"12 %")
    assert refusal(signed, public_key()) is Refusal.WRONG
    signed.write_bytes(b"12 %")
    assert refusal(signed, public_key()) is None


def test_a_file_that_cannot_be_signed_is_left_as_it_was(signed):
    before = signed.read_bytes()
    signature.key_file().chmod(0o640)

    with pytest.raises(JolibaError, match="others can read this private key"):
        write_signed(signed, b"new")
    signature.key_file().chmod(0o600)
    assert (signed.read_bytes(), refusal(signed, public_key())) == (before, None)


def test_two_writers_of_a_file_leave_it_with_its_own_signature(signed):
    contents = [f"{number}".encode() * 1000 for number in range(100)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_signed(signed, content), contents))

    assert refusal(signed, public_key()) is None
    assert signed.read_bytes() in contents


def test_bytes_that_were_read_are_judged_and_not_what_lies_there_since(signed):
    good = signed.read_bytes()

    assert refusal(signed, public_key(), good) is None
    assert refusal(signed, public_key(), good + b" ") is Refusal.WRONG


def test_a_private_key_that_others_can_read_signs_nothing(signed):
    signature.key_file().chmod(0o640)

    with pytest.raises(JolibaError, match="others can read this private key"):
        sign_file(signed)
    signature.key_file().chmod(0o600)
    sign_file(signed)


def test_the_public_key_beside_a_new_private_one_is_its_own(signed):
    signature.key_file().unlink()

    sign_file(signed)

    assert refusal(signed, read_public_key(signature.public_key_file())) is None


def test_processes_that_begin_together_end_with_one_key(tmp_path, monkeypatch):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    files = [tmp_path / f"{number}" for number in range(16)]
    for file in files:
        file.write_bytes(file.name.encode())

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(sign_file, files))

    assert [refusal(file, public_key()) for file in files] == [None] * 16


def test_only_an_ed25519_public_key_is_taken_for_one(signed, tmp_path):
    other = tmp_path / "other.pem"
    for text in (b"", b"no key", signature.key_file().read_bytes()):
        other.write_bytes(text)
        with pytest.raises(JolibaError, match="no ed25519 public key"):
            read_public_key(other)
    other.write_bytes(signature.public_key_file().read_bytes())

    assert refusal(signed, read_public_key(other)) is None
