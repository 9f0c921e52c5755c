"""How passwords are kept."""

from __future__ import annotations

import re

from ansible.module_utils.joliba.observing import Observed, Unmeasured, lines_of

_STRONG = re.compile(r"\$(y|gy|7|6)\$.")  # yescrypt, its Russian kin, scrypt, SHA-512: crypt(5)
_NONE = re.compile(r"[!*]*")


def weak_hashes(_: None) -> Observed:
    """Accounts whose password, locked or not, is kept by a function that is quick to try."""
    lines = lines_of("/etc/shadow")
    if not lines:
        raise Unmeasured("/etc/shadow: no accounts")
    fields = (line.split(":") for line in lines)
    return Observed(
        persistent=[
            each[0]
            for each in fields
            if len(each) > 1 and not _NONE.fullmatch(each[1]) and not _STRONG.match(each[1].lstrip("!"))
        ]
    )


PROBES = {"weak_hashes": weak_hashes}
