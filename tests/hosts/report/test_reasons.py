"""Why verdicts are what they are, in the report's language."""

import ast
import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from run_records import TODAY

from infra.environment import CHECKOUT
from infra.hosts import asking
from infra.hosts.catalogue import read_catalogue
from infra.hosts.deviations import shipped_deviations
from infra.hosts.record import Verdict
from infra.hosts.report import page, text
from infra.hosts.report.contents import contents
from infra.hosts.report.reasons import REASONS, deviation_words, reason_word

PROBES = sorted((CHECKOUT / "playbooks/module_utils/joliba").glob("*.py"))
SHIPPED = [each for rule in read_catalogue().rules.values() for each in (*rule.exempt.values(), rule.needs) if each]
GIVEN = {'rule["exempt"][role]', 'rule["absent"]', 'rule["unknown"]'}
"""What `judging` hands on: the catalogue's texts, and those of `asking`."""
VALUE = re.compile(r"\{\w+\}")


def said_by(file: Path) -> Iterator[ast.expr]:
    """What a file's verdicts have for a reason."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("NotApplicable", "Unmeasured"):
            yield node.args[0]
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ("why", "unknown"):
                    yield value


def form(said: ast.expr) -> str | None:
    """A text with ``{}`` for each value; None for what is made of values alone, or no text of this place."""
    parts = said.values if isinstance(said, ast.JoinedStr) else [said]
    if not all(isinstance(each, ast.FormattedValue | ast.Constant) for each in parts):
        return None
    told = "".join(each.value if isinstance(each, ast.Constant) else "{}" for each in parts)
    return told if re.search(r"\w", told.replace("{}", "")) else None


FORMS = {told for file in (*PROBES, Path(asking.__file__)) for said in said_by(file) if (told := form(said))}


def french() -> dict[str, str]:
    with REASONS.open("rb") as file:
        return {each.id: each.string for each in read_po(file) if each.id}


def untold() -> set[str]:
    """What is said for a reason, and is no text with values."""
    every = [said for file in (*PROBES, Path(asking.__file__)) for said in said_by(file)]
    return {ast.unparse(said).replace("'", '"') for said in every if form(said) is None}


@pytest.mark.parametrize("told", sorted(FORMS))
def test_every_reason_that_a_host_gives_has_a_french_text_that_keeps_its_values(told):
    values = [f"/x{number}" for number in range(told.count("{}"))]
    why = told.format(*values)

    assert reason_word(why, "en") == why
    assert reason_word(why, "fr") != why
    assert [value for value in values if reason_word(why, "fr").count(value) != 1] == []


def test_no_reason_is_made_in_a_way_that_is_not_looked_for_here():
    ready = {"str(why)", 'f"{type(error).__name__}: {error}"[:_LONGEST]'}
    of_programs = {each for each in untold() if re.fullmatch(r'f"\{[\w\[\]]+\}: \{[\w.]+\}"', each)}

    assert untold() - of_programs == ready | GIVEN
    assert len(FORMS) > 45


def test_the_catalogue_has_no_reason_that_nobody_gives_and_the_same_values():
    told = french()

    assert {VALUE.sub("{}", each) for each in told} == FORMS
    assert [each for each in told if sorted(VALUE.findall(each)) != sorted(VALUE.findall(told[each]))] == []


@pytest.mark.parametrize(("why", "told"), [
    ("there is no /etc/sudoers", "/etc/sudoers n'existe pas"),
    ("there is no /var/log/lastlog: nobody notes logins",
     "/var/log/lastlog n'existe pas\N{NO-BREAK SPACE}: personne ne note les connexions"),
    ("nft ended with 1: Error: a\nb: c", "nft s'est terminé avec le code 1\N{NO-BREAK SPACE}: Error: a\nb: c"),
    ("there is no {0.__class__} {path} %s \\1", "{0.__class__} {path} %s \\1 n'existe pas"),
])  # fmt: skip
def test_a_value_is_kept_whatever_it_holds(why, told):
    assert reason_word(why, "fr") == told


@pytest.mark.parametrize("why", ["", "gone fishing", "/etc/shadow: Permission denied", "There is no x"])
def test_what_is_no_text_of_ours_stays_as_it_is(why):
    assert [reason_word(why, lang) for lang in ("fr", "en")] == [why, why]


@pytest.mark.timeout(60)  # one that is tried in every way would take days
def test_a_hostile_reason_costs_no_time():
    whys = ["{} ended with ".format("x ended with : ") * 130, " is part of " * 160, "x" * 10**7, ": " * 900]

    for why in whys:
        assert len(reason_word(why, "fr")) > 1000


@pytest.mark.parametrize("why", SHIPPED, ids=[each["en"][:30] for each in SHIPPED])
def test_a_reason_of_the_catalogue_is_told_in_the_readers_language_whichever_a_record_holds(why):
    for said in ("fr", "en"):
        for lang in ("fr", "en"):
            assert reason_word(why[said], lang) == why[lang]


def test_a_shipped_deviation_is_told_in_the_readers_language_and_others_as_they_were_written():
    own = replace(shipped_deviations("en")[0], source="inventories/ml-bko/hosts.yaml")
    older = replace(shipped_deviations("en")[0], reason="As an earlier release had it.")

    for lang in ("fr", "en"):
        told = [deviation_words(each, lang) for said in ("fr", "en") for each in shipped_deviations(said)]
        assert told == [*shipped_deviations(lang), *shipped_deviations(lang)]
        assert deviation_words(own, lang) == own
        assert deviation_words(older, lang).reason == older.reason


def test_what_changed_and_a_history_are_told_in_the_reports_language(small):
    before, now = (on(small(verdict), **said) for verdict, said in (
        (Verdict.FAIL, {"effective": "none"}),
        (Verdict.UNMEASURED, {"effective": None, "why": "systemd does not run here"}),
    ))  # fmt: skip
    made = contents(now, made=TODAY, known={}, since=before, earlier=[before])
    (host,), (rule,) = now.hosts, made.rules

    for lang, why, nothing in (
        ("fr", "Non mesuré\N{NO-BREAK SPACE}: systemd ne tourne pas ici", "aucun"),
        ("en", "Unmeasured: systemd does not run here", "none"),
    ):
        assert why in html.unescape(page.render(made, lang))
        assert f"  {nothing}  " in text.render_history(made, host.name, rule, lang)


def on(record, **said):
    """A record of one verdict, with other words."""
    (host,) = record.hosts
    (verdict,) = host.verdicts
    run = f"run-{verdict.verdict}"
    return replace(record, run=run, hosts=(replace(host, verdicts=(replace(verdict, **said),)),))
