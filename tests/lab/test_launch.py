"""What the services are started with, and how a start that fails ends: no service runs."""

import subprocess
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from infra.environment import CHECKOUT
from infra.lab import launch, shared
from infra.lab.deployment import Deployment
from infra.lab.machines.profile import Profile
from infra.lab.machines.uplink import Uplink
from infra.lab.problem import LabError

LINK = Uplink(gateway=IPv4Interface("198.51.100.1/24"), operator=IPv4Interface("198.18.64.1/28"))
NVME = """\
from infra.lab.services import privilege
from os_brick.initiator.connectors.nvmeof import NVMeOFConnector
from os_brick.privileged import nvmeof
nvmeof.create_hostnqn = nvmeof.create_hostid = lambda *_: print("made in /etc/nvme")
NVMeOFConnector.nvme_present = lambda: True
privilege.keep("cinder")
print(sorted(NVMeOFConnector.get_connector_properties(None)))
"""


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    """A lab whose supervisor says its folder for temporary files, and what is in it, and ends."""
    lab = Deployment(tmp_path / "lab", tmp_path / "environment")
    python = lab.environment / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$TMPDIR"\nls -A "$TMPDIR"\n')
    python.chmod(0o755)
    return lab


def test_the_services_temporary_files_are_the_labs_own_and_gone_at_the_next_start(lab: Deployment) -> None:
    lab.temporary.mkdir(parents=True)
    (lab.temporary / "neutron_start_time1").touch()

    with pytest.raises(LabError, match="the lab did not start"):
        launch.launch(lab, lambda _: None)

    assert (lab.logs / "supervisor.log").read_text() == f"{lab.temporary}\n"


@pytest.mark.parametrize(("machines", "seconds"), [(True, launch.GUESTS_PATIENCE), (False, 2.0)])
def test_a_start_that_fails_leaves_guests_their_time_to_shut_down(
    lab: Deployment, monkeypatch: pytest.MonkeyPatch, machines: bool, seconds: float
) -> None:
    given = []
    monkeypatch.setattr(launch, "end_all", lambda *_, patience: given.append(patience))
    if machines:
        Profile(uplink=LINK, virt_type="qemu", images={}).write(lab.data)

    with pytest.raises(LabError, match="the lab did not start"):
        launch.launch(lab, lambda _: None)

    assert given == [seconds]


def test_what_volumes_are_reached_by_is_found_without_making_anything_for_nvme_on_this_machine() -> None:
    python = shared.places().environment / "bin" / "python"
    if not python.exists():
        pytest.skip("the services are not installed yet: the first start of a lab does it")

    found = subprocess.run(
        [python, "-c", NVME], env={"PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True, check=True
    ).stdout

    assert "nvme_native_multipath" in found
    assert "made" not in found
    assert "nqn" not in found
