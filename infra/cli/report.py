"""``joliba report``: what a run found, as a page, a table or for machines, signed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import Lang, chosen_language
from infra.errors import JolibaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.hosts.report.contents import Contents

FORMATS = ("text", "html", "json", "sarif", "csv", "xml")


def report(
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="A run, the file of a record, or latest.")] = "latest",
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SITE[.TENANT[.PLATFORM[.TIER]]]", help="Only these hosts; may be given several times."),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="RUN", help="Tell what changed since, and why.")] = None,
    host: Annotated[str | None, typer.Option(help="With --rule: its history over all runs, as text.")] = None,
    rule: Annotated[str | None, typer.Option(help="With --host: a rule's name.")] = None,
    form: Annotated[str | None, typer.Option("--format", help="|".join(FORMATS), show_default=False)] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; signed by FILE.sig beside it.")] = None,
    lang: Lang = None,
) -> None:
    """Report a run: hosts by rules, scores, drift with its cause, deviations. Signed if written to a file."""
    from infra.hosts.report.text import render_history  # noqa: PLC0415  with all that reads records

    language = chosen_language(lang)
    if (host is None) != (rule is None):
        raise JolibaError("--host and --rule belong together")
    asked = form or _form_of(output)
    writer = _writer(asked)
    if host and asked != "text":
        raise JolibaError("--host and --rule tell a history, which is text: write --format text")
    tells_history = asked in ("html", "json") or bool(since or host)
    made = _contents(run, scope or [], since, earlier=tells_history)
    if host and rule:
        _refuse_unknown(made, host, rule)
        written = render_history(made, host, rule, language)
    else:
        written = writer(made, language)
    if output is None:
        _print(written)
        return
    _write(output, written)


def _form_of(output: Path | None) -> str:
    """The form that a file's name asks for; text without one."""
    if output is None:
        return "text"
    suffix = {"txt": "text", "htm": "html"}.get(output.suffix[1:], output.suffix[1:])
    if suffix not in FORMATS:
        raise JolibaError("{file}: name a form: --format {forms}", file=output, forms="|".join(FORMATS))
    return suffix


def _writer(form: str) -> "Callable[[Contents, str], str]":
    from infra.hosts.report import arf, csv_table, json_form, page, sarif, text  # noqa: PLC0415

    rooms = (text, page, json_form, sarif, csv_table, arf)
    writers: dict[str, Callable[[Contents, str], str]] = {
        name: room.render for name, room in zip(FORMATS, rooms, strict=True)
    }
    if form not in writers:
        raise JolibaError("--format {form}: write one of {forms}", form=form, forms=", ".join(FORMATS))
    return writers[form]


def _contents(run: str, scopes: list[str], since: str | None, *, earlier: bool) -> "Contents":
    """The report's contents, from the record and, where they are told of, those kept before it."""
    from infra.hosts.report.contents import contents  # noqa: PLC0415
    from infra.hosts.report.known_rules import known_rules, unprobed  # noqa: PLC0415
    from infra.hosts.report.scope import part, scoped  # noqa: PLC0415
    from infra.hosts.runs import earlier_runs, read_run  # noqa: PLC0415
    from infra.policy.days import judged_on  # noqa: PLC0415

    kept = read_run(run)
    compared = read_run(since) if since else None
    if compared and compared.record.started >= kept.record.started:
        told = "--since {since}: name a run that began before {run}"
        raise JolibaError(told, since=compared.record.run, run=kept.record.run)
    before, left_out = earlier_runs(kept.record) if earlier else ([], [])
    return contents(
        scoped(kept.record, scopes),
        made=judged_on(""),
        known=known_rules(),
        scopes=scopes,
        since=part(compared.record, scopes) if compared else None,
        earlier=[part(each, scopes) for each in before],
        left_out=left_out,
        signed=kept.signed and (compared is None or compared.signed),
        unprobed=unprobed(),
    )


def _refuse_unknown(made: "Contents", host: str, rule: str) -> None:
    from infra.intake.suggestion import suggestion  # noqa: PLC0415

    known_hosts = {each.name for run in (*made.earlier, made.record) for each in run.hosts}
    known_rules = {each.rule for run in (*made.earlier, made.record) for one in run.hosts for each in one.verdicts}
    if host not in known_hosts:
        nearest = suggestion(host, sorted(known_hosts))["nearest"]
        raise JolibaError("no run knows the host {name}: did you mean {nearest}?", name=host, nearest=nearest)
    if rule not in known_rules:
        nearest = suggestion(rule, sorted(known_rules))["nearest"]
        raise JolibaError("no run knows the rule {name}: did you mean {nearest}?", name=rule, nearest=nearest)


def _print(written: str) -> None:
    import sys  # noqa: PLC0415

    sys.stdout.flush()
    sys.stdout.buffer.write(written.encode("utf-8"))  # whatever the terminal's locale: line ends and all
    sys.stdout.buffer.flush()


def _write(output: Path, written: str) -> None:
    """The report, which tells of weaknesses and so is for this user alone, and the signature of its bytes."""
    from infra.cli.output import say  # noqa: PLC0415
    from infra.hosts.signature import write_signed  # noqa: PLC0415

    if output.exists() and not output.is_file():
        raise JolibaError("{file}: no ordinary file; a report's signature lies beside it", file=output)
    try:
        signature = write_signed(output, written.encode("utf-8"))
    except OSError as error:
        raise JolibaError("{file}: {reason}", file=output, reason=error.strerror) from error
    say(f"{output}\n{signature}", style="green")
