"""The reference of what files may say, and of what is found in them: ``python -m infra.intake.reference``.

One page a schema and language, in ``docs/reference/``: every key with its type, what is accepted, and an example. And
one page a language of all codes of findings, from their messages.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.environment import CHECKOUT
from infra.intake.findings_reference import findings_page
from infra.intake.shape import SCHEMAS, schema_of

FOLDER = Path("docs/reference")
COMMAND = "python -m infra.intake.reference"
LANGUAGES = ("en", "fr")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "made": f"Written from the schema by `{COMMAND}`.", "key": "Key", "what": "What", "accepted": "Accepted",
        "example": "Example", "needed": "needed",
        "integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "null": "nothing",
        "object": "map", "array": "list", "to": "to",
        "characters": "characters", "entries": "entries", "either": "either",
        "name": "name", "day": "day",
    },
    "fr": {
        "made": f"Écrit à partir du schéma par `{COMMAND}`.", "key": "Clé", "what": "Quoi", "accepted": "Accepté",
        "example": "Exemple", "needed": "obligatoire",
        "integer": "nombre entier", "number": "nombre", "string": "texte",
        "boolean": "true ou false", "null": "rien", "object": "suite de clés", "array": "liste", "to": "à",
        "characters": "caractères", "entries": "entrées", "either": "l'un ou l'autre", "name": "nom", "day": "jour",
    },
}  # fmt: skip
_LONGEST_PATTERN = 60
_Node = Mapping[str, Any]


def pages() -> dict[Path, str]:
    """Every page of the reference, by its path from the project root."""
    kinds = sorted(file.name.removesuffix(".schema.json") for file in SCHEMAS.glob("*.schema.json"))
    found = {FOLDER / f"{kind}.{lang}.md": _page(kind, lang) for kind in kinds for lang in LANGUAGES}
    return found | {FOLDER / f"findings.{lang}.md": findings_page(lang, COMMAND) for lang in LANGUAGES}


def write(root: Path = CHECKOUT) -> list[Path]:
    """Write the pages that differ, and say which."""
    written = []
    for path, text in pages().items():
        file = root / path
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _page(kind: str, lang: str) -> str:
    schema, words = schema_of(kind), _WORDS[lang]
    title = schema["title" if lang == "en" else "x-title-fr"]
    head = [f"# {title}", "", _described(schema, lang), "", words["made"], ""]
    table = [f"| {words['key']} | {words['what']} | {words['accepted']} | {words['example']} |", "|---|---|---|---|"]
    rows = [_row(path, node, lang, needed=needed) for path, node, needed in _entries(schema, kind, words)]
    return "\n".join([*head, *table, *rows]) + "\n"


def _entries(node: _Node, kind: str, words: Mapping[str, str], path: str = "") -> Iterator[tuple[str, _Node, bool]]:
    """Every key under a node with its own node, references resolved, and whether it is needed."""
    for name, inner in node.get("properties", {}).items():
        yield from _entry(inner, kind, words, f"{path}.{name}".lstrip("."), needed=name in node.get("required", ()))
    if isinstance(more := node.get("additionalProperties"), dict):
        yield from _entry(more, kind, words, f"{path}.<{words['name']}>", needed=False)
    if "items" in node:
        yield from _entry(node["items"], kind, words, f"{path}[]", needed=False)
    if "else" in node:
        yield from _entries(_resolved(node["else"], kind), kind, words, path)


def _entry(
    node: _Node, kind: str, words: Mapping[str, str], path: str, *, needed: bool
) -> Iterator[tuple[str, _Node, bool]]:
    if node.get("$ref", "").endswith("/defaults"):
        return  # a part of a tenant: its own page says it
    found = _resolved(node, kind)
    yield path, found, needed
    yield from _entries(found, kind, words, path)


def _resolved(node: _Node, kind: str) -> _Node:
    if "$ref" not in node:
        return node
    found: Any = schema_of(kind)
    for step in node["$ref"].partition("#/")[2].split("/"):
        found = found[step]
    return {**found}


def _row(path: str, node: _Node, lang: str, *, needed: bool) -> str:
    example = json.dumps(node["examples"][0], ensure_ascii=False) if node.get("examples") else ""
    what = _described(node, lang) + (f" **{_WORDS[lang]['needed']}**" if needed else "")
    cells = (f"`{path}`", what, _accepted(node, _WORDS[lang]), f"`{example}`" if example else "")
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _described(node: _Node, lang: str) -> str:
    return str(node["description" if lang == "en" else "x-description-fr"])


def _accepted(node: _Node, words: Mapping[str, str]) -> str:
    if "const" in node or "enum" in node:
        return ", ".join(f"`{option}`" for option in node.get("enum", [node.get("const")]))
    types = node.get("type", "string")
    parts = [" / ".join(words[name] for name in ([types] if isinstance(types, str) else types))]
    if node.get("format") == "date":
        return words["day"]
    for least, most, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", words["characters"]),
        ("minItems", "maxItems", words["entries"]),
        ("minProperties", "maxProperties", words["entries"]),
    ):
        if most in node:
            parts.append(f"{node.get(least, 1)} {words['to']} {node[most]} {unit}".rstrip())
    if "oneOf" in node:
        parts.append(f"{words['either']}: " + ", ".join(f"`{choice['required'][0]}`" for choice in node["oneOf"]))
    pattern = node.get("pattern", node.get("propertyNames", {}).get("pattern", ""))
    if 0 < len(pattern) <= _LONGEST_PATTERN:  # a longer one says less than the example beside it
        parts.append(f"`{pattern}`")
    return ", ".join(parts)


if __name__ == "__main__":
    for changed in write():
        print(changed)  # noqa: T201  a command
