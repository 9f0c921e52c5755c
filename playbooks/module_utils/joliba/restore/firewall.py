"""nftables, table by table: ours and other programs' live side by side, and only what changed is put back."""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import TYPE_CHECKING

from . import durable
from .commands import CommandError, booted_with_systemd, found, output, run

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "inet joliba"
_FOREIGN = re.compile(r"\bxt (?:match|target|watcher) ", re.IGNORECASE)
"""iptables-nft's own expressions: ``nft -f`` cannot read what ``nft list`` prints of them."""
_SERVICE = "nftables.service"
_DROP_IN = f"/run/systemd/system/{_SERVICE}.d/90-joliba-restore.conf"
_DOES_NOTHING = """\
# Joliba: while it puts this host back, table by table, the service flushes and loads nothing
[Service]
ExecStart=
ExecStart=/bin/true
ExecReload=
ExecReload=/bin/true
ExecStop=
"""
_ELEMENTS = re.compile(r"^\s*elements = \{.*?\}\n", re.DOTALL | re.MULTILINE)
"""What a set holds."""
UNSEEN = " unseen"
"""No table's name: beside it stands why the tables there were cannot be told, and which are new neither."""


def capture() -> dict[str, str]:
    """The text of each table, by ``family name``, without counters; `UNSEEN` where nft is missing or does not answer.

    Without the program there may be tables all the same: iptables-nft needs it not.
    """
    if not found("nft"):
        return {UNSEEN: "there is no nft"}
    try:
        listed = json.loads(output("nft", "-j", "list", "tables"))["nftables"]
    except (CommandError, ValueError):
        return {UNSEEN: "nft does not answer"}
    names = [f"{row['table']['family']} {row['table']['name']}" for row in listed if "table" in row]
    return {name: _text(name) for name in names}


def _text(name: str) -> str:
    """A table as nft prints it; of iptables' expressions that it leaves out silently, a comment tells."""
    command = ("nft", "-s", "list", "table", *name.split(" ", 1))
    done = run(*command)
    if done.returncode:
        raise CommandError(f"{' '.join(command)}: exit {done.returncode}: {' '.join(done.stderr.split())[:300]}")
    return done.stdout + "".join(f"# {line}\n" for line in done.stderr.splitlines() if _FOREIGN.match(line))


def put_back(saved: dict[str, str], problem: Callable[[str, object], None]) -> list[str]:
    """Delete new tables, and put changed and deleted ones back, ours first; the tables that changed.

    Each is a transaction of its own: what nft does not take of one program's table keeps no other from being put back.
    """
    now = capture()
    changed = sorted(differences(saved), key=lambda name: name != OURS)
    for name in changed:
        text = saved.get(name, "")
        if _FOREIGN.search(text):
            problem(f"table {name}", "iptables made it, and nft cannot put it back: restart the program that owns it")
            continue
        done = run("nft", "-f", "-", fed=(f"delete table {name}\n" if name in now else "") + f"{text}\n")
        if done.returncode:
            problem(f"table {name}", " ".join(done.stderr.split())[:300])
    return changed


def hold_service(saved: dict[str, str] | None) -> None:
    """Until `release_service`, or a boot, nftables.service flushes no tables as it is stopped, purged or started.

    Args:
        saved: the tables that are put back; None: none are, and the service does what its unit says.
    """
    if saved is None or not booted_with_systemd():
        return
    if run("systemctl", "show", "-P", "LoadState", "--", _SERVICE).stdout.strip() in ("", "not-found"):
        return
    os.makedirs(os.path.dirname(_DROP_IN), exist_ok=True)
    durable.write(_DROP_IN, _DOES_NOTHING.encode("ascii"), 0o644)
    run("systemctl", "daemon-reload")


def release_service() -> None:
    """Have nftables.service do again what its unit says."""
    if not os.path.exists(_DROP_IN):
        return
    durable.remove(_DROP_IN)
    with contextlib.suppress(OSError):  # others have drop-ins too
        os.rmdir(os.path.dirname(_DROP_IN))
    run("systemctl", "daemon-reload")


def differences(saved: dict[str, str]) -> list[str]:
    """The tables that are not as they were; of those that may have been there unseen, only ours counts."""
    now = capture()
    names = {OURS} if UNSEEN in saved else {*saved, *now} - {UNSEEN}
    return sorted(name for name in names if not same(name, saved.get(name, ""), now.get(name, "")))


def same(name: str, text: str, other: str) -> bool:
    """Whether a table is the same, but for what is in others' sets: bans, say, come and go at any time."""
    if name == OURS or not text or not other:
        return text == other
    return _ELEMENTS.sub("", text) == _ELEMENTS.sub("", other)
