"""A mirror of Debian without a package, signed by a key of a test's own."""

import base64
import hashlib
import subprocess


class Signer:
    """A signing key of the test's own; what gpg starts for it ends with it."""

    def __init__(self, home):
        home.mkdir(mode=0o700)
        self.home, self.gpg = home, ["gpg", "--homedir", home, "--batch", "--quiet"]
        subprocess.run([*self.gpg, "--passphrase", "", "--quick-gen-key", "mirror", "ed25519"], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=True)

    def signed(self, text):
        return subprocess.run(
            [*self.gpg, "--clearsign"], input=text.encode(), capture_output=True, check=True
        ).stdout.decode()

    def public(self):
        return base64.b64encode(
            subprocess.run([*self.gpg, "--export"], capture_output=True, check=True).stdout
        ).decode()


def release(suite):
    """What a suite, like ``debian/dists/bookworm``, says of itself."""
    name, empty = suite.rpartition("/")[2], hashlib.sha256(b"").hexdigest()
    text = f"Suite: {name}\nCodename: {name}\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nArchitectures: amd64\n"
    return f"{text}Components: main\nSHA256:\n {empty} 0 main/binary-amd64/Packages\n"
