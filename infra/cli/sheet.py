"""``joliba sheet``: the decision sheet of a request, for those who must sign."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import Lang, chosen_language
from infra.cli.findings import refuse
from infra.cli.output import console, line, say
from infra.environment import project_root
from infra.errors import CloudError, JolibaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.fleet.stacks import StackName
    from infra.intake.inventory import SiteInventory
    from infra.review.sheet import Row, Sheet
    from infra.review.since import SiteComparison

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Programs that can print a page into a PDF file."""


def sheet(
    name: Annotated[str, typer.Argument(metavar="SITE.TENANT")],
    *,
    since: Annotated[str | None, typer.Option(help="A commit to compare with.", metavar="REF")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="FILE.html, FILE.md or FILE.pdf (default: Markdown, here).")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="With what Pulumi would do; asks the cloud.")] = False,
    operations: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With what `joliba preview --json` said that Pulumi would do.")
    ] = None,
    lang: Lang = None,
) -> None:
    """Make a request's decision sheet: what is asked and why, what it gets, costs and risks, who must approve."""
    from infra.fleet.stacks import StackName  # noqa: PLC0415
    from infra.intake.inventory import read_site  # noqa: PLC0415  with all that reads and checks YAML
    from infra.review import assembly, rendering  # noqa: PLC0415
    from infra.review.since import check_since  # noqa: PLC0415

    language, stack = chosen_language(lang), StackName.parse(name)
    writers: dict[str, Callable[[Sheet], str | bytes]] = {
        ".md": rendering.markdown,
        ".html": rendering.html,
        ".pdf": lambda made: _pdf(rendering.html(made)),
    }
    suffix = output.suffix if output else ".md"
    if suffix not in writers:
        raise JolibaError("{file}: a sheet is written as {forms}", file=output, forms=", ".join(writers))
    root = project_root()
    inventory = read_site(root, stack.site)
    request = inventory.requests.get(stack.part)
    facts = assembly.Facts(
        inventory=inventory,
        findings=check_since(root, since, [request.file]) if since and request else inventory.findings,
        commit=assembly.commit(root),
        comparison=_comparison(root, since, stack.site, language) if since else None,
        since=since,
        operations=_operations(stack) if preview else _told(operations, name) if operations else None,
    )
    made = assembly.sheet(request, facts, language) if request else None
    if made is None:
        refuse(name, inventory.findings, language)
    content = writers[suffix](made)
    if output is None:
        line(str(content))
        return
    output.write_bytes(content if isinstance(content, bytes) else content.encode())
    say(str(output), style="green")


def _comparison(root: Path, since: str, site: str, language: str) -> "SiteComparison":
    """The site now and then.

    Raises:
        JolibaError: nothing can be told of it: no such commit, or the site's files were broken there.
    """
    from infra.review.since import compare, sound  # noqa: PLC0415

    compared = compare(root, since, [site])
    sound(compared, language)
    return compared[0]


def show_sheet(inventory: "SiteInventory", tenant: str, language: str) -> None:
    """Show a request's sheet at the terminal; nothing if the request cannot be read."""
    from rich.markdown import Markdown  # noqa: PLC0415  30 ms

    from infra.review import assembly, rendering  # noqa: PLC0415  with all that reads and checks YAML

    if (request := inventory.requests.get(tenant)) is None:
        return
    commit = assembly.commit(project_root())
    facts = assembly.Facts(inventory=inventory, findings=inventory.findings, commit=commit)
    if made := assembly.sheet(request, facts, language):
        console().print(Markdown(rendering.markdown(made), hyperlinks=False), soft_wrap=False)


def _operations(stack: "StackName") -> "list[Row]":
    """What Pulumi's preview says that it would do.

    Raises:
        CloudError: the cloud does not answer, or the preview fails.
    """
    from infra.cli.selection import checked  # noqa: PLC0415
    from infra.fleet import building  # noqa: PLC0415
    from infra.fleet.events import Status  # noqa: PLC0415
    from infra.fleet.running import Runner  # noqa: PLC0415

    selection = checked([str(stack)], everything=False, as_json=False)
    selection.verify()
    selection, _ = selection.prepare(1)
    outcome = selection.unready[0] if selection.unready else building.preview(selection.job(stack, Runner()))
    if outcome.status is not Status.OK:
        raise CloudError("{stack}: the preview failed\n{errors}", stack=stack, errors="\n".join(outcome.errors))
    return [{"action": each.action, "type": each.type, "name": each.name} for each in outcome.changes]


def _told(file: Path, name: str) -> "list[Row] | None":
    """What an earlier preview said that Pulumi would do; None if it did not succeed for this stack.

    Raises:
        JolibaError: the file is no answer of `joliba preview --json`.
    """
    try:
        stacks = {each["stack"]: each for each in json.loads(file.read_text(encoding="utf-8"))["stacks"]}
        found = stacks.get(name)
        return list(found["changes"]) if found and found["status"] == "ok" else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JolibaError("{file}: not what `joliba preview --json` says: {reason}", file=file, reason=error) from None


def _pdf(page: str) -> bytes:
    """The page as a browser prints it.

    Raises:
        JolibaError: there is no Chromium.
    """
    browser = next(filter(None, map(which, BROWSERS)), None)
    if browser is None:
        raise JolibaError("a PDF is printed by Chromium, which is not installed; write .html and print that")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "sheet.html", Path(folder) / "sheet.pdf"
        source.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []  # as root Chromium runs only without
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode or not target.is_file():
            told = "{browser} could not print the page: {reason}"
            raise JolibaError(told, browser=browser, reason=done.stderr.strip()[-500:])
        return target.read_bytes()
