"""The ways of building the same tenants that are compared, each as the commands of its steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from infra import environment
from infra.bench.conversion import Configuration, merged
from infra.bench.opentofu import OpenTofu, write
from infra.bench.place import SITE, Place
from infra.bench.running import Command


class Step(StrEnum):
    """What is timed, in the order in which it is done; UNCHANGED believes the state, REFRESHED asks the cloud."""

    CREATE = "create"
    UNCHANGED = "no change"
    REFRESHED = "no change, refreshed"
    DESTROY = "destroy"


@dataclass(frozen=True, kw_only=True)
class Way:
    """``first`` is run before a step, untimed. A step's commands are run several at once."""

    name: str
    steps: Mapping[Step, Sequence[Command]]
    first: Mapping[Step, Sequence[Command]] = field(default_factory=dict)


def joliba(place: Place, tenants: Sequence[str], jobs: int) -> Way:
    """``joliba up`` and ``joliba destroy`` of all tenants at once; destroy removes the cloud's own traces too."""
    stacks = [f"{SITE}.{tenant}" for tenant in tenants]
    up = ["up", *stacks, "--yes", f"--jobs={jobs}"]
    confirmed = [f"--confirm={tenant}" for tenant in tenants]
    return Way(
        name="joliba up",
        steps={
            Step.CREATE: [_joliba(place, *up)],
            Step.UNCHANGED: [_joliba(place, *up, "--expect-no-changes")],
            Step.REFRESHED: [_joliba(place, *up, "--expect-no-changes", "--refresh")],
            Step.DESTROY: [_joliba(place, "destroy", *stacks, "--delete-data", *confirmed, f"--jobs={jobs}")],
        },
        first={Step.CREATE: [prepare(place)]},
    )


def pulumi(place: Place, tenant: str, *flags: str) -> Way:
    """``pulumi up`` of one tenant by hand."""
    up = ["up", f"--stack={SITE}.{tenant}", "--yes", "--non-interactive", *flags]
    return Way(
        name=" ".join(["pulumi up", *flags]),
        steps={
            Step.CREATE: [_pulumi(place, *up)],
            Step.UNCHANGED: [_pulumi(place, *up, "--expect-no-changes")],
            Step.REFRESHED: [_pulumi(place, *up, "--expect-no-changes", "--refresh")],
            Step.DESTROY: [_pulumi(place, "destroy", *up[1:])],
        },
        first={
            Step.CREATE: [prepare(place)],
            Step.DESTROY: [_pulumi(place, "state", "unprotect", "--all", "--yes", f"--stack={SITE}.{tenant}")],
        },
    )


def one_state(tofu: OpenTofu, place: Place, configurations: Sequence[Configuration], folder: Path) -> Way:
    """``tofu apply`` of all tenants as one state."""
    return _tofu(tofu, place, "OpenTofu", [write(merged(configurations), folder)], merged(configurations).resources)


def a_state_each(tofu: OpenTofu, place: Place, configurations: Sequence[Configuration], folder: Path) -> Way:
    """``tofu apply`` of each tenant in its own folder, several at once."""
    folder.mkdir(mode=0o700)
    folders = [write(each, folder / str(number)) for number, each in enumerate(configurations, start=1)]
    return _tofu(tofu, place, "OpenTofu, a state each", folders, configurations[0].resources)


def prepare(place: Place) -> Command:
    """What makes the stacks; OpenTofu's folders are written beforehand too."""
    return _joliba(place, "stacks", SITE, "--prepare")


def exported(place: Place, tenant: str) -> Command:
    """What prints a stack's state, secrets in clear."""
    return _pulumi(place, "stack", "export", f"--stack={SITE}.{tenant}", "--show-secrets")


def foundation(place: Place) -> Iterable[Command]:
    """What gives the tenants their blocks, then builds what they stand on."""
    return _joliba(place, "allocate", SITE), _joliba(place, "up", f"{SITE}.foundation", "--yes")


def _joliba(place: Place, *words: str) -> Command:
    program = environment.virtual_environment() / "bin" / "joliba"
    return Command(words=[str(program), *words], folder=place.root, variables=place.variables())


def _pulumi(place: Place, *words: str) -> Command:
    return Command(words=["pulumi", *words], folder=place.root, variables=place.variables())


def _tofu(tofu: OpenTofu, place: Place, name: str, folders: Sequence[Path], resources: int) -> Way:
    variables = {**place.variables(), **tofu.variables()}

    def everywhere(words: Sequence[str], expects: str) -> list[Command]:
        return [Command(words=words, folder=each, variables=variables, expects=expects) for each in folders]

    nothing = "Resources: 0 added, 0 changed, 0 destroyed"
    return Way(
        name=name,
        steps={
            Step.CREATE: everywhere(tofu.apply(), f"Resources: {resources} added"),
            Step.UNCHANGED: everywhere(tofu.apply("-refresh=false"), nothing),
            Step.REFRESHED: everywhere(tofu.apply(), nothing),
            Step.DESTROY: everywhere(tofu.destroy(), f"Resources: {resources} destroyed"),
        },
    )
