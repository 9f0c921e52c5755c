"""``joliba audit``, ``harden`` and ``rollback``: hosts against ANSSI-BP-028."""

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.arguments import Json, Yes
from infra.cli.asking import confirmed
from infra.cli.host_progress import HostProgress
from infra.cli.output import emit, row, say, show, table
from infra.cli.wording import counted, labelled
from infra.environment import LAB_CLOUD, project_root
from infra.errors import JolibaError
from infra.wording import language, say_in

if TYPE_CHECKING:
    from infra.hosts.collecting import Collected
    from infra.hosts.inventory import Host
    from infra.hosts.record import RunRecord
    from infra.hosts.running import Order
    from infra.model.classification import HardeningLevel

Hosts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SITE[.TENANT[.PLATFORM[.TIER]]]]...", help="Which hosts; without any, all of every site."),
]
Level = Annotated[
    str | None,
    typer.Option(
        "--level", metavar="minimal|intermediary|enhanced|high", help="Another level than each host's own.",
        show_default=False,
    ),
]  # fmt: skip
Rules = Annotated[
    str | None,
    typer.Option(
        "--rules", metavar="R33,R38", help="Only these recommendations or rules.", show_default=False
    ),
]  # fmt: skip
_HOST_FAILED = 3
_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z[0-9A-Za-z_-]*")
"""What a run's name begins with, which no site's does."""
_QUESTIONS = {"harden": "Harden {hosts}?", "rollback": "Roll back {hosts}?"}


def audit(names: Hosts = None, *, level: Level = None, rules: Rules = None, as_json: Json = False) -> None:
    """Look at hosts, and say of each rule whether it holds there. Writes nothing on them.

    Exit code 1 if a rule fails or is not measured, 3 if a host could not be looked at.
    """
    from infra.hosts.record import Kind  # noqa: PLC0415
    from infra.hosts.running import Order  # noqa: PLC0415

    _run(Order(kind=Kind.AUDIT, asked=_typed(names), rules=_limited(rules)), names, level=level, as_json=as_json)


def harden(
    names: Hosts = None,
    *,
    level: Level = None,
    rules: Rules = None,
    check: Annotated[bool, typer.Option("--check", "--dry-run", help="Only say what would be remedied.")] = False,
    rings: Annotated[
        str, typer.Option("--rings", help="Sizes of the batches; none starts after a failed hardening or a lost host.")
    ] = "1,10%,100%",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remedy what fails, never taking the way in: what is dangerous undoes itself unless a new login succeeds.

    A recommendation is remedied whole, whichever of its rules fails. Without --yes it first says what it will do.
    """
    from infra.hosts.record import Kind  # noqa: PLC0415
    from infra.hosts.running import Order  # noqa: PLC0415

    if not check and not yes and (as_json or not sys.stdin.isatty()):
        raise JolibaError("nobody can be asked here: say --yes, or --check")
    order = Order(kind=Kind.HARDEN, asked=_typed(names), rules=_limited(rules), check=check, rings=_rings(rings))
    _run(order, names, level=level, ask=not yes, as_json=as_json)


def rollback(
    names: Annotated[
        list[str],
        typer.Argument(metavar="HOST|RUN...", help="SITE[.TENANT[.PLATFORM[.TIER]]], a host, or a run."),
    ],
    *,
    reboot: Annotated[bool, typer.Option("--reboot", help="Boot again where only that takes something back.")] = False,
    check: Annotated[bool, typer.Option("--check", "--dry-run", help="Only say what would be put back.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put hosts back as they were before their last hardening, or before that run, and look at them again.

    Without --yes it first says what it will do.
    """
    from infra.hosts.record import Assessment, Kind  # noqa: PLC0415
    from infra.hosts.running import Order  # noqa: PLC0415
    from infra.hosts.runs import read_run  # noqa: PLC0415

    if not check and not yes and (as_json or not sys.stdin.isatty()):
        raise JolibaError("nobody can be asked here: say --yes, or --check")
    variables: dict[str, str] = {"joliba_reboot": "needed"} if reboot else {}
    asked, only = _typed(names), None
    if _RUN.fullmatch(names[0]):  # no file: what it says may be anybody's
        if len(names) > 1:
            raise JolibaError("name one run, or hosts")
        record = read_run(names[0]).record
        variables["joliba_run"] = record.run
        only = frozenset(host.name for host in record.hosts if host.assessment is not Assessment.NOT_STARTED)
        names = sorted({name.partition(".")[0] for name in only})
        if not only:
            raise JolibaError("the run {run} began on no host", run=record.run)
    order = Order(kind=Kind.ROLLBACK, asked=asked, check=check, variables=variables)
    _run(order, names, only=only, ask=not yes, as_json=as_json)


def _typed(names: list[str] | None) -> str:
    return " ".join(names or ["all"])


def _limited(rules: str | None) -> tuple[str, ...]:
    """The recommendations and rules that ``--rules`` names, as typed; none for all."""
    from infra.hosts.catalogue import chosen, read_catalogue  # noqa: PLC0415

    return chosen(read_catalogue(), [each.strip() for each in (rules or "").split(",") if each.strip()])


def _run(
    order: "Order",
    names: list[str] | None,
    *,
    only: frozenset[str] | None = None,
    level: str | None = None,
    ask: bool = False,
    as_json: bool,
) -> None:
    """Carry out what was asked on the hosts of these ``names``, of which ``only`` some may be meant."""
    from infra.hosts.boot_password import boot_password_file  # noqa: PLC0415
    from infra.hosts.collecting import collect  # noqa: PLC0415
    from infra.hosts.known_hosts import from_consoles, learn  # noqa: PLC0415
    from infra.hosts.report.wording import word  # noqa: PLC0415
    from infra.hosts.running import run  # noqa: PLC0415
    from infra.model.classification import HardeningLevel  # noqa: PLC0415

    lang = language()
    if level is not None and level not in tuple(HardeningLevel):
        raise JolibaError("--level {found}: write one of {levels}", found=level, levels=", ".join(HardeningLevel))
    found = collect(project_root(), names or [], level=HardeningLevel(level) if level else None)
    if only is not None:
        found = found.among(only)
    _refuse_none(found)
    if order.rules:
        _refuse_unasked(order.rules, {host.level for host in found.hosts})
    order = replace(order, level=level or "", accelerator=accelerator_of(found.hosts))
    asked_for = {host.name: host for host in (*found.hosts, *found.bastions)}
    found = found.without(learn(list(asked_for.values()), from_consoles))
    _refuse_none(found)
    notes = list(found.notes)
    if order.kind.value == "harden" and not order.check:
        notes += [
            say_in(
                lang,
                "{site}: the password of its hosts' boot menus lies in {file}",
                site=site,
                file=boot_password_file(site),
            )
            for site in sorted({host.site for host in found.hosts})
            if not boot_password_file(site).exists()
        ]

    def done(order: "Order") -> "RunRecord":
        with HostProgress(word(order.kind, lang).lower(), len(found.hosts), quiet=as_json) as progress:
            return run(order, found.hosts, progress.watch, notes, found.left_out)

    if ask and not order.check:
        _tell(done(replace(order, check=True)))
        if not confirmed(say_in(lang, _QUESTIONS[order.kind], hosts=counted(lang, len(found.hosts), "host")), lang):
            say(say_in(lang, "nothing was done"))
            raise typer.Exit
    _show(done(order), as_json=as_json)


def _refuse_none(found: "Collected") -> None:
    """Refuse a run over no host."""
    from infra.hosts.report.wording import problem_word  # noqa: PLC0415

    lang = language()
    if not found.hosts:
        if told := [labelled(lang, host.name, problem_word(reason, lang)) for host, reason in found.left_out]:
            raise JolibaError("\n".join(told))
        raise JolibaError("no hosts: nothing is built yet")


def _refuse_unasked(limited: tuple[str, ...], levels: "set[HardeningLevel]") -> None:
    """Refuse a run that would ask nothing of anybody: it would look like one in which all passes."""
    from infra.hosts.catalogue import read_catalogue  # noqa: PLC0415

    if not any(any(read_catalogue().select(level, limited)) for level in levels):
        told = "--rules {names}: hosts of their level are asked nothing of it ({levels}); --level names another"
        raise JolibaError(told, names=", ".join(limited), levels=", ".join(sorted(levels)))


def _rings(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(","))
    if not all(part.removesuffix("%").isdecimal() and int(part.removesuffix("%")) for part in parts):
        raise JolibaError("--rings {found}: write numbers or percentages, like 1,10%,100%", found=text)
    return parts


def accelerator_of(hosts: "tuple[Host, ...]") -> str:
    """What the lab's real machines among them run under; empty without any."""
    from infra.lab import Lab  # noqa: PLC0415

    labs = (Lab(site).machines for site in sorted({host.site for host in hosts if host.cloud == LAB_CLOUD}))
    return next((lab.accelerator for lab in labs if lab), "")


def _show(record: "RunRecord", *, as_json: bool) -> None:
    """Show a run, and end with the exit code that it comes to."""
    from infra.hosts.record import Assessment, Kind, Verdict  # noqa: PLC0415

    if as_json:
        import json  # noqa: PLC0415

        from infra.hosts.record import encode_record  # noqa: PLC0415

        emit(json.loads(encode_record(record)))
    else:
        _tell(record)
    if any(host.assessment is not Assessment.ASSESSED for host in record.hosts):
        raise typer.Exit(_HOST_FAILED)
    wrong = () if record.kind is Kind.ROLLBACK else (Verdict.FAIL, Verdict.UNMEASURED)  # what failed before may again
    raise typer.Exit(int(any(each.verdict in wrong for host in record.hosts for each in host.verdicts)))


def _tell(record: "RunRecord") -> None:
    from infra.hosts.record import Assessment, Verdict  # noqa: PLC0415
    from infra.hosts.report.wording import level_word, problem_word, word  # noqa: PLC0415

    lang = language()
    numbers = [*(word(verdict, lang).lower() for verdict in Verdict), say_in(lang, "changed")]
    shown = table(say_in(lang, "host"), say_in(lang, "level"), *numbers, say_in(lang, "problem"), right=numbers)
    for host in record.hosts:
        counts = [sum(each.verdict is verdict for each in host.verdicts) for verdict in Verdict]
        said = "" if host.verdicts else say_in(lang, "nothing was asked of it")
        if host.assessment is not Assessment.ASSESSED:
            said = f"{word(host.assessment, lang)}  {problem_word(host.problem, lang)}".rstrip()
        row(shown, [host.name, level_word(host.level, lang).lower(), *counts, len(host.changed), said])
    show(shown)
    for note in record.notes:
        say(note)
    say(labelled(lang, "record", f"{record.run}   joliba report {record.run}"))
