"""Requests made from the schema, and then damaged: keys, types, sizes, bytes."""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st

from infra.intake.shape import schema_of

SAMPLES = sorted((Path(__file__).parents[1] / "inventories/ml-bko/tenants").glob("*.yaml"))
NAMES = ["web", "app", "base", "dmz", "interne", "dossier-patient", "sante-audit", "dossier.sante.example", "donnees"]
STRANGE = [
    None, True, 0, -1, 10**17, 10**30, 1.5, "", " ", "x" * 5000, [], {}, [[]], {"": ""}, {"a": {"b": {}}}, "é",
    "{{ 1 }}", "${HOME}", "$(id)", "../../etc/passwd", "<script>", "\u202e", "\u200b", "web\n- a", "22/tcp",
    "0.0.0.0/0", "2026-02-30", "justice/registre.web", "internet", "ssh-rsa AAAA", "null",
    "%s", "*a", "&a", "!!python/name:os.system",
]  # fmt: skip
BYTES = [
    b"\x00", b"\xff", b"\t", b"\r", b"\r\n", b"\n", b"---\n", b"...\n", b"&a ", b"*a", b"<<: *a\n", b"!!int ", b"{",
    b"}", b"[", b"]", b"'", b'"', b": ", b"- ", b"#", b"|", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xae",
    b'"\\u202e"', b"%YAML 9\n", b"[" * 400, b"- " * 300, b"? " * 40, b"a: {" * 30, b" " * 3000, b"9" * 400, b"x" * 3000,
    b"\n- 1" * 1200,
]  # fmt: skip


def by_chance(number: int, first: int) -> Callable[..., Any]:
    """So many examples, which begin at a seed; a failing one is made small."""
    chosen = settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: seed(first)(chosen(test))


def malformed_requests() -> st.SearchStrategy[bytes]:
    """Bytes of a request that is nearly one: from the schema or a sample, with up to six damages."""
    whole = st.one_of(of_schema(schema_of("tenant")), st.sampled_from(SAMPLES).map(_loaded))
    return st.builds(_damaged, whole, st.randoms(use_true_random=False), st.integers(0, 3), st.integers(0, 3))


@dataclass(frozen=True)
class Plant:
    """A sample request with one value that is always refused, with what code, and where."""

    content: bytes
    code: str
    line: int
    column: int


PLANTS = {
    '"\\u202e"': "YAML-ESCAPE", "!!int 1": "YAML-TAG", "*a": "YAML-ANCHOR", "9" * 30: "YAML-NUMBER",
    "S\u0430nte": "YAML-LOOKALIKE", '"\\u0430a"': "YAML-LOOKALIKE",
}  # fmt: skip


@st.composite
def planted_requests(draw: st.DrawFn) -> Plant:
    """A sample in which one value, anywhere, gave way to one that no request may hold."""
    lines = draw(st.sampled_from(SAMPLES)).read_text(encoding="utf-8").splitlines(keepends=True)
    start, end = draw(st.sampled_from(list(_values(yaml.compose("".join(lines), yaml.CSafeLoader)))))
    planted, code = draw(st.sampled_from(sorted(PLANTS.items())))
    line = lines[start.line]
    lines[start.line] = f"{line[: start.column]}{planted}{line[end.column :]}"
    return Plant("".join(lines).encode(), code, start.line + 1, start.column + 1)


def _values(node: yaml.Node) -> Iterator[tuple[yaml.Mark, yaml.Mark]]:
    """Where each value that is no map, list or key begins and ends; it is of one line."""
    if isinstance(node, yaml.ScalarNode):
        if node.start_mark.line == node.end_mark.line:
            yield node.start_mark, node.end_mark
    else:
        for inner in node.value:
            yield from _values(inner[1] if isinstance(node, yaml.MappingNode) else inner)


def of_schema(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a part of the tenant's schema mostly accepts."""
    if "$ref" in node:
        found: Any = schema_of("tenant")
        for step in node["$ref"].partition("#/")[2].split("/"):
            found = found[step]
        return of_schema(found)
    if "const" in node or "enum" in node:
        return st.sampled_from(node.get("enum", [node.get("const")]))
    kinds = node.get("type", "string")
    return st.one_of([_of_kind(node, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)])


def _of_kind(node: dict[str, Any], kind: str) -> st.SearchStrategy[Any]:
    if kind == "integer":
        return st.integers(node.get("minimum", 0), min(node.get("maximum", 100), node.get("minimum", 0) + 100))
    if kind == "boolean":
        return st.booleans()
    if kind == "array":
        return st.lists(of_schema(node["items"]), max_size=3)
    if kind == "object":
        properties, required = node.get("properties", {}), node.get("required", ())
        known = st.fixed_dictionaries(
            {key: of_schema(inner) for key, inner in properties.items() if key in required},
            optional={key: of_schema(inner) for key, inner in properties.items() if key not in required},
        )
        more = node.get("additionalProperties")
        if not isinstance(more, dict):
            return known
        return st.builds(
            lambda one, other: one | other, known, st.dictionaries(st.sampled_from(NAMES), of_schema(more), max_size=3)
        )
    return st.sampled_from([*node.get("examples", []), *NAMES[:4]])


def _loaded(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506  it makes texts alone


def _damaged(whole: Any, chance: random.Random, changes: int, cuts: int) -> bytes:
    tree = copy.deepcopy(whole)
    for _ in range(changes):
        _change(tree, chance)
    content = bytearray(yaml.dump(copy.deepcopy(tree), Dumper=_Dumper, allow_unicode=True, sort_keys=False).encode())
    for _ in range(cuts):
        start = chance.randrange(len(content) + 1)
        content[start : start + chance.choice([0, 0, 0, 1, 3, 40])] = chance.choice(BYTES)
    return bytes(content)


def _change(tree: Any, chance: random.Random) -> None:
    """Remove, replace, rename or repeat one entry of the tree."""
    holders = [holder for holder in _holders(tree) if holder]
    if not holders:
        return
    holder = chance.choice(holders)
    key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    match chance.choice(["remove", "replace", "replace", "rename", "repeat", "swap"]):
        case "remove":
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[
                chance.choice([f"{key}x", str(key)[:-1], str(key).upper(), "x" * 300, "a b", "é", "<<", "1", ""])
            ] = holder.pop(key)
        case "repeat" if isinstance(holder, dict):
            holder.update({f"n{number}": copy.deepcopy(holder[key]) for number in range(chance.choice([1, 40, 400]))})
        case "repeat":
            holder.extend([holder[key]] * chance.choice([1, 40, 400]))
        case "swap":
            holder[key] = copy.deepcopy(chance.choice(holders))
        case _:
            holder[key] = copy.deepcopy(chance.choice(STRANGE))


def _holders(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict | list):
        yield tree
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from _holders(inner)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _: Any) -> bool:  # so that only damaged bytes make one
        return True
