"""Lines of authorized_keys: which key opens a shell."""

from __future__ import annotations

import re

_KEY = re.compile(r"(?:^|\s)((?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+)\s+([A-Za-z0-9+/=]{40,})")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_LIMITING = {"command", "restrict"}
"""Options of a key that is no way in: cloud-init forces a command on root's, which tells one to log in as another."""


def opening_key(line: str) -> str:
    """The kind and body of a key that one can work with, its options forcing and forbidding no command; empty: none."""
    bare = _QUOTED.sub('""', line.strip())
    key = _KEY.search(bare)
    if key is None or bare.startswith("#"):
        return ""
    options = {option.partition("=")[0].strip().lower() for option in bare[: key.start()].split(",")}
    return "" if options & _LIMITING else f"{key[1]} {key[2]}"
