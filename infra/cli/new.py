"""``joliba new``: asks for a tenant's request, checks as one goes, writes the file, allocates."""

import os
import shutil
import tempfile
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import DryRun, Lang, chosen_language
from infra.cli.findings import STYLES, show_findings
from infra.cli.output import line, plain, say
from infra.cli.sheet import show_sheet
from infra.environment import project_root
from infra.errors import JolibaError, RefusedError

if TYPE_CHECKING:
    from infra.intake.findings import Finding
    from infra.writing.answers import Answers
    from infra.writing.catalogue import Choice
    from infra.writing.dialogue import Question
    from infra.writing.draft import Draft

_WIDEST = 78
"""Columns of what is told: a terminal has 80."""


def new(
    site: str,
    tenant: Annotated[str | None, typer.Argument(help="Its name; without, it is asked.")] = None,
    *,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="A YAML file with the request's keys, instead of questions.")
    ] = None,
    dry_run: DryRun = False,
    lang: Lang = None,
) -> None:
    """Ask for a new tenant's request, check each answer at once, write the file and give it its addresses."""
    from infra.intake.inventory import INVENTORIES, judge  # noqa: PLC0415  with all that reads and checks YAML
    from infra.writing.catalogue import catalogue_of  # noqa: PLC0415
    from infra.writing.dialogue import Dialogue  # noqa: PLC0415
    from infra.writing.draft import Draft  # noqa: PLC0415
    from infra.writing.wording import say as say_in  # noqa: PLC0415

    language, root = chosen_language(lang), project_root()
    catalogue = catalogue_of(root, site)
    if tenant in catalogue.tenants:
        file = f"{INVENTORIES}/{site}/tenants/{tenant}.yaml"
        raise JolibaError(_EXISTS, file=file)
    draft = Draft(lambda name, text: judge(root, site, name, text))
    respondent = _answers(answers, language) if answers else _Person(language)
    if not answers:
        say(say_in(language, "A new tenant of {site}", site=site), style="bold")
        _tell(say_in(language, _HELP))
    try:
        Dialogue(catalogue, draft, respondent, language, datetime.now(tz=UTC).date()).run(tenant)
    except RefusedError as refusal:
        show_findings(respondent.findings, language, stderr=True)
        raise RefusedError("the answers are refused: nothing was written") from refusal
    if answers and (unused := respondent.unused()):
        raise JolibaError("the answers hold what no question asks for: {keys}", keys=", ".join(unused))
    _finish(draft, root, site, language, dry_run=dry_run)


_EXISTS = "{file} exists already: to change the tenant, edit it"
_HELP = "Enter keeps what stands in brackets; ? shows the choices again; Ctrl-C leaves and writes nothing."


def _finish(draft: "Draft", root: Path, site: str, language: str, *, dry_run: bool) -> None:
    """Show the request, write it, allocate, show its decision sheet, say what remains and what comes next."""
    from infra.cli.allocate import allocate  # noqa: PLC0415
    from infra.intake.findings import refused  # noqa: PLC0415  with all that reads and checks YAML
    from infra.intake.inventory import INVENTORIES, read_site  # noqa: PLC0415
    from infra.writing.wording import say as say_in  # noqa: PLC0415

    file = Path(INVENTORIES, site, "tenants", f"{draft.name}.yaml")
    line("")
    say(say_in(language, "The request"), style="bold")
    line(draft.text())
    if dry_run:
        findings: Sequence[Finding] = [each for each in draft.findings() if each.code != "ADDRESS-MISSING"]
    else:
        _write(root / file, draft.text())
        say(say_in(language, "wrote {file}", file=file), style="green")
        with suppress(typer.Exit):  # what is lacking has been told, and is a finding below
            allocate(site)
        inventory = read_site(root, site)
        findings = [each for each in inventory.findings if each.place.file == file.as_posix()]
        show_sheet(inventory, draft.name, language)
    if findings:
        show_findings(findings, language)
    if dry_run:
        say(say_in(language, "nothing was written (dry run)"))
    else:
        _tell_next(draft.name, site, file, language)
    raise typer.Exit(int(refused(findings)))


def _tell_next(tenant: str, site: str, file: Path, language: str) -> None:
    import shlex  # noqa: PLC0415  names only, which cannot hurt; a root's path may

    from infra.writing.wording import say as say_in  # noqa: PLC0415

    message = say_in(language, "Request for {tenant}", tenant=tenant)
    register = file.parent.parent / "addresses.yaml"
    say(say_in(language, "Next:"), style="bold")
    for command in (
        ["joliba", "show", f"{site}.{tenant}"],
        ["git", "switch", "--create", f"{site}.{tenant}"],
        ["git", "add", str(file), str(register)],
        ["git", "commit", "--message", message],
        ["git", "push", "--set-upstream", "origin", f"{site}.{tenant}"],
    ):
        line(f"  {shlex.join(command)}")


def _write(file: Path, text: str) -> None:
    """Write a new file, whole or not at all, and never over another.

    Raises:
        JolibaError: it exists.
    """
    file.parent.mkdir(exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent.parent, prefix=f".{file.stem}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        file.hardlink_to(temporary)  # unlike a rename, refused where there is a file
    except FileExistsError as error:
        raise JolibaError(_EXISTS, file=file) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _answers(file: Path, language: str) -> "Answers":
    from infra.intake.findings import refused  # noqa: PLC0415
    from infra.intake.reading import parse  # noqa: PLC0415
    from infra.writing.answers import Answers  # noqa: PLC0415

    try:
        document = parse(file.read_bytes(), file.name)
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=file, reason=error.strerror) from error
    if refused(document.findings):
        show_findings(document.findings, language, stderr=True)
        raise RefusedError(str(file))
    return Answers(document.values)


class _Person:
    """Somebody at a terminal."""

    def __init__(self, lang: str) -> None:
        self.findings: list[Finding] = []
        self._lang = lang
        self._shown: set[tuple[Choice, ...]] = set()
        self._asked: tuple[str | int, ...] = ()

    def unused(self) -> list[str]:
        """Nothing: a person answers what is asked."""
        return []

    def begin(self, title: str, told: Sequence[str]) -> None:
        """Say what comes."""
        if title:
            line("")
            say(title, style="bold")
        for each in told:
            _tell(each)

    def answer(self, question: "Question") -> str:
        """Ask once; again after a ``?``."""
        from infra.writing.wording import say as say_in  # noqa: PLC0415

        if question.path != self._asked:  # a second time it says no more than what was wrong
            line("")
            reason = question.reason
            if question.example and not question.choices:
                reason += " " + say_in(self._lang, "For example: {example}", example=question.example)
            _tell(reason)
        self._asked = question.path
        if question.choices not in self._shown:
            self._show(question.choices)
        offered = f" [{question.suggested}]" if question.suggested else ""
        if not offered and question.ends:
            named = question.path[-1] == "*" or isinstance(question.path[max(0, len(question.path) - 2)], int)
            offered = f" [{say_in(self._lang, 'Enter: no more' if named else 'Enter: none')}]"
        suffix = " : " if self._lang == "fr" else ": "
        while True:
            text: str = typer.prompt(
                plain(f"{question.label}{offered}"), default="", show_default=False, prompt_suffix=suffix
            )
            if text.strip() != "?":
                return text
            self._show(question.choices)

    def tell(self, question: "Question", findings: Sequence["Finding"]) -> None:  # noqa: ARG002  the question's place
        """Say what is wrong, below the answer."""
        for finding in findings:
            _tell(f"{finding.text(self._lang)} {finding.fix(self._lang)}", style=STYLES[finding.severity])

    def _show(self, choices: "tuple[Choice, ...]") -> None:
        self._shown.add(choices)
        cells = [f"{number:3}  {choice}" for number, choice in enumerate(choices, start=1)]
        width = max((len(cell) for cell in cells), default=0) + 2
        rows = -(-len(cells) // max(1, _WIDEST // width)) if cells else 0
        for row in range(rows):
            line("".join(f"{cell:{width}}" for cell in cells[row::rows]).rstrip())


def _tell(text: str, style: str | None = None) -> None:
    width = min(_WIDEST, shutil.get_terminal_size().columns - 2)
    for part in textwrap.wrap(plain(text), width=max(20, width), initial_indent="  ", subsequent_indent="  "):
        say(part, style=style)
