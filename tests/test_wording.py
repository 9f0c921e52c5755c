"""What commands and the program say is said in French too."""

import ast
import copy
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pulumi
import pytest

from infra.datacenter import guard
from infra.environment import CHECKOUT
from infra.errors import JolibaError
from infra.intake.findings import Finding, Place
from infra.wording import LOCALE, catalogue, language

INFRA = CHECKOUT / "infra"
FRENCH = catalogue(LOCALE, "fr")
ROOMS = ("intake", "plan", "policy", "model", "writing", "datacenter")
FILES = [
    *(file for room in ROOMS for file in sorted((INFRA / room).glob("*.py"))),
    *(INFRA / "review" / f"{name}.py" for name in ("since", "revision", "assembly", "sheet")),
    *(
        INFRA / "cli" / f"{name}.py"
        for name in (
            "allocate", "arguments", "asking", "capacity", "check", "destroy", "diff", "explain", "findings", "form",
            "hardening", "host_progress", "hosts", "new", "outcomes", "price", "progress", "report", "request", "sheet",
            "show", "stacks", "up", "verify",
        )
    ),
    INFRA / "fleet" / "stacks.py",
    *(
        INFRA / "hosts" / f"{name}.py"
        for name in ("catalogue", "collecting", "known_hosts", "own_hosts", "running", "runs")
    ),
    INFRA / "hosts" / "report" / "scope.py",
    INFRA / "lab" / "guests" / "console.py",
]  # fmt: skip
ERRORS = {"JolibaError", "RefusedError", "CloudError", "LabError"}
FIELD = re.compile(r"\{\w+(?:!r)?\}")


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(INFRA.rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def said(file: Path) -> Iterator[str]:
    """The texts that a file's errors are made of; what is no text of ours is shown as it stands."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named = constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield first.value
            elif isinstance(first, ast.Name):  # the last text of that name: each must be translated all the same
                yield named.get(first.id) or imported(file, first.id)
            else:
                yield ast.unparse(first)


def constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def told_by(file: Path) -> Iterator[str]:
    """The texts that a file has `say_in` and `labelled` say, as far as it names them there."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    ours = {
        each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("infra.wording", "infra.cli.wording")
        for each in node.names
    }
    named = constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ours & {"say_in", "labelled"}:
            text = node.args[1]
            if isinstance(text, ast.Constant):
                yield text.value
            elif isinstance(text, ast.Name) and text.id in named:
                yield named[text.id]


def imported(file: Path, name: str) -> str:
    return getattr(import_module(".".join(file.relative_to(CHECKOUT).with_suffix("").parts)), name)


def test_every_refusal_has_a_french_text():
    ready = {"'\\n'.join(told)", "str(file)", "f'{path_text(question.path)}: {findings[0].code}'"}  # no words of ours

    texts = {text for file in FILES for text in said(file)} - ready
    assert sorted(texts - FRENCH.keys()) == []
    assert len(texts) > 40


def test_every_text_that_is_assigned_to_be_told_has_a_french_text():
    told = [
        node.value.value
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and [target.id for target in node.targets if isinstance(target, ast.Name)] == ["told"]
    ]

    assert [text for text in told if text not in FRENCH] == []
    assert len(told) > 8


def test_every_text_that_is_said_has_a_french_text():
    texts = {text for file in FILES for text in told_by(file)}

    assert sorted(texts - FRENCH.keys()) == []
    assert len(texts) > 40


def test_a_french_text_has_the_same_values():
    assert [
        text for text, french in FRENCH.items() if sorted(FIELD.findall(text)) != sorted(FIELD.findall(french))
    ] == []


def test_the_catalogue_has_no_text_that_nobody_says():
    constants = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert [text for text in FRENCH if text not in constants] == []


def test_an_error_is_told_in_the_users_language_and_copied_whole():
    error = copy.copy(JolibaError("{file}: a sheet is written as {forms}", file="x.doc", forms=".md"))

    assert str(error) == "x.doc: a sheet is written as .md"
    assert error.told("fr") == "x.doc : une fiche s'écrit en .md"


def test_a_text_without_values_is_told_as_it_is():
    assert str(JolibaError("{x} {")) == JolibaError("{x} {").told("fr") == "{x} {"
    assert language({"JOLIBA_LANG": "fr"}) == "fr"


@pytest.mark.parametrize(("lang", "head"), [("fr", "le programme est refusé :"), ("en", "the program is refused:")])
def test_the_guard_refuses_in_the_users_language(monkeypatch, lang, head):
    monkeypatch.setenv("JOLIBA_LANG", lang)

    with pytest.raises(pulumi.RunError) as told:
        guard._refuse([Finding("RESOURCE-INSECURE", Place("x"), {"name": "a", "type": "b"})])

    assert str(told.value).splitlines()[0] == head
