"""Records as they are read: from elsewhere they may hold anything."""

import contextlib
import copy
import json

import pytest
from run_records import make_record

from infra.hosts.record import decode_record, encode_record

RECORD = make_record(3, 3)
VALUES = (None, 5, [], {}, True, ["a"], [None], "some day")


def places(plain, path=()):
    """Every place in a record, in the first item of each list."""
    yield path
    inside = plain.items() if isinstance(plain, dict) else enumerate(plain[:1]) if isinstance(plain, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


def test_a_value_of_another_type_is_no_record():
    plain, taken = json.loads(encode_record(RECORD)), set()

    for path in [path for path in places(plain) if path]:
        for value in VALUES:
            altered = copy.deepcopy(plain)
            inside = altered
            for key in path[:-1]:
                inside = inside[key]
            other = type(value) is not type(inside[path[-1]])
            inside[path[-1]] = value
            with contextlib.suppress(ValueError):
                decode_record(json.dumps(altered))
                taken |= {(path[-1], type(value))} if other else set()

    texts = {(name, type(None)) for name in ("effective", "persistent")} | {("deviation", str)}
    assert taken == texts | {("seconds", int), ("seconds", bool), ("schema", bool)}


@pytest.mark.parametrize("text", ["null", "3", "[]", "{}", "[" * 100_000, '{"schema":1,"hosts":' + "[" * 100_000])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(ValueError, match="record"):
        decode_record(text)
    decode_record(encode_record(RECORD))


@pytest.mark.parametrize("name", ["started", "ended"])
def test_a_runs_times_are_moments_with_their_zone(name):
    plain = json.loads(encode_record(RECORD))

    for wrong in ("", "2026-11-24", "2026-11-24T03:15:00", "\x1b[2J"):
        with pytest.raises(ValueError, match=r"iso|zone"):
            decode_record(json.dumps({**plain, name: wrong}))
    decode_record(json.dumps({**plain, name: "2026-11-24T03:15:00Z"}))


def test_a_record_of_before_runs_told_their_level_is_read():
    plain = json.loads(encode_record(RECORD))
    del plain["level"]

    assert decode_record(json.dumps(plain)) == RECORD
