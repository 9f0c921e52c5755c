"""Whatever a request says, the answer is findings with a line, in both languages and every format, in a second."""

import json
import time
import xml.etree.ElementTree as ET
from collections import defaultdict

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from malformed_requests import Plant, by_chance, malformed_requests, planted_requests

from infra.cli.formats import json_report, junit, markdown, sarif
from infra.cli.formats.report import Report
from infra.intake.findings import invisible, path_text
from infra.intake.inventory import SiteInventory, read_site
from infra.intake.mending import mended
from infra.review import rendering
from infra.review.assembly import Facts, sheet

LONGEST = 1.0
"""Seconds on the clock of one request's reading, its site's included, and of making all its answers."""
ORDINARY = 30
"""Times that an ordinary small site takes at the same moment: then it is the machine that is slow, not the request."""
TRIES = 3
"""A machine that does something else is late once; a request that takes long takes long every time."""
SHOWN_IN_FULL = 5
"""Of so many requests one is shown in every format."""


@pytest.fixture
def soon(project):
    """``soon(work)``: what the work gives, if it is done in time."""

    def timed(work):
        started = time.monotonic()
        return work(), time.monotonic() - started

    def done(work):
        for _ in range(TRIES):
            found, lasted = timed(work)
            if lasted < LONGEST:
                return found
            _, ordinary = timed(lambda: read_site(project, "ne-nia", only=["tresor"]))
            if lasted < ORDINARY * ordinary:
                return found
        pytest.fail(f"it took {lasted:.1f} s, where an ordinary site takes {ordinary:.2f} s")

    return done


def lines_of(content: bytes) -> dict[str, set[int]] | None:
    """Where every value and its key stand, by path, as PyYAML's own composer says; nothing if it cannot read it."""
    found: dict[str, set[int]] = defaultdict(set)

    def walk(node: yaml.Node, path: tuple[str | int, ...]) -> None:
        found[path_text(path)].add(node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    inner = (*path, key.value)
                    found[path_text(inner)].add(key.start_mark.line + 1)
                    walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for position, inner in enumerate(node.value):
                walk(inner, (*path, position))

    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        seen = "".join("\ufffd" if invisible(each) and each not in "\n\t" else each for each in text)
        node = yaml.compose(seen, yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return None
    if node is not None:
        walk(node, ())
    return found


def around(path: str, lines: dict[str, set[int]]) -> set[int]:
    """The lines of a value, or of the nearest one around it that there is."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, {1})


def shown(inventory: SiteInventory) -> None:
    """Make every answer, in both languages, and read those that machines read."""
    for lang in ("en", "fr"):
        report = Report(findings=list(inventory.findings), files=["x.yaml"], lang=lang, mended=[])
        assert json.loads(sarif.render(report))["version"] == "2.1.0"
        assert len(json.loads(json_report.render(report))["findings"]) == len(inventory.findings)
        assert ET.fromstring(junit.render(report)).tag == "testsuites"  # noqa: S314  our own
        assert markdown.render(report)
        if request := inventory.requests.get("sante"):
            made = sheet(request, Facts(inventory=inventory, findings=inventory.findings, commit="-"), lang)
            assert rendering.html(made).count("<script") == 0
            assert rendering.markdown(made)


@pytest.mark.timeout(3600)
def test_a_malformed_request_makes_findings_with_a_line_and_nothing_worse(project, pytestconfig, soon):
    file = project / "inventories/ml-bko/tenants/sante.yaml"
    codes, told = set(), []

    @by_chance(10_000 if pytestconfig.option.full else 120, pytestconfig.option.seed)
    @given(malformed_requests())
    def holds(content):
        file.write_bytes(content)
        inventory = soon(lambda: read_site(project, "ml-bko", only=["sante"]))

        told.append(content)
        if len(told) % SHOWN_IN_FULL == 0:
            soon(lambda: shown(inventory))
        assert inventory.refused or "sante" in inventory.requests
        number, lines = content.count(b"\n") + content.count(b"\r") + 1, lines_of(content)
        for finding in inventory.findings:
            codes.add(finding.code)
            if finding.place.file.endswith("sante.yaml"):
                assert 1 <= finding.place.line <= number
                assert finding.place.column >= 1
                if lines is not None and finding.place.path:
                    said = finding.place.path
                    if finding.code == "SHAPE-MISSING-KEY":  # also of a key that was refused itself, for its anchor
                        said = said[: max(said.rfind("."), 0)]
                    assert finding.place.line in around(said, lines), finding
            said = "".join(getattr(finding, part)(lang) for part in ("text", "fix", "source") for lang in ("en", "fr"))
            assert not [character for character in f"{said}{finding.place.path}" if invisible(character)]

    holds()
    assert len(codes) > 12, "the requests are not malformed in many ways"


PIECES = [
    "<script>", "</title>", "{{ 7*7 }}", "{% x %}", "](x)", "`", "|", "&amp;", '"', "'", "é", "${x}", "@a", "]]>",
    "##[", "%s", "{found}", "\\", "$(id)", "::error::", " ", "-", "#", "ⴰⵎⴰ", "السلام",
]  # fmt: skip


def test_whatever_an_accepted_text_says_every_answer_is_made(project, pytestconfig, soon):
    file = project / "inventories/ml-bko/tenants/sante.yaml"
    sample, words = file.read_text(encoding="utf-8"), "Ouverture du dossier patient partagé"
    number, accepted = 1_000 if pytestconfig.option.full else 30, []

    @by_chance(number, pytestconfig.option.seed)
    @given(st.lists(st.sampled_from(PIECES), min_size=3, max_size=20).map("".join))
    def holds(text):
        file.write_text(sample.replace(words, json.dumps(text)), encoding="utf-8")

        inventory = soon(lambda: read_site(project, "ml-bko", only=["sante"]))

        soon(lambda: shown(inventory))
        assume("sante" in inventory.requests)  # what is refused is shown too, and does not count
        accepted.append(text)

    holds()
    assert len(accepted) >= number


def test_what_was_planted_is_told_at_its_line_and_column(project, pytestconfig, soon):
    file = project / "inventories/ml-bko/tenants/sante.yaml"
    lines = set()

    @by_chance(2_000 if pytestconfig.option.full else 60, pytestconfig.option.seed)
    @given(planted_requests())
    def holds(plant: Plant):
        file.write_bytes(plant.content)

        inventory = soon(lambda: read_site(project, "ml-bko", only=["sante"]))

        found = [each for each in inventory.findings if each.place.file.endswith("sante.yaml")]
        assert (plant.code, plant.line, plant.column) in [
            (each.code, each.place.line, each.place.column) for each in found
        ]
        lines.add(plant.line)

    holds()
    assert len(lines) > 10, "it is always planted in the same places"


def test_a_reading_that_hangs_fails(soon, monkeypatch):
    monkeypatch.setattr(f"{__name__}.LONGEST", 0.5)
    monkeypatch.setattr(f"{__name__}.ORDINARY", 1)

    assert soon(lambda: "done") == "done"
    with pytest.raises(pytest.fail.Exception, match="where an ordinary site takes"):
        soon(lambda: time.sleep(2))


def test_what_a_mend_makes_of_a_malformed_request_says_the_same(pytestconfig):
    @by_chance(10_000 if pytestconfig.option.full else 100, pytestconfig.option.seed)
    @given(malformed_requests())
    def holds(content):
        made, mends = mended(content, "x.yaml", key="tenant", name="sante")

        assert (made == content) is (not mends)
        again, more = mended(made, "x.yaml", key="tenant", name="sante")
        assert (again, more) == (made, [])

    holds()
