"""Every code has what is told with it, and its nearest neighbour that is not: an example, a case, or a named test."""

import ast
from pathlib import Path

import pytest
import yaml

from infra.intake.examples import exemplified
from infra.intake.messages import MESSAGES

TESTS = Path(__file__).parents[1]
CASES = TESTS / "cases"
NAMED = yaml.safe_load((CASES / "neighbours.yaml").read_text(encoding="utf-8"))


def _of_cases() -> set[str]:
    """The codes of cases as data; each case holds what is refused and what is accepted, and is tested with both."""
    found: set[str] = set()
    for file in [*(CASES / "requests").glob("*.yaml"), CASES / "registers.yaml", CASES / "capacity.yaml"]:
        for case in yaml.safe_load(file.read_text(encoding="utf-8")):
            finds = case.get("finds", [])
            finds = [finds] if isinstance(finds, str) else finds
            assert case["accepted"], case["it"]
            found |= {line.split()[0] for line in finds} | set(case.get("codes", []))
    for case in yaml.safe_load((CASES / "resources.yaml").read_text(encoding="utf-8")):
        assert "sound" in case, case["it"]
        found.add(case["code"])
    return found


SHOWN = {*exemplified(), *_of_cases()}


def test_every_code_has_an_accepted_neighbour():
    assert sorted(MESSAGES.keys() - SHOWN - NAMED.keys()) == []
    assert sorted(NAMED.keys() - MESSAGES.keys()) == []
    assert sorted(NAMED.keys() & SHOWN) == [], "an example or a case shows it already"


@pytest.mark.parametrize("code", NAMED)
def test_the_tests_that_are_named_exist_and_are_about_the_code(code):
    texts = ""
    for place in NAMED[code]:
        file, _, name = place.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        (found,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
        parts = [found, *found.decorator_list, *_constants(tree, found)]
        texts += " ".join(node.value for part in parts for node in ast.walk(part) if _is_text(node))

    composed = code.startswith(("POLICY-RESIDENCY-", "RESOURCE-"))
    told = code.rpartition("-")[2] if composed else code
    assert told in texts


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _constants(tree: ast.Module, node: ast.AST) -> list[ast.AST]:
    """What the lines of a function, and its decorators, take from the module by name, tables of cases above all."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    found = [
        each
        for each in tree.body
        if isinstance(each, ast.Assign) and names & {name.id for name in each.targets if isinstance(name, ast.Name)}
    ]
    return [part for each in found for part in (each, *_constants(tree, each.value))]
