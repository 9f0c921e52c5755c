"""How long a host takes: Joliba's audit and hardening, OpenSCAP, a task a rule, and public roles.

All on one real Debian 12 under plain QEMU, hardened first; a public role has one of its own, from the same frozen
guest. Every run makes its own SSH connections: none is left from the one before.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from infra.bench import judges, plays
from infra.bench.machine import guest_as_host
from infra.cli.output import row, say, show, table
from infra.errors import CloudError
from infra.hosts.catalogue import read_catalogue
from infra.hosts.inventory import Host
from infra.hosts.record import Assessment, Kind, RunRecord
from infra.hosts.running import Order, run
from infra.lab.guests import Guest, Saved, booted, guest_image
from infra.model.classification import HardeningLevel

AUDIT, FIRST, AGAIN = "joliba audit", "joliba harden, first run", "joliba harden, nothing to do"
OSCAP, TASKS = "oscap of the same level", "the same rules as one task each"
CHECKED, SECOND = " --check", ", second run"
"""What is added to a public role's name."""
_TIMES_OSCAP, _TIMES = 5, 10
"""How many times as long as ours the others should take at least."""


@dataclass(frozen=True, kw_only=True)
class Timed:
    """One run of one way, by the clock; with a ``problem`` it ended early, and ``seconds`` go up to there."""

    way: str
    seconds: float
    problem: str = ""


def frozen() -> Saved:
    """The guest that has booted, with the judge's scanner in it; made on first use.

    Raises:
        LabError: packages of this machine are missing, or it cannot be made.
    """
    return booted(guest_image(packages=judges.PACKAGES))


@contextmanager
def unhardened() -> Iterator[Guest]:
    """That guest, going on: it was never hardened, knows which packages there are, and has the judge's rules."""
    with Guest(saved=frozen()) as guest:
        guest.ssh("sudo -n apt-get -q update", timeout=1800)  # an image has no lists, and Ansible takes that for fresh
        judges.install(guest.access)
        yield guest


def measure(
    level: HardeningLevel, rounds: int, rivals: Sequence[Path] = (), variables: Path | None = None
) -> Iterator[Timed]:
    """Every way in turn; what takes long by its nature (first runs, OpenSCAP, a task a rule, rivals) is run once.

    Ours are run again after each run of a rival: hours lie between, in which the machine may have more or less to do.

    Args:
        level: what the host is held to.
        rounds: how often the others are run.
        rivals: checkouts of public roles.
        variables: a file with what these need to be told.

    Raises:
        CloudError: one of our runs failed, or the second one found something to do.
    """
    with unhardened() as guest:
        yield from _ours(guest, level, rounds)
        for rival in rivals:
            with unhardened() as another:
                for each in _rival(another, level, rival, variables):
                    yield each
                    yield from _compliant(guest_as_host(guest, level))


def audited(hosts: Sequence[Host], kind: Kind = Kind.AUDIT) -> RunRecord:
    """A run over hosts as a person starts it.

    Raises:
        CloudError: a host was not assessed.
    """
    with plays.own_connections():
        record = run(Order(kind=kind, asked="bench"), hosts, lambda _host, _doing: None)
    for each in record.hosts:
        if each.assessment is not Assessment.ASSESSED:
            raise CloudError(f"{kind} of {each.name}: {each.assessment}: {each.problem}")
    return record


def show_host(level: HardeningLevel, found: Sequence[Timed]) -> None:
    """A table of ways, and how ours stand to their goals."""
    seconds = medians(found)
    rules = sum(1 for _ in read_catalogue().select(level))
    rounds = sum(each.way == AUDIT for each in found)
    under = frozen().machine.accelerator
    say(f"\nhost: Debian 12 under {under}, level {level}, {rules} rules; medians of {rounds}", style="bold")
    columns = ("", "seconds", "to the audit", "to the harden with nothing to do")
    shown = table(*columns, right=columns[1:])
    for way, taken in seconds.items():
        row(shown, (way, f"{taken:.1f}", *(f"{taken / seconds[ours]:.2f}x" for ours in (AUDIT, AGAIN))))
    show(shown)
    ended_early = {each.way: each for each in found if each.problem}
    for theirs, ours, goal in _goals(seconds):
        if theirs not in ended_early:
            ratio = seconds[theirs] / seconds[ours]
            say(f"{theirs}: {ratio:.1f}x as long as {ours} (goal: {goal}x)", style=None if ratio >= goal else "yellow")
    for way, each in ended_early.items():
        say(f"{way} ended after {each.seconds:.1f} s: {each.problem}", style="yellow")


def _goals(ways: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Each way that is compared, with which of ours, and how many times as long it should take."""
    for way in ways:
        if way == OSCAP:
            yield way, AUDIT, _TIMES_OSCAP
        if way == TASKS or way.endswith(CHECKED):
            yield way, AUDIT, _TIMES
        if way == TASKS or way.endswith(SECOND):
            yield way, AGAIN, _TIMES


def medians(found: Sequence[Timed]) -> dict[str, float]:
    """Seconds by way, in the order of their first runs."""
    ways = dict.fromkeys(each.way for each in found)
    return {way: median(each.seconds for each in found if each.way == way) for way in ways}


def _ours(guest: Guest, level: HardeningLevel, rounds: int) -> Iterator[Timed]:
    host = guest_as_host(guest, level)
    yield _timed(FIRST, lambda: audited([host], Kind.HARDEN))
    for _ in range(rounds):
        yield from _compliant(host)
    yield _timed(OSCAP, lambda: judges.judge(guest.access, level))
    book = plays.a_task_a_rule(host, guest.folder)
    yield _timed(TASKS, lambda: plays.play(book, host, guest.folder))


def _compliant(host: Host) -> Iterator[Timed]:
    yield _timed(AUDIT, lambda: audited([host]))
    yield _timed(AGAIN, lambda: _unchanged(host))


def _unchanged(host: Host) -> None:
    (told,) = audited([host], Kind.HARDEN).hosts
    if told.changed:
        raise CloudError(f"hardening again has remedied something: {', '.join(told.changed)}")


def _rival(guest: Guest, level: HardeningLevel, checkout: Path, variables: Path | None) -> Iterator[Timed]:
    """A run that changes nothing, the first, and the second if the first came to its end."""
    book, name = plays.of_role(checkout, guest.folder), checkout.resolve().name
    given = ["--extra-vars", f"@{variables.resolve()}"] if variables else []

    def played(*options: str) -> str:
        host = guest_as_host(guest, level)  # anew: of two guests only the last is known
        return plays.play(book, host, guest.folder, *given, *options, injected=True)

    yield _tried(f"{name}{CHECKED}", lambda: played("--check"))
    first = _tried(f"{name}, first run", played)
    yield first
    if not first.problem:
        yield _tried(f"{name}{SECOND}", played)


def _timed(way: str, work: Callable[[], object]) -> Timed:
    began = time.monotonic()
    work()
    return Timed(way=way, seconds=time.monotonic() - began)


def _tried(way: str, work: Callable[[], object]) -> Timed:
    """The same of a way that may fail: then that is what is told."""
    began = time.monotonic()
    try:
        return _timed(way, work)
    except plays.PlayError as error:
        return Timed(way=way, seconds=time.monotonic() - began, problem=str(error))
