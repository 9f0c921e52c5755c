"""How long requests take to be checked: many copies of the sample requests, without a lab.

Compared with what ``jsonschema`` needs to hold the same files, read already, against the same schema.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import jsonschema

from infra import environment
from infra.bench.running import Command, run
from infra.cli.output import row, say, show, table
from infra.environment import CHECKOUT
from infra.errors import JolibaError
from infra.intake import addresses
from infra.intake.checking import check
from infra.intake.inventory import INVENTORIES, read_site
from infra.intake.reading import read
from infra.intake.shape import schema_of

SITE = "ml-bko"
PATTERNS = ("sante", "justice", "education", "agriculture", "numerique")
"""The sample requests that are copied: those whose flows name no other tenant."""
FEW, MANY = 1_000, 10_000
_ENOUGH = {
    "supernet: 10.64.0.0/12": "supernet: 10.0.0.0/8",
    "administration: 10.64.0.0/22": "administration: 10.64.0.0/18",
    "transit: 10.64.4.0/22": "transit: 10.64.64.0/18",
    "services: 10.64.8.0/21": "services: 10.64.128.0/21",
    "10.64.8.": "10.64.128.",
    "operators: [198.18.64.0/28]": "operators: [192.0.2.0/28]",
    "subnet: 198.51.100.0/24": "subnet: 198.18.0.0/15",
    "gateway: 198.51.100.1": "gateway: 198.18.0.1",
    "198.51.100.10, 198.51.100.250": "198.18.0.10, 198.19.255.250",
    "- 10.64.0.0/12": "- 10.0.0.0/8",
    "- 198.18.64.0/20": "- 198.18.0.0/15",
    "- 10.200.0.0/16": "- 192.0.2.0/24",
    "cores: 1536": "cores: 1000000",
    "routes: 2000": "routes: 1000000",
    "ram: 12288": "ram: 10000000",
    "size: 200000": "size: 100000000",
    "objects: 1500000": "objects: 100000000",
}
"""What makes the sample site, and what its country calls national, large enough for so many."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Medians of one size, in seconds.

    ``ours`` to read and judge every file, ``plain`` for jsonschema alone: processor seconds of this one process, which
    other work on the machine changes little. By the clock: ``command`` is ``joliba check`` as typed, ``one`` the same
    for one file of them; both with the start of Python. ``ratio`` is the median of the rounds' own.
    """

    files: int
    ours: float
    plain: float
    ratio: float
    command: float
    one: float


def measure(rounds: int, *, sizes: tuple[int, ...] = (FEW, MANY)) -> Iterator[Checked]:
    """Make so many requests and check them; the first size as often as there are rounds, larger ones once.

    Raises:
        JolibaError: a request that should be accepted is not.
    """
    for size in sizes:
        with _project(size) as root:
            yield _measured(root, size, rounds if size == sizes[0] else 1)


def show_checks(found: list[Checked]) -> None:
    """A table of sizes, and how the largest grew against the smallest."""
    say(
        "\ncheck: every file read and judged: processor seconds; commands: seconds",
        style="bold",
    )
    columns = ("files", "joliba", "jsonschema", "ratio", "joliba check", "one file of them", "a file, ms")
    shown = table(*columns, right=columns)
    for each in found:
        times = (each.ours, each.plain, each.ratio, each.command, each.one)
        row(shown, (each.files, *(f"{seconds:.2f}" for seconds in times), f"{1000 * each.ours / each.files:.2f}"))
    show(shown)
    if len(found) > 1:
        first, last = found[0], found[-1]
        growth = last.ours / last.files / (first.ours / first.files)
        say(f"a file of {last.files} takes {growth:.2f}x the time of one of {first.files} (1: linear)")


@contextmanager
def _project(files: int) -> Iterator[Path]:
    """A project of one site with so many tenants, all with blocks; removed at the end."""
    root = Path(tempfile.mkdtemp(prefix="joliba-check-")).resolve()
    try:
        _write(root, files)
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _write(root: Path, files: int) -> None:
    source, folder = CHECKOUT / INVENTORIES, root / INVENTORIES / SITE
    (folder / "tenants").mkdir(parents=True)
    shutil.copy(CHECKOUT / "Pulumi.yaml", root)
    shutil.copytree(source / "countries", root / INVENTORIES / "countries")
    shutil.copy(source / SITE / "site.yaml", folder)
    for file in (folder / "site.yaml", *(root / INVENTORIES / "countries").iterdir()):
        text = file.read_text(encoding="utf-8")
        for old, new in _ENOUGH.items():
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
    patterns = [(name, (source / SITE / "tenants" / f"{name}.yaml").read_text(encoding="utf-8")) for name in PATTERNS]
    for number in range(files):
        pattern, text = patterns[number % len(patterns)]
        name = f"{pattern}{number}"
        own = text.replace(pattern, name).replace("ministry: ", f"ministry: {number}, ", 1)  # a warning otherwise
        (folder / "tenants" / f"{name}.yaml").write_text(own, encoding="utf-8")
    inventory = read_site(root, SITE)
    register, _ = addresses.allocate(inventory)
    addresses.write_register(root, register, before=inventory.register)


def _measured(root: Path, files: int, rounds: int) -> Checked:
    tenants = sorted((root / INVENTORIES / SITE / "tenants").iterdir())
    trees = [read(file, root).values for file in tenants]
    validator = jsonschema.Draft202012Validator(schema_of("tenant"))
    ours, plain, commands, ones = [], [], [], []
    for _ in range(rounds):
        began = time.process_time()
        if findings := check(root):
            raise JolibaError(f"{len(findings)} findings, the first: {findings[0].place} {findings[0].text('en')}")
        ours.append(time.process_time() - began)
        began = time.process_time()
        if not all(validator.is_valid(tree) for tree in trees):
            raise JolibaError("jsonschema refuses a request that Joliba accepts")
        plain.append(time.process_time() - began)
        commands.append(_command(root))
        ones.append(_command(root, tenants[len(tenants) // 2]))
    return Checked(
        files=files,
        ours=median(ours),
        plain=median(plain),
        ratio=median(our / their for our, their in zip(ours, plain, strict=True)),
        command=median(commands),
        one=median(ones),
    )


def _command(root: Path, *paths: Path) -> float:
    program = environment.virtual_environment() / "bin" / "joliba"
    variables = {**os.environ, "JOLIBA_ROOT": str(root), "JOLIBA_LANG": "en"}
    words = [str(program), "check", *map(str, paths)]
    return run([Command(words=words, folder=root, variables=variables, expects="no finding")], 1).seconds
