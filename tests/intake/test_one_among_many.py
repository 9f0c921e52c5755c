"""One request is told the same alone and with all: with broken neighbours, and by two processes."""

import os
import random
import signal

import pytest
import valid_requests
from hypothesis import given
from malformed_requests import SAMPLES, by_chance, malformed_requests

from infra.intake.checking import check
from infra.intake.plain_reading import plain_values, read_plainly
from infra.intake.reading import LARGEST_REQUEST, parse, read
from infra.intake.two_processes import WORTH, in_two

SITE = "inventories/ml-bko"


@pytest.fixture
def many(project, change, pytestconfig):
    """A site of many requests of chance with too little memory, every tenth of them damaged; all their files.

    One lacks keys whatever chance does to the others.
    """
    number = WORTH + 20
    valid_requests.write(project, "ml-bko", number, pytestconfig.option.seed)
    change("ml-bko/site.yaml", ("ram: 12288", f"ram: {6 * number}"))
    files = sorted((project / SITE / "tenants").glob("essai-*.yaml"))

    @by_chance(number // 8, pytestconfig.option.seed)
    @given(malformed_requests())
    def damage(content):
        chance.choice(files).write_bytes(content)

    chance = random.Random(pytestconfig.option.seed)
    damage()
    files[0].write_text("tenant: essai-0\n", encoding="utf-8")
    return files


@pytest.mark.parametrize("forks", [False, True], ids=["one process", "two processes"])
def test_a_request_is_told_the_same_alone_and_with_all(project, many, sample, forks):
    def told(findings, file):
        return [finding for finding in findings if finding.place.file == file.relative_to(project).as_posix()]

    whole = check(project)
    codes = {finding.code for file in many for finding in told(whole, file)}
    refused = [file for file in many if any(each.code == "CAPACITY-COMPUTE" for each in told(whole, file))]

    assert {"CAPACITY-COMPUTE", "ADDRESS-MISSING", "SHAPE-MISSING-KEY"} <= codes
    for file in {*refused[:2], *sample(many, 5)}:
        assert told(check(project, [file], forks=forks), file) == told(whole, file), file.read_bytes()


def test_what_is_read_without_places_is_what_is_read_with_them(pytestconfig):
    @by_chance(10_000 if pytestconfig.option.full else 300, pytestconfig.option.seed)
    @given(malformed_requests())
    def holds(content):
        plain = plain_values(content)
        document = parse(content, "x.yaml")

        if plain is not None:
            assert not document.findings
            assert repr(plain) == repr(document.values)  # 1 is not True

    holds()
    for file in SAMPLES:
        assert read_plainly(file) == parse(file.read_bytes(), "x.yaml").values


@pytest.mark.parametrize(
    ("unusual", "ordinary"),
    [
        ("a: &b 1", "a: '&b 1'"),
        ("a: *b", "a: '*b'"),
        ("a: !!int 1", "a: '!!int 1'"),
        ("<<: {a: 1}", "'<': {a: 1}"),
        ("a: 1\na: 2", "a: 1\nb: 2"),
        ("{a: 1}: 2", "a: {1: 2}"),
        ("a: 1\n---\nb: 2", "a: 1\nb: 2"),
        ("- a", "a: [b]"),
        ("a: 1234567890123456789", "a: 123456789012345678"),
        ('a: "\\u202e"', 'a: "b"'),
        ("a: \u202e", "a: é"),
        ("a: [", "a: []"),
        (
            "{" + ", ".join(f"a{n}: 1" for n in range(1001)) + "}",
            "{" + ", ".join(f"a{n}: 1" for n in range(1000)) + "}",
        ),
        ("a: [" + ", ".join("1" * 1001) + "]", "a: [" + ", ".join("1" * 1000) + "]"),
        ("a: " + "[" * 16 + "]" * 16, "a: " + "[" * 15 + "]" * 15),
    ],
)
def test_what_is_refused_is_left_to_the_reading_with_places(unusual, ordinary):
    assert parse(unusual.encode(), "x.yaml").findings
    assert plain_values(unusual.encode()) is None

    assert not parse(ordinary.encode(), "x.yaml").findings
    assert plain_values(ordinary.encode()) == parse(ordinary.encode(), "x.yaml").values


def test_a_link_or_a_huge_file_is_not_read_without_places_either(tmp_path):
    small, huge, link = (tmp_path / name for name in ("small.yaml", "huge.yaml", "link.yaml"))
    small.write_text("a: b\n", encoding="utf-8")
    huge.write_text("a: b\n#" + LARGEST_REQUEST * "-", encoding="utf-8")
    link.symlink_to(small)

    assert [read_plainly(file) for file in (small, huge, link)] == [{"a": "b"}, None, None]
    assert [each.code for file in (huge, link) for each in read(file, tmp_path).findings] == ["FILE-SIZE", "FILE-KIND"]


def test_two_processes_find_what_one_finds():
    names = [str(number) for number in range(WORTH)]

    found = in_two(lambda some: {name: os.getpid() for name in some}, names)

    assert (list(found), len(set(found.values()))) == (names, 2)
    assert set(in_two(lambda some: {name: os.getpid() for name in some}, names[1:]).values()) == {os.getpid()}


@pytest.mark.parametrize("end", ["killed", "failed"])
def test_what_the_copy_could_not_finish_is_done_here(end, capfd):
    names, own = [str(number) for number in range(WORTH)], os.getpid()

    def work(some):
        if os.getpid() != own:
            if end == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise MemoryError
        return dict.fromkeys(some, own)

    assert in_two(work, names) == dict.fromkeys(names, own)
    assert capfd.readouterr() == ("", "")


def test_what_fails_here_is_told_here_and_no_copy_is_left(monkeypatch):
    copies = []
    monkeypatch.setattr(os, "fork", lambda fork=os.fork: copies.append(fork()) or copies[-1])

    def work(_):
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        in_two(work, [str(number) for number in range(WORTH)])
    (copy,) = copies
    with pytest.raises(ChildProcessError):
        os.waitpid(copy, os.WNOHANG)
