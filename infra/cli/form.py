"""``joliba form``: one static page with which a ministry writes a request."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.arguments import Lang, chosen_language
from infra.cli.output import line
from infra.environment import project_root
from infra.errors import JolibaError


def form(
    site: str,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")],
    lang: Lang = None,
) -> None:
    """Write the request form of a site: one HTML page that needs no server and no network."""
    from infra.writing.catalogue import catalogue_of  # noqa: PLC0415  with all that reads and checks YAML
    from infra.writing.form_page import form_page  # noqa: PLC0415
    from infra.writing.wording import say  # noqa: PLC0415

    language, root = chosen_language(lang), project_root()
    page = form_page(root, catalogue_of(root, site), language, datetime.now(tz=UTC).date())
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=output, reason=error.strerror) from error
    line(say(language, "wrote {file}", file=output))
