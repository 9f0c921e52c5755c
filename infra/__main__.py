"""Pulumi starts here (``main: infra`` in Pulumi.yaml)."""

import sys
from pathlib import Path

# A language host puts this folder on the path; off it, or a room here could stand in for a library of the same name.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]

from infra.datacenter.settings import foresee_contract  # noqa: E402  the path comes first
from infra.model.contract import FOUNDATION  # noqa: E402

foreseen = foresee_contract(FOUNDATION)

from infra.datacenter.program import run  # noqa: E402  a fifth of a second, in which the engine reads the foundation

run()
