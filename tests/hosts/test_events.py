"""What ansible-runner takes for an event in what Ansible prints."""

import base64
import io
import json
import time

import pytest

from infra.hosts.events import EventFilter

UUID = "0242ac11-0002-5b3e-f4c1-00000000002a"


def token(told):
    """What Ansible's callback prints of it: in lines of 78 characters."""
    text = base64.b64encode(told if isinstance(told, bytes) else json.dumps(told).encode()).decode()
    lines = (text[start : start + 78] for start in range(0, len(text), 78))
    return "\x1b[K" + "".join(f"{line}\x1b[{len(line)}D" for line in lines) + "\x1b[K"


@pytest.fixture
def events():
    return []


@pytest.fixture
def output(events):
    return EventFilter(io.StringIO(), lambda event: events.append(dict(event)), suppress_ansible_output=True)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_is_printed_between_the_tokens_of_an_event_is_its_own(output, events, size):
    text = f"PLAY\n{token({'uuid': UUID})}ok: [host]\n{token({})}TASK\n{token({'uuid': UUID})}fatal\n{token({})}"
    for start in range(0, len(text), size):
        output.write(text[start : start + size])
    output.close()

    assert [
        (each.get("event"), each.get("uuid"), each.get("stdout")) for each in events if each.get("uuid") == UUID
    ] == [
        (None, UUID, "ok: [host]"),
        (None, UUID, "fatal"),
    ]
    assert [each["stdout"] for each in events if each.get("event") == "verbose"] == ["PLAY", "TASK"]
    assert events[-1] == {"event": "EOF"}


FORGED = {
    "a number": 7,
    "a list": [1],
    "another shape": {"uuid": UUID, "event": "runner_on_ok"},
    "no text": {"uuid": 1},
    "a zero byte": {"uuid": "\x00" * 6},
    "half a character": {"uuid": "\ud800" * 6},
    "a path": {"uuid": "../" * 12},
    "very deep": b"[" * 5000 + b"]" * 5000,
    "not JSON": b"{" * 48,
    "not UTF-8": b"\xff" * 48,
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_is_no_event_of_ansibles_ends_nothing_and_is_none(output, events, forged):
    output.write(f"{token({'uuid': UUID})}fatal: {token(forged)}{token({})}")
    output.write(f"{token({'uuid': UUID})}next{token({})}")
    output.close()

    ours = [each["stdout"] for each in events if each.get("uuid") == UUID]
    assert len(ours) == 2
    assert ours[0].startswith("fatal: ")
    assert ours[1] == "next"
    assert {*events[0]} <= {"uuid", "counter", "stdout", "start_line", "end_line"}


def test_twice_as_long_a_message_costs_twice_as_much(output, events):
    def spent(pieces):
        began = time.process_time()
        for _ in range(pieces):
            output.write("\x1b[K" * 700)
        return time.process_time() - began

    spent(100)
    first, second = spent(2000), spent(8000)
    output.close()

    assert second < 4 * 3 * first
    assert len(events[0]["stdout"]) <= 10_000
