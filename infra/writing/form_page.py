"""The request form as one static page: the schema's fields, the site's choices, and the scripts that judge them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path as File
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from infra.model.classification import Classification
from infra.writing.catalogue import Catalogue, Choice
from infra.writing.fields import Field, field_at
from infra.writing.form_data import form_data
from infra.writing.self_contained import content_policy, embedded
from infra.writing.wording import say

HERE = File(__file__).parent
SCRIPTS = ("request_yaml.js", "shape.js", "names.js", "connections.js", "policy.js", "reading.js", "form.js")
"""In the order in which they are loaded."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """A field as the template draws it. ``kind``: text, number, email, date, list, choice, check or radio."""

    key: str
    label: str
    hint: str
    kind: str
    type: str
    required: bool
    choices: Sequence[Choice] = ()
    usual: str = ""
    example: str = ""
    maxlength: int | None = None


def form_page(root: File, catalogue: Catalogue, lang: str, today: date) -> str:
    """The page, in ``en`` or ``fr``; ``today`` is when it is made.

    It holds everything it needs and asks nothing of any host; its policy forbids scripts and styles but its own.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = (HERE / "form.css").read_text(encoding="utf-8")
    scripts = [(HERE / name).read_text(encoding="utf-8") for name in SCRIPTS]
    draw = _Drawing(catalogue, lang)
    return environment.get_template("form.html.jinja").render(
        lang=lang,
        site=catalogue.site,
        country=catalogue.country,
        made=today.isoformat(),
        say=lambda text, **values: say(lang, text, **values),
        control=draw.control,
        about=lambda *path: field_at(*path).description(lang),
        title=lambda *path: field_at(*path).label(lang),
        classifications=draw.classifications(),
        policy=content_policy(style, scripts),
        style=Markup(style),  # noqa: S704  our own file
        scripts=[Markup(script) for script in scripts],  # noqa: S704  our own files
        data=embedded(form_data(root, catalogue, lang)),
    )


class _Drawing:
    """Fields in the page's language with the site's choices."""

    def __init__(self, catalogue: Catalogue, lang: str) -> None:
        self._catalogue, self._lang = catalogue, lang
        self._usual: Mapping[str, Any] = catalogue.defaults()

    def control(self, *path: str, name: bool = False, source: str = "", required: bool | None = None) -> Control:
        """The control of the field at a path; with ``name`` that of the name of an entry of the map around it."""
        field = field_at(*path)
        if name:
            around = field_at(*path[:-1])
            return Control(
                key="", label=field.label(self._lang), hint=self._name_hint(path), kind="text", type="text",
                required=True, example=around.name_example, maxlength=around.name_node.get("maxLength"),
            )  # fmt: skip
        return Control(
            key=field.key,
            label=field.label(self._lang),
            hint=self._hint(field),
            kind="choice" if source else self._kind(field),
            type=_type(field),
            required=field.required if required is None else required,
            choices=() if source else self._choices(field),
            usual=self._usual_of(path),
            example="" if _is_closed(field) or source else field.example,
        )

    def _hint(self, field: Field) -> str:
        told = field.description(self._lang)
        return f"{told} {say(self._lang, 'about names')}" if field.path == ("tenant",) else told

    def _name_hint(self, path: Sequence[str]) -> str:
        return say(self._lang, "about host names" if path[-2] == "publish" else "about names")

    def classifications(self) -> list[dict[str, Any]]:
        """Each classification with what it means and what it brings."""
        return [
            {"choice": choice, "brings": self._catalogue.brought_by(choice.name, self._lang)}
            for choice in self._catalogue.choices("classification", self._lang)
        ]

    def _choices(self, field: Field) -> Sequence[Choice]:
        found = self._catalogue.choices(field.key if field.key != "type" else "volume_type", self._lang)
        names = field.node.get("enum")
        if names is None or names == [choice.name for choice in found]:
            return found
        return [Choice(name=name, told=say(self._lang, f"{field.key} {name}")) for name in names]

    def _kind(self, field: Field) -> str:
        if self._choices(field):
            return "choice"
        return {"boolean": "check", "integer": "number", "array": "list"}.get(field.node["type"], _text_kind(field))

    def _usual_of(self, path: tuple[str, ...]) -> str:
        """What the site gives where the request says nothing, whatever the classification; nothing if that differs."""
        inner = ("tier", path[-1]) if path[2:3] == ("tiers",) else tuple(path)
        found = {str(_at(self._catalogue.defaults(level), inner)) for level in Classification}
        return found.pop() if len(found) == 1 and "None" not in found else ""


def _at(values: Any, path: Sequence[str]) -> Any:  # noqa: ANN401  plain values
    for step in path:
        values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _type(field: Field) -> str:
    return {"boolean": "boolean", "integer": "integer", "array": "list"}.get(str(field.node["type"]), "text")


def _text_kind(field: Field) -> str:
    if field.node.get("format") == "date":
        return "date"
    return "email" if field.key == "email" else "text"


def _is_closed(field: Field) -> bool:
    return "enum" in field.node or field.node["type"] == "boolean"
