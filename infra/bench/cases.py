"""What is measured: every way of a case in turn, in every round, on one lab."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import openstack
from openstack.connection import Connection

from infra.bench import tenants, ways
from infra.bench.conversion import Configuration, converted
from infra.bench.opentofu import OpenTofu
from infra.bench.place import SITE, Place, install_toolchain
from infra.bench.running import Cost, output, run
from infra.bench.ways import Step, Way
from infra.datacenter.remainders import remove_remainders
from infra.lab import Lab


class Case(StrEnum):
    """ORDINARY is one tenant, TWENTY are twenty of its kind.

    The others build nothing: CHECK (`infra.bench.checks`), HOST and FLEET (`infra.bench.hosts`, `infra.bench.fleet`).
    """

    ORDINARY = "ordinary"
    TWENTY = "twenty"
    CHECK = "check"
    HOST = "host"
    FLEET = "fleet"

    @property
    def tenants(self) -> int:
        """How many tenants it builds."""
        return {Case.ORDINARY: 1, Case.TWENTY: 20}.get(self, 0)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one step of one way cost in one round."""

    case: Case
    way: str
    step: Step
    round: int
    cost: Cost


class Bench:
    """A lab with its foundation, and what both sides need to build the same tenants on it."""

    def __init__(self, place: Place, jobs: int) -> None:
        self.place, self.jobs = place, jobs
        install_toolchain()
        self.tofu = OpenTofu.built(place.folder)
        self.configurations: dict[str, Configuration] = {}

    def furnish(self, number: int) -> Iterator[str]:
        """Build `number` tenants with Joliba once, note what they are made of, and remove them; tells what it does."""
        yield "the lab"
        Lab(SITE).start()
        names = tenants.write(self.place, number)
        yield f"the foundation, for {number} tenants"
        for command in ways.foundation(self.place):
            run([command], 1)
        yield f"{number} tenants, to take their resources over to OpenTofu"
        joliba = ways.joliba(self.place, names, self.jobs)
        for step in (Step.CREATE, Step.DESTROY):
            run(joliba.first.get(step, ()), 1)
            run(joliba.steps[step], 1)
            if step is Step.CREATE:
                self._take_over(names)

    def measure(self, case: Case, rounds: int) -> Iterator[Measurement]:
        """Every way's steps in turn, as often as there are rounds; the ways change places from round to round."""
        compared = self._ways(case)
        for number in range(rounds):
            start = number % len(compared)
            for way in [*compared[start:], *compared[:start]]:
                for step in Step:
                    yield Measurement(
                        case=case, way=way.name, step=step, round=number + 1, cost=self._step(way, step, case)
                    )

    def resources(self, case: Case) -> int:
        """How many resources a case has."""
        return sum(each.resources for each in self._configurations(case))

    def _take_over(self, names: Sequence[str]) -> None:
        vocabulary = self.tofu.vocabulary(self.place.folder / "vocabulary")
        for name in names:
            deployment = json.loads(output(ways.exported(self.place, name)))["deployment"]
            self.configurations[name] = converted(deployment, vocabulary, name)

    def _configurations(self, case: Case) -> list[Configuration]:
        return [self.configurations[tenants.name(each + 1)] for each in range(case.tenants)]

    def _ways(self, case: Case) -> list[Way]:
        """The ways of a case; the first is what the others are compared with."""
        place, folder = self.place, self.place.folder / case
        folder.mkdir(mode=0o700)
        tofu = ways.one_state(self.tofu, place, self._configurations(case), folder / "one")
        names = [tenants.name(each + 1) for each in range(case.tenants)]
        joliba = ways.joliba(place, names, self.jobs)
        if case is Case.TWENTY:
            return [tofu, ways.a_state_each(self.tofu, place, self._configurations(case), folder / "each"), joliba]
        return [tofu, ways.pulumi(place, *names, "--skip-preview"), ways.pulumi(place, *names), joliba]

    def _step(self, way: Way, step: Step, case: Case) -> Cost:
        run(way.first.get(step, ()), 1)
        projects = self._projects(case) if step is Step.DESTROY else []
        cost = run(way.steps[step], self.jobs)
        with self._cloud() as cloud:
            for project in projects:
                remove_remainders(cloud, project)  # neither pulumi nor tofu know of them; joliba has done it
        return cost

    def _projects(self, case: Case) -> list[str]:
        names = {tenants.name(each + 1) for each in range(case.tenants)}
        with self._cloud() as cloud:
            found = cloud.identity.get("/projects").json()["projects"]
            return [project["id"] for project in found if project["name"] in names]

    def _cloud(self) -> Connection:
        return openstack.connect(**Lab(SITE).cloud())
