"""A request's YAML text reads as what it was written from, whatever people typed."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra.intake.findings import invisible
from infra.intake.lookalikes import lookalike
from infra.intake.reading import parse
from infra.writing.request_text import ONE_LINE, SCHEMA_LINE, WIDEST, in_order, request_text

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(ROOT.glob("inventories/*/tenants/*.yaml"))
TRICKS = [
    "no", "Yes", "ON", "~", "null", "true", "y", "0123", "0x1F", "0o17", "1_000", "1e5", "1.55e1", ".inf",
    ".5", "-1", "12:30", "2027-06-30", "2026-11", "a: b", "a #b", "# a", "- a", "? a", "!!str a", "&a b",
    "*a", "<<", "{a: b}", "[a]", "a, b", "%TAG", "@a", "`a`", "'a'", '"a"', "l'\u00e9tat", "a\\n",
    "{{ 7*7 }}", "${HOME}", "$(id)", "</script>", "<b>", "---", "...", "\ud83d\ude00", "\u00e9\u0301", "a\nb",
    "a ", " a", "a:", "a: ", "=", "|", ">", "443/tcp", "10.0.0.0/8", "", "\u0152uvre", "\u0663", "\ufffd",
    "\u00a0a", "a\tb",
]  # fmt: skip
texts = st.one_of(
    st.text(), st.sampled_from(TRICKS), st.from_regex(r"[-+0-9.eExo_:/ #'\"{}\[\],]{1,8}", fullmatch=True)
)


def again(values):
    return parse(request_text(values).encode(), "x.yaml")


def shown(text: str) -> bool:
    return not any(invisible(each) and each != "\n" for each in text) and lookalike(text) is None


@given(st.dictionaries(texts.filter(shown), texts.filter(shown), max_size=4), texts.filter(shown))
def test_every_visible_text_comes_back_as_it_was(names, reason):
    values = {"schema": 1, "reason": reason, "networks": names, "egress": [{"ports": list(names), "reason": reason}]}

    document = again(values)

    assert document.findings == []
    assert document.values == values


@pytest.mark.parametrize("text", TRICKS)
def test_what_yaml_takes_for_something_else_comes_back_as_text(text):
    values = {"reason": text, "networks": {text: {"qos": text}}}

    if shown(text):
        assert again(values).values == values
        assert yaml.load(request_text(values), yaml.BaseLoader) == values  # noqa: S506  texts only


@pytest.mark.parametrize("text", ["a\u202eb", "a\x1b[2J", "\u200b", "\ud800", "a\x00"])
def test_invisible_characters_are_escaped_in_the_file_and_refused_when_it_is_read(text):
    written = request_text({"reason": text})

    assert written.isascii()
    assert parse(written.encode(), "x.yaml").findings


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: f"{file.parts[-3]}.{file.stem}")
def test_a_sample_written_again_says_the_same_and_stays_as_short(file):
    values = parse(file.read_bytes(), file.name).values

    written = request_text(values)

    assert parse(written.encode(), file.name).values == values
    assert len(written.splitlines()) <= 1.2 * len(file.read_text().splitlines())
    assert max(map(len, written.splitlines())) <= max(WIDEST, *map(len, file.read_text().splitlines()))


def test_keys_stand_in_the_order_of_the_schema_and_chosen_names_in_their_own():
    values = {"tenant": "a", "schema": 1, "networks": {"zz": {"qos": "q", "hosts": 1}, "aa": {"hosts": 2}}}

    ordered = in_order(values)

    assert list(ordered) == ["schema", "tenant", "networks"]
    assert list(ordered["networks"]) == ["zz", "aa"]
    assert list(ordered["networks"]["zz"]) == ["hosts", "qos"]


def test_short_maps_stand_on_one_line_and_long_ones_do_not():
    short = request_text({"buckets": {"archives": {"size": 500}}})
    long = request_text({"buckets": {f"archives-{number}": {"size": 500} for number in range(9)}})

    assert "buckets: {archives: {size: 500}}\n" in short
    assert "buckets:\n  archives-0: {size: 500}\n" in long
    assert all(place.split("/")[0] for place in ONE_LINE)


def test_the_schema_line_leads_to_the_schema_from_where_requests_are(tmp_path):
    reference = SCHEMA_LINE.partition("$schema=")[2]

    for file in SAMPLES:
        assert (file.parent / reference).resolve() == ROOT / "schemas" / "tenant.schema.json"
        assert file.read_text().splitlines()[0] == SCHEMA_LINE
    assert (ROOT / "schemas" / "tenant.schema.json").is_file()
