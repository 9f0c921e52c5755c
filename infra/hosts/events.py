"""Which events ansible-runner finds in what Ansible prints, of which messages of hosts are part.

Its own filter decodes whatever looks like an event, searches all that was printed since the last one anew at each
piece, and lets what it cannot decode end the run: one host's message could stop the run over all. Ours knows what a
real one looks like: a UUID, or nothing for the end of an event, in one line of base64.
"""

import base64
import json
import re

import ansible_runner.runner
from ansible_runner.utils import OutputEventFilter

_MARK = "\x1b[K"
_EVENT = re.compile(r"\x1b\[K(?:([A-Za-z0-9+/]{64})\x1b\[64D|e30=\x1b\[4D)\x1b\[K")
_TOKEN = 2 * len(_MARK) + 64 + len("\x1b[64D")
"""Characters of the longest event, which may come in two pieces."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST = 10_000
"""Characters that are kept of what is printed with one event."""


class EventFilter(OutputEventFilter):  # type: ignore[misc]  # ansible-runner has no types
    """The same, for hosts that nobody trusts; a piece of output costs as much as it is long."""

    _kept = _rest = ""

    def write(self, data: str) -> None:
        """Take note of what is printed."""
        self._rest += data
        while found := _EVENT.search(self._rest):
            self._emit_event((self._kept + self._rest[: found.start()])[:_LONGEST], _event(found[1]))
            self._kept, self._rest = "", self._rest[found.end() :]
        searched = max(0, len(self._rest) - _TOKEN)
        self._kept = (self._kept + self._rest[:searched])[:_LONGEST]
        self._rest = self._rest[searched:]

    def close(self) -> None:
        """Nothing more is printed."""
        self._buffer.write((self._kept + self._rest)[:_LONGEST])
        super().close()


def _event(text: str | None) -> dict[str, str]:
    """The event that begins; none where it ends, or where it is none of Ansible's."""
    try:
        told = json.loads(base64.b64decode(text or "e30="))
    except ValueError:
        return {}
    is_ours = isinstance(told, dict) and list(told) == ["uuid"] and _UUID.fullmatch(str(told["uuid"]))
    return told if is_ours else {}


def distrust_hosts() -> None:
    """Have ansible-runner find its events by ours."""
    ansible_runner.runner.OutputEventFilter = EventFilter
