"""Any bytes at all become a document or findings, never a traceback."""

import os
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.intake.findings import invisible
from infra.intake.reading import LARGEST_REQUEST, Document, _syntax, parse, read
from infra.intake.shape import check_shape

SANTE = (Path(__file__).parents[2] / "inventories/ml-bko/tenants/sante.yaml").read_bytes()


def _codes(document: Document) -> list[str]:
    return [finding.code for finding in document.findings]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "YAML-EMPTY"),
        (b"\n\n# nothing yet\n", "YAML-EMPTY"),
        (b"---\n...\n", "YAML-EMPTY"),
        (b"- a\n- b\n", "YAML-NO-MAP"),
        (b"sante\n", "YAML-NO-MAP"),
        ("tenant: santé".encode("latin-1"), "YAML-ENCODING"),
        ("tenant: sante".encode("utf-16"), "YAML-ENCODING"),
        ("tenant: sante".encode("utf-32"), "YAML-ENCODING"),
        (b"tenant: sa\x00nte\n", "YAML-CHARACTER"),
        (b"tenant: sa\x1b[2Jnte\n", "YAML-CHARACTER"),
        (b"a: [b\n", "YAML-SYNTAX"),
        (b"a: *b\n", "YAML-ANCHOR"),
        (b"a: " + b"[" * 100_000, "YAML-DEPTH"),
        (b"{" * 200_000, "YAML-DEPTH"),
        (b"? " * 100_000, "YAML-DEPTH"),
        (b"- " * 100_000, "YAML-DEPTH"),
        (b"a: {[" * 50_000, "YAML-DEPTH"),
        (b"a: '" + b"x" * 100_000, "YAML-SYNTAX"),
    ],
)
def test_bytes_that_are_no_request_are_a_finding(content, code):
    assert code in _codes(parse(content, "x.yaml"))


def test_the_place_of_a_byte_that_is_not_utf_8_is_told_in_characters():
    document = parse("schema: 1\nreason: éé".encode() + b"\xe9", "x.yaml")

    assert [(finding.place.line, finding.place.column) for finding in document.findings] == [(2, 11)]
    assert document.findings[0].text("fr") == "Le fichier n'est pas en UTF-8 : octet 0xe9."


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + SANTE, SANTE.replace(b"\n", b"\r\n"), SANTE + b"...\n"])
def test_a_byte_order_mark_windows_lines_and_an_end_mark_are_accepted(content):
    document = parse(content, "x.yaml")

    assert (document.values, document.findings) == (parse(SANTE, "x.yaml").values, [])


@pytest.mark.parametrize("content", [b"a: 1\nb", b"a: 1\nb\n", b"a: 1\nb: [", b'a: 1\nb: "x'])
def test_an_error_at_the_end_is_told_on_a_line_that_the_file_has(content):
    (finding,) = parse(content, "x.yaml").findings

    assert finding.code == "YAML-SYNTAX"
    assert 2 <= finding.place.line <= content.count(b"\n") + 1


@pytest.mark.parametrize(
    "content",
    [
        "a: |b\n  c\n", "a: |\n\tb\n", "a: |0\n  b\n", 'a: "\\ud800"\n', "a: ? b\n", "a: !<b\n", "a: !<> b\n",
        "a: !<b>c d\n", "a: !%ff b\n", "a: !%C3%28 b\n", "% a\n---\n", "%a$ b\n---\n", "%YAML a\n---\n",
        "%YAML 1a\n---\n", "%YAML 1111111111.1\n---\n", "%TAG a b\n---\n", "%TAG !a!b c\n---\n",
        "%TAG ! a\n%TAG ! b\n---\n",
    ],
)  # fmt: skip
def test_what_is_wrong_in_yaml_is_told_in_french_too(content):
    (finding,) = parse(content.encode(), "x.yaml").findings

    assert finding.code == "YAML-SYNTAX"
    assert finding.values["problem_word"] not in finding.text("fr")
    assert "illisible" not in finding.text("fr")


def test_what_another_libyaml_says_is_told_in_few_words_and_not_in_english():
    finding = _syntax(yaml.MarkedYAMLError(problem="found something new"), "x.yaml", 1)

    assert finding.text("fr") == "Ce n'est pas du YAML valide : illisible."


def test_every_value_and_key_has_its_line_and_column():
    document = parse("é: {b: [1, {c: x}]}\nd:\n  e: 2\n".encode(), "x.yaml")

    assert document.marks[("é", "b", 1, "c")] == (1, 16)
    assert document.keys[("é", "b", 1, "c")] == (1, 13)
    assert document.marks[("d", "e")] == (3, 6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-3", -3), ("1.5", 1.5), ("true", True), ("null", None), ("~", None), ("", None),
        ("no", "no"), ("NO", "NO"), ("on", "on"), ("0123", "0123"), ("0o17", "0o17"), ("0x1F", "0x1F"),
        ("1_000", "1_000"), ("12:30:45", "12:30:45"), ("2027-06-30", "2027-06-30"), ("'12'", "12"), (".inf", ".inf"),
        ("1e3", "1e3"), ('"true"', "true"),
    ],
)  # fmt: skip
def test_plain_scalars_have_no_second_meaning(text, value):
    assert parse(f"a: {text}\n".encode(), "x.yaml").values == {"a": value}


def test_keys_are_texts_even_when_they_look_like_numbers():
    assert parse(b"20261101: a\ntrue: b\n", "x.yaml").values == {"20261101": "a", "true": "b"}


def test_a_larger_file_than_any_request_is_not_read(tmp_path):
    large, largest = tmp_path / "large.yaml", tmp_path / "largest.yaml"
    large.write_bytes(SANTE + b"#" * (1024 * 1024 - len(SANTE)))
    largest.write_bytes(SANTE + b"#" * (LARGEST_REQUEST - len(SANTE)))

    assert _codes(read(large, tmp_path)) == ["FILE-SIZE"]
    assert _codes(read(largest, tmp_path)) == []


def test_links_pipes_and_folders_are_not_read(tmp_path):
    (tmp_path / "link.yaml").symlink_to("/etc/hostname")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")

    codes = [_codes(read(tmp_path / f"{name}.yaml", tmp_path)) for name in ("link", "folder", "pipe", "absent")]

    assert codes == [["FILE-KIND"], ["FILE-KIND"], ["FILE-KIND"], ["FILE-UNREADABLE"]]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_raise(content):
    document = parse(content, "x.yaml")
    check_shape(document, "tenant")

    assert document.findings


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SANTE)), st.integers(0, 40), st.text(max_size=20))
def test_no_damage_to_a_request_raises(start, length, inserted):
    document = parse(SANTE[:start] + inserted.encode("utf-8", "surrogatepass") + SANTE[start + length :], "x.yaml")
    check_shape(document, "tenant")

    for finding in document.findings:
        said = finding.text("fr") + finding.fix("en") + str(finding.place) + finding.place.path
        assert not [character for character in said if invisible(character)]


def test_a_carriage_return_alone_hides_text_and_is_told():
    assert [finding.code for finding in parse(b"reason: seen\rhidden: 1\n", "x").findings][:1] == ["YAML-CHARACTER"]
    assert parse(b"reason: seen\r\nother: 1\r\n", "x").values == {"reason": "seen", "other": 1}


@pytest.mark.parametrize(
    "content",
    [
        "buckets:\n" + "".join(f"  b-{number}: {{}}\n" for number in range(20_000)),
        "deviations:\n" + "- {}\n" * 40_000,
        "a: [" + "*b, " * 40_000 + "1]\n",
    ],
    ids=["buckets", "deviations", "aliases"],
)
def test_a_file_of_countless_entries_is_not_read_on(content):
    started = time.process_time()

    document = parse(content.encode(), "x")

    assert document.unreadable
    assert document.findings[-1].code in {"YAML-ENTRIES", "YAML-ANCHOR"}
    assert time.process_time() - started < 1


def test_a_thousand_entries_are_read():
    assert len(parse(b"a:\n" + b"- 1\n" * 1000, "x").values["a"]) == 1000
