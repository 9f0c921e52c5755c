"""What the language host can answer before Pulumi's SDK is loaded, which takes half a second.

The engine starts a host three times in a ``pulumi up``: once only to ask about the interpreter, then for the preview,
then for the update. These answers need no SDK; they are written in protobuf's wire format, which is all text here.
"""

import json
import platform
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.toolchain import versions

TEXT = 2
"""protobuf's wire type of texts and of messages within messages."""


def text(field: int, value: bytes) -> bytes:
    """One field of a message: its tag, the value's length, the value."""
    length = len(value)
    size = bytearray()
    while length > 0x7F:  # noqa: PLR2004 - seven bits a byte, the eighth says that more follow
        size.append(length & 0x7F | 0x80)
        length >>= 7
    size.append(length)
    return bytes([field << 3 | TEXT, *size]) + value


def plugin_info() -> bytes:
    """``PluginInfo``: the version of this host."""
    return text(1, f"{versions.PULUMI}{versions.MARK}".encode())


def about() -> bytes:
    """``AboutResponse``: the interpreter and its version."""
    return text(1, sys.executable.encode()) + text(2, platform.python_version().encode())


def required() -> bytes:
    """``GetRequiredPackagesResponse``, and ``...Plugins...``: the plugins of the SDKs that are installed."""
    answer = b""
    for path in sorted(Path(sysconfig.get_path("purelib")).glob("*/pulumi-plugin.json")):
        plugin = json.loads(path.read_text())
        if plugin["resource"]:
            named = text(1, plugin["name"].encode())
            answer += text(1, named + text(2, b"resource") + text(3, f"v{plugin['version']}".encode()))
    return answer


def nothing() -> bytes:
    """A message with no field set."""
    return b""


ANSWERS: Mapping[str, Callable[[], bytes]] = {
    "Handshake": nothing,  # asked only of a host that somebody else has started; the engine's address is an argument
    "GetPluginInfo": plugin_info,
    "About": about,
    "GetRequiredPackages": required,
    "GetRequiredPlugins": required,
    "RuntimeOptionsPrompts": nothing,
    "Cancel": nothing,
}
"""By the name of the call. ``Cancel`` needs no deed: the engine's signal follows at once."""

BEFORE_RUN = "GetRequiredPackages"
"""The call that says that a program is about to run, so that loading the SDK is worth while."""
