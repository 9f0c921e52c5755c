"""What a program declares, recorded under Pulumi's mocks as plain data. (Mocks run no transforms and no provider.)"""

from dataclasses import dataclass, field

import pulumi
import pytest
from netaddr import IPNetwork
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime.settings import get_root_resource
from toolchain.conftest import new_project


@dataclass
class Declared:
    """Every resource that was registered, in order: its type, name and inputs."""

    resources: list[tuple[str, str, dict]] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, dict]:
        """Inputs by name of all resources whose type ends in ``:<kind>``."""
        return {name: inputs for type_, name, inputs in self.resources if type_.endswith(f":{kind}")}


class Recorder(pulumi_mocks.Mocks):
    def __init__(self, contracts: dict[str, dict], kept: dict[str, str]) -> None:
        self.declared = Declared()
        self.contracts, self.kept = contracts, kept
        self._ranges = {}

    def new_resource(self, args: pulumi_mocks.MockResourceArgs):
        self.declared.resources.append((args.typ, args.name, args.inputs))
        identity = f"{args.name}-id"
        self._ranges[identity] = args.inputs.get("cidr")
        computed = {"allFixedIps": [self._address(args.inputs)], "vipPortId": "vip", "address": "198.51.100.10"}
        return identity, {**computed, **self.kept, **args.inputs}

    def _address(self, inputs) -> str:
        """One in the subnet that a port asks for, if it does."""
        fixed = inputs.get("fixedIps")
        block = self._ranges.get(fixed[0].get("subnetId")) if isinstance(fixed, list) and fixed else None
        return str(IPNetwork(block)[5]) if block else "10.64.16.5"

    def call(self, args: pulumi_mocks.MockCallArgs):
        answers = {
            "pulumi:pulumi:readStackOutputs": {
                "outputs": {"contract": self.contracts.get(args.args.get("name", "").rpartition("/")[2])}
            },
            "openstack:identity/getAuthScope:getAuthScope": {
                "projectId": "administrator-project",
                "region": "RegionOne",
                "serviceCatalogs": [
                    {
                        "id": "1",
                        "name": "keystone",
                        "type": "identity",
                        "endpoints": [
                            {
                                "id": "1",
                                "interface": "public",
                                "region": "RegionOne",
                                "regionId": "RegionOne",
                                "url": "http://127.0.0.1:5000/v3",
                            }
                        ],
                    }
                ],
            },
            "openstack:identity/getRole:getRole": {"id": f"{args.args.get('name')}-role"},
        }
        return answers[args.token]


@pytest.fixture
def declare():
    """``declare(function)``: run it as a Pulumi program, and get what it declared.

    ``contracts`` are those of stacks that were built before; ``kept`` outputs that resources have without being asked.
    """

    def run(program, *, stack="ml-bko.sante", contracts=None, kept=None):
        recorder = Recorder(contracts or {}, kept or {})
        pulumi_mocks.set_mocks(recorder, project="joliba", stack=stack, preview=False)

        @pulumi.runtime.test
        def under_test():
            get_root_resource()._transformations = []  # it inherits what the last test's stack was given
            return program()

        under_test()
        return recorder.declared

    return run


@pytest.fixture
def trial(tmp_path):
    """A project of its own for the installed Pulumi."""
    return new_project(tmp_path)
