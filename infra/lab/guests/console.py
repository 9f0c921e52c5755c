"""Reads a guest's SSH host keys from its console log: the way to know them without trusting the network.

The log is what a machine said, and what came to it from elsewhere may stand in it: only whole, well-formed keys between
the marks that cloud-init prints are taken, and two blocks that disagree are refused.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from infra.lab.problem import LabError

BEGIN = "-----BEGIN SSH HOST KEY KEYS-----"
END = "-----END SSH HOST KEY KEYS-----"
ACCEPTED = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
LONGEST = 1024
"""Characters of a line with a key: RSA of 4096 bits has 740."""


@dataclass(frozen=True, kw_only=True, order=True)
class HostKey:
    """A public host key: its algorithm and its body in base64."""

    algorithm: str
    body: str


def host_keys(log: str) -> tuple[HostKey, ...]:
    """The host keys that the log of a first boot announces, sorted; none if it has not come that far.

    Lines that are no key (the kernel's messages fall between them) are passed over. A key's comment is dropped.

    Raises:
        LabError: two blocks announce different keys of one algorithm: somebody else may have written one of them.
    """
    found: dict[str, HostKey] = {}
    for block in _blocks(log):
        for key in filter(None, map(_key, block)):
            if found.setdefault(key.algorithm, key) != key:
                told = "the console log announces two different host keys of {algorithm}: none is trusted"
                raise LabError(told, algorithm=key.algorithm)
    return tuple(sorted(found.values()))


def known_hosts(keys: tuple[HostKey, ...], address: str, port: int) -> str:
    """The lines of a known_hosts file for these keys.

    >>> print(known_hosts((HostKey(algorithm="ssh-ed25519", body="AAAA"),), "127.0.0.1", 2222), end="")
    [127.0.0.1]:2222 ssh-ed25519 AAAA
    """
    name = address if port == 22 else f"[{address}]:{port}"  # noqa: PLR2004  ssh's own port
    return "".join(f"{name} {key.algorithm} {key.body}\n" for key in keys)


def printable(text: str) -> str:
    """A console's text without what could steer a terminal: control characters but newline and tab are shown as `?`."""
    return re.sub(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]", "?", text.replace("\r\n", "\n"))


def _blocks(log: str) -> list[list[str]]:
    """The lines of every block that has its end; a begin within a block begins anew."""
    blocks: list[list[str]] = []
    current: list[str] | None = None
    for line in re.split(r"[\r\n]+", log):  # not splitlines: a form feed ends no line of a console
        if line == BEGIN:
            current = []
        elif line == END and current is not None:
            blocks.append(current)
            current = None
        elif current is not None:
            current.append(line)
    return blocks


def _key(line: str) -> HostKey | None:
    """The key of a line ``algorithm body [comment]``; the body must say the same algorithm."""
    fields = line.split(" ")
    if len(line) > LONGEST or len(fields) < 2 or fields[0] not in ACCEPTED:  # noqa: PLR2004  algorithm and body
        return None
    try:
        body = base64.b64decode(fields[1], validate=True)
    except (binascii.Error, ValueError):
        return None
    name = fields[0].encode()
    named = len(name).to_bytes(4, "big") + name
    return HostKey(algorithm=fields[0], body=fields[1]) if body.startswith(named) and len(body) > len(named) else None
