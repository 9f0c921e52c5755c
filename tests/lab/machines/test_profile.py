"""What a lab's data say of real machines, and what its services are then told."""

import configparser
import os
from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from infra.cli.hardening import accelerator_of
from infra.hosts.catalogue import HostRole
from infra.hosts.inventory import Host
from infra.lab import Lab, LabError
from infra.lab.catalogue import LISTENERS
from infra.lab.configuration import write_configuration
from infra.lab.deployment import Deployment, write_file
from infra.lab.machines import packages
from infra.lab.machines.configuration import sockets
from infra.lab.machines.profile import BootableImage, Profile
from infra.lab.machines.uplink import Uplink
from infra.model.classification import HardeningLevel

LINK = Uplink(gateway=IPv4Interface("198.51.100.1/24"), operator=IPv4Interface("198.18.64.1/28"))
PROFILE = Profile(
    uplink=LINK,
    virt_type="qemu",
    images={
        "debian-12": BootableImage(
            disk=Path("/cache/disk"), kernel=Path("/cache/kernel"), initrd=Path("/cache/initrd"), command_line="quiet"
        )
    },
)


def deployment(folder: Path, environment: Path) -> Deployment:
    lab = Deployment(folder, environment)
    write_file(lab.ports_file, "{" + ", ".join(f'"{name}": 1' for name in LISTENERS) + "}")
    return lab


@pytest.fixture
def environment(tmp_path):
    """As much of the services' environment as their configuration is copied from."""
    for name in ("nova", "designate"):
        folder = tmp_path / "environment" / "etc" / name
        folder.mkdir(parents=True)
        (folder / "api-paste.ini").touch()
    return tmp_path / "environment"


def options(lab: Deployment, service: str, section: str) -> dict[str, str]:
    read = configparser.RawConfigParser()
    read.read(lab.configuration / f"{service}.conf")
    return dict(read[section])


def test_a_profile_is_read_as_it_was_written_and_ordinary_data_have_none(tmp_path):
    assert Profile.read(tmp_path) is None

    PROFILE.write(tmp_path)

    assert Profile.read(tmp_path) == PROFILE


@pytest.mark.parametrize(("virt_type", "accelerator"), [("qemu", "tcg"), ("kvm", "kvm")])
def test_a_run_over_the_labs_hosts_knows_what_they_run_under(tmp_path, monkeypatch, virt_type, accelerator):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path))
    host = Host(
        name="ml-bko.justice.app", site="ml-bko", tenant="justice", ministry="", platform="", tier="",
        role=HostRole.GUEST, level=HardeningLevel.MINIMAL, address="10.0.0.1", cloud="lab",
    )  # fmt: skip
    assert accelerator_of((host,)) == "", "an ordinary lab has no machines"

    replace(PROFILE, virt_type=virt_type).write(Lab("ml-bko").folder / "data")

    assert accelerator_of((host,)) == accelerator
    assert accelerator_of((replace(host, cloud="ministere"),)) == ""


def test_only_a_lab_with_real_machines_has_real_drivers(tmp_path, environment):
    ordinary, real = deployment(tmp_path / "ordinary", environment), deployment(tmp_path / "real", environment)
    PROFILE.write(real.data)

    for lab in (ordinary, real):
        write_configuration(lab)

    def drivers(lab):
        return (
            options(lab, "nova", "DEFAULT")["compute_driver"],
            options(lab, "neutron", "ml2")["mechanism_drivers"],
            options(lab, "cinder", "lab")["volume_driver"].rpartition(".")[2],
        )

    assert drivers(ordinary) == ("lab.Driver", "lab", "LabVolumeDriver")
    assert drivers(real) == ("libvirt.LibvirtDriver", "ovn", "FileVolumeDriver")
    assert options(real, "nova", "libvirt")["virt_type"] == "qemu"


def test_a_folder_too_deep_for_its_sockets_is_refused_and_a_shallower_one_is_not(tmp_path):
    name = "/run/room/libvirt/libvirt-sock"
    fitting = Path("/" + "d" * (107 - len(name) - 1))

    assert sockets(Deployment(fitting, tmp_path))["hypervisor"] == f"{fitting}{name}"
    with pytest.raises(LabError, match="longer than the 107 bytes"):
        sockets(Deployment(Path(f"{fitting}d"), tmp_path))


def test_real_machines_are_refused_of_a_lab_made_without_and_it_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path))
    lab = Lab("ml-bko")
    (lab.folder / "data").mkdir(parents=True)

    with pytest.raises(LabError, match="made without real machines: reset it first"):
        lab.start(machines=LINK)

    assert lab.machines is None


def test_an_ordinary_user_is_told_what_root_is_needed_for(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(LabError, match="need root: for the packages, the network and the hypervisor"):
        packages.ensure(print)


def test_what_is_missing_is_named_by_its_package(monkeypatch, tmp_path):
    monkeypatch.setattr(packages, "SEARCH", str(tmp_path))
    assert set(packages.missing()) >= {"libvirt-daemon", "ovn-central", "openvswitch-switch"}

    for program in packages.PROGRAMS:
        (tmp_path / program).touch(0o755)
    monkeypatch.setattr(packages, "FILES", {})

    assert packages.missing() == []
