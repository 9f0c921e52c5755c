"""What the schema of a tenant says of one field, for whoever asks for it: its rules, its reason, an example."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.intake.findings import Path
from infra.intake.shape import schema_of
from infra.writing.request_text import resolved
from infra.writing.wording import label

ANY = "*"
"""A name or position that the ministry chooses, in a path."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A place in a request. ``node`` is the schema's part, ``name_node`` what the names of a map obey."""

    path: Path
    node: Mapping[str, Any]
    required: bool

    @property
    def key(self) -> str:
        """The key that the field is written under."""
        return str(self.path[-1])

    @property
    def name_node(self) -> Mapping[str, Any]:
        """What the names of a map must be; nothing if it is none."""
        found: Mapping[str, Any] = self.node.get("propertyNames", {})
        return found

    @property
    def example(self) -> str:
        """An accepted value as a person writes it."""
        found: Any = (self.node.get("examples") or [""])[0]
        if isinstance(found, list) and not any(isinstance(inner, dict) for inner in found):
            return ", ".join(map(str, found))
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    @property
    def name_example(self) -> str:
        """An accepted name of a map's entry."""
        return next(iter((self.node.get("examples") or [{}])[0]), "")

    def label(self, lang: str) -> str:
        """What a person calls the field."""
        return label(self.path, lang)

    def description(self, lang: str) -> str:
        """What the field is for, in the schema's own words."""
        return str(self.node["description" if lang == "en" else "x-description-fr"])


def field_at(*path: str) -> Field:
    """The field at a path from the top; ``*`` stands for any name or position.

    Raises:
        KeyError: the schema has no such place.
    """
    node: Mapping[str, Any] = schema_of("tenant")
    required = True
    for part in path:
        required = part in node.get("required", ())
        chosen = part == ANY
        node = resolved((node.get("additionalProperties") or node["items"]) if chosen else node["properties"][part])
    return Field(path=path, node=node, required=required)
