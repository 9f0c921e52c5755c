"""``joliba show``: a request with every default filled in, and where each value came from."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.arguments import Json, Lang, chosen_language
from infra.cli.output import emit, line, plain
from infra.cli.request import read_request
from infra.wording import say_in

if TYPE_CHECKING:
    from infra.intake.findings import Place

Path = tuple[str | int, ...]
_PLAIN = re.compile(r"[^\W\d_][\w./@-]*( [\w./@-]+)*")
_AMBIGUOUS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
_WIDEST = 60


def show(
    name: Annotated[str, typer.Argument(metavar="SITE.TENANT")],
    *,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    """Show a tenant's request as Joliba understands it: every value, and the file and line it came from."""
    language = chosen_language(lang)
    request, _ = read_request(name, language)
    if as_json:
        origins = {json.dumps(path): str(origin) for path, origin in request.origins.items()}
        emit({"values": request.values, "origins": origins})
        return
    lines = list(_lines(request.values, ()))
    width = min(_WIDEST, max(len(text) for text, _ in lines))
    for text, path in lines:
        origin = request.origins.get(path) if path is not None else None
        line(f"{text:{width}}  # {_told(origin, language)}" if origin else text)


def _told(origin: "Place | str", lang: str) -> str:
    return say_in(lang, "default") if isinstance(origin, str) else f"{plain(origin.file)}:{origin.line}"


def _lines(value: Any, path: Path, indent: str = "") -> Iterator[tuple[str, Path | None]]:  # noqa: ANN401  a plain tree
    """The lines of a tree as YAML, each with the path of the value it ends in; None if it only opens a map or list."""
    entries = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, inner in entries:
        label, below = (f"{_scalar(key)}:", (*path, key)) if isinstance(value, Mapping) else ("-", (*path, key))
        if isinstance(inner, Mapping | list) and inner:
            yield f"{indent}{label}", None
            yield from _lines(inner, below, f"{indent}  ")
        else:
            yield f"{indent}{label} {_scalar(inner)}", below


def _scalar(value: Any) -> str:  # noqa: ANN401  a plain value
    """A value as YAML writes it: bare where that is safe, else as JSON, which YAML reads too."""
    if isinstance(value, str):
        bare = _PLAIN.fullmatch(value) and value.lower() not in _AMBIGUOUS
        return value if bare else json.dumps(value, ensure_ascii=not value.isprintable())
    return json.dumps(value, default=str)
