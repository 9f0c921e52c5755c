"""The shape of a file: JSON Schema 2020-12, its errors told as findings, what they refuse taken out of the tree."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path as File
from typing import Any

from jsonschema_rs import Draft202012Validator

from infra.intake.findings import MOST_TOLD, Path
from infra.intake.reading import Document
from infra.intake.suggestion import suggestion

SCHEMAS = File(__file__).resolve().parents[2] / "schemas"
_TYPES = {
    "integer": "a whole number", "number": "a number", "string": "a text", "boolean": "true or false",
    "object": "a map", "array": "a list",
}  # fmt: skip
_OPEN = "∞"
_Error = Any  # jsonschema_rs.ValidationError; its stubs do not tell what each kind of error carries


def check_shape(document: Document, schema: str) -> None:
    """Add a finding for everything in the document that its schema refuses.

    ``schema`` is ``tenant``, ``site``, ``country`` or ``addresses``. What is refused is taken out of
    ``document.values`` and noted in ``document.broken``, so that the rest can be judged.
    """
    if document.unreadable:
        document.values = {}  # of a file that stopped being read midway nothing is judged
        return
    errors = list(islice(_validator(schema).iter_errors(document.values), MOST_TOLD + 1))
    said: set[Path] = set()
    for error in errors:
        path: Path = tuple(error.instance_path)
        if path in said and error.kind.name == "type":
            continue
        said.add(path)
        _TELL.get(error.kind.name, _other)(document, path, error, _node(schema, error.schema_path))
    if len(errors) > MOST_TOLD:  # so many that judging the rest would be guessing
        document.broken.add(())
        document.values = {}
        return
    for path in sorted(document.broken, key=len, reverse=True):
        _take_out(document, path)


@cache
def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        schema_of(name),
        validate_formats=True,
        formats={"date": _is_day},
        retriever=lambda uri: schema_of(uri.rsplit("/", 1)[-1].removesuffix(".schema.json")),
    )


def _is_day(text: str) -> bool:
    """Whether a text is year-month-day, of a year that the calendar has: year 0 is in RFC 3339 and in no `date`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _node(schema: str, path: Iterable[str | int]) -> Mapping[str, Any]:
    """The part of the schema that holds the failed keyword."""
    steps = list(path)[:-1]
    if steps[-1:] == ["else"]:
        steps.pop()  # what a condition asks for is described beside it
    if "propertyNames" in steps:
        steps = steps[: steps.index("propertyNames") + 1]
    return _walk(schema_of("tenant" if schema == "site" and steps[:1] == ["$defs"] else schema), steps)


def _walk(node: Any, steps: Iterable[str | int]) -> Mapping[str, Any]:  # noqa: ANN401  JSON
    for step in steps:
        node = node[step]
    found: Mapping[str, Any] = node
    return found


def _about(node: Mapping[str, Any]) -> dict[str, str]:
    examples = node.get("examples") or [node.get("const", "")]
    return {
        "about": node.get("description", ""),
        "about_fr": node.get("x-description-fr", ""),
        "example": _shown(examples[0]),
    }


def _shown(value: Any) -> str:  # noqa: ANN401  any value of a file
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _refuse(document: Document, path: Path, code: str, **values: str) -> None:
    if not document.is_broken(path):
        document.refuse(code, path, **values)
        document.broken.add(path)


def _unknown_keys(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    accepted = [key for key in node["properties"] if key not in error.instance]
    for key in error.kind.unexpected[:MOST_TOLD]:
        document.refuse_key("SHAPE-UNKNOWN-KEY", (*path, key), key=key, **suggestion(key, accepted))
    document.broken |= {(*path, key) for key in error.kind.unexpected}  # nobody looked at what they hold


def _missing_key(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    key = error.kind.property
    if (*path, key) in document.broken:
        return
    about = node["properties"][key]
    if reference := about.get("$ref"):
        about = _walk(schema_of("tenant"), reference.partition("#/")[2].split("/"))
    document.refuse("SHAPE-MISSING-KEY", (*path, key), key=key, **_about(about))
    document.broken.add((*path, key))


def _type(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    expected = " or ".join(_TYPES.get(name, name) for name in error.kind.types)
    if error.instance is None:
        _refuse(document, path, "SHAPE-EMPTY", **_about(node))
        return
    _refuse(document, path, "SHAPE-TYPE", found=_found(error.instance), expected_word=expected, **_about(node))


def _found(value: Any) -> str:  # noqa: ANN401  any value of a file
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{…}"
    return "[…]" if isinstance(value, list) else _shown(value)


def _value(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    accepted = [_shown(option) for option in node.get("enum", [node.get("const")])]
    found = _found(error.instance)
    _refuse(document, path, "SHAPE-VALUE", found=found, **suggestion(_shown(error.instance), accepted))


def _pattern(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    _refuse(document, path, "SHAPE-PATTERN", found=_found(error.instance), **_about(node))


def _range(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    limits = {"least": str(node.get("minimum", "")), "most": str(node.get("maximum", _OPEN))}
    _refuse(document, path, "SHAPE-RANGE", found=_found(error.instance), **limits, **_about(node))


def _length(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    limits = {"least": str(node.get("minLength", 0)), "most": str(node.get("maxLength", _OPEN))}
    _refuse(document, path, "SHAPE-LENGTH", length=str(len(error.instance)), **limits, **_about(node))


def _count(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    least = node.get("minItems", node.get("minProperties", 0))
    most = node.get("maxItems", node.get("maxProperties", _OPEN))
    limits = {"least": str(least), "most": str(most)}
    _refuse(document, path, "SHAPE-COUNT", count=str(len(error.instance)), **limits, **_about(node))


def _repeated(document: Document, path: Path, _: _Error, __: Mapping[str, Any]) -> None:
    _refuse(document, path, "SHAPE-REPEATED")


def _date(document: Document, path: Path, error: _Error, _: Mapping[str, Any]) -> None:
    _refuse(document, path, "SHAPE-DATE", found=_found(error.instance))


def _one_of(document: Document, path: Path, _: _Error, node: Mapping[str, Any]) -> None:
    keys = [choice["required"][0] for choice in node["oneOf"]]
    if not document.has_broken(path):
        document.refuse("SHAPE-ONE-OF", path, accepted=", ".join(keys), **_about(node))
    document.broken.add(path)


def _name(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    key = error.kind.error.instance
    inner = (*path, key)
    if inner in document.broken:
        return
    limits = {"least": str(node.get("minLength", 1)), "most": str(node.get("maxLength", _OPEN))}
    example = _about({"examples": [next(iter(error.instance), "")]})["example"] if "pattern" not in node else ""
    form = node.get("pattern") or ", ".join(node.get("enum", []))
    document.refuse_key("SHAPE-NAME", inner, found=f'"{key}"', form=form, **limits, example=example or "interne")
    document.broken.add(inner)


def _other(document: Document, path: Path, error: _Error, node: Mapping[str, Any]) -> None:
    _refuse(document, path, "SHAPE-OTHER", found=_found(error.instance), **_about(node))


_TELL: Mapping[str, Callable[[Document, Path, _Error, Mapping[str, Any]], None]] = {
    "additionalProperties": _unknown_keys, "required": _missing_key, "type": _type, "enum": _value, "const": _value,
    "constant": _value, "pattern": _pattern, "minimum": _range, "maximum": _range, "minLength": _length,
    "maxLength": _length, "minItems": _count, "maxItems": _count, "minProperties": _count, "maxProperties": _count,
    "uniqueItems": _repeated, "format": _date, "oneOf": _one_of, "propertyNames": _name,
}  # fmt: skip


def _take_out(document: Document, path: Path) -> None:
    """Remove a refused value; of a list, the whole list, so that the positions of what stays are right."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
        document.broken.add(path)
    around: Any = document.values
    for step in path[:-1]:
        try:
            around = around[step]
        except (KeyError, IndexError, TypeError):
            return
    if path and isinstance(around, dict):
        around.pop(path[-1], None)
