"""What guests are made of, and the command line that runs one: plain values, nothing is started."""

import fcntl
import os
import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from infra.environment import APT_GET
from infra.lab.guests import prerequisites, seed
from infra.lab.guests.initrd import modules
from infra.lab.guests.qemu import Machine
from infra.lab.guests.recipe import LAYOUT, Recipe, fstab
from infra.lab.guests.tree import apt_sources
from infra.lab.problem import LabError

UNDER_VAR = {"/var/log", "/var/log/audit", "/var/tmp"}  # noqa: S108  mount points of the guest
R28 = {"/boot", "/home", "/opt", "/srv", "/tmp", "/usr", "/var", *UNDER_VAR}  # noqa: S108


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setattr("infra.lab.guests.qemu.program", lambda name: name)
    return Machine(
        folder=tmp_path, disk=tmp_path / "a,b.qcow2", seed=tmp_path / "seed.iso", kernel=tmp_path / "kernel",
        initrd=tmp_path / "initrd", port=2222, accelerator="tcg",
    )  # fmt: skip


def test_the_layout_has_every_file_system_of_r28_once():
    mounts = [part.mount for part in LAYOUT]

    assert sorted(mounts) == sorted({"/", *R28})


def test_a_label_is_one_that_ext4_can_hold():
    assert [part.label for part in LAYOUT if len(part.label.encode()) > 16] == []


def test_fstab_has_none_of_the_options_that_hardening_adds():
    assert not {"nodev", "nosuid", "noexec", "hidepid"} & set(fstab().replace(",", " ").split())


def test_another_package_source_or_kind_makes_another_image():
    digests = [
        Recipe().digest(b""), Recipe(packages=("openscap-scanner",)).digest(b""), Recipe(light=True).digest(b""),
        Recipe().digest(b"deb https://mirror.example bookworm main"),
    ]  # fmt: skip

    assert len(set(digests)) == len(digests)
    assert Recipe().digest(b"") == digests[0]


def test_a_light_tree_has_what_an_audit_reads_but_no_kernel():
    light, whole = set(Recipe(light=True).all_packages()), set(Recipe().all_packages())

    assert light < whole
    assert {"cloud-init", "linux-image-cloud-amd64"} <= whole - light
    assert {"openssh-server", "sudo", "auditd", "python3"} <= light


def test_only_apt_sources_that_name_the_suite_are_taken(tmp_path):
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (tmp_path / "sources.list").write_text("# deb http://mirror.example bookworm main\n")
    (folder / "debian.sources").write_text("Types: deb\nURIs: http://mirror.example\nSuites: bookworm\n")
    (folder / "other.list").write_text("deb http://mirror.example nodistro main\n")
    (folder / "old.sources.disabled").write_text("Suites: bookworm\n")

    text = (folder / "debian.sources").read_text()
    assert apt_sources("bookworm", tmp_path) == {"debian.sources": text}
    assert apt_sources("trixie", tmp_path) == {"debian.sources": text.replace("bookworm", "trixie")}

    (folder / "newer.list").write_text("deb http://mirror.example trixie main\n")
    assert list(apt_sources("trixie", tmp_path)) == ["newer.list"]
    assert apt_sources("bookworm", tmp_path / "sources.list.d") == {}


def test_modules_are_loaded_after_what_they_need_and_built_in_ones_not_at_all(tmp_path):
    (tmp_path / "modules.dep").write_text(
        "d/virtio_blk.ko: v/virtio.ko v/virtio_ring.ko\n"
        "v/virtio_pci.ko: v/modern.ko v/virtio.ko v/virtio_ring.ko\n"
        "v/modern.ko:\nv/virtio.ko: v/virtio_ring.ko\nv/virtio_ring.ko:\n"
    )

    assert [path.stem for path in modules(tmp_path)] == ["virtio_ring", "virtio", "modern", "virtio_pci", "virtio_blk"]


def test_user_data_hold_a_key_that_tries_to_be_yaml_as_one_string():
    key = 'ssh-ed25519 AAAA "x"\nruncmd: [reboot]'

    lines = seed.user_data(key).splitlines()

    assert lines[0] == "#cloud-config"
    assert not any(line.lstrip().startswith("runcmd") for line in lines)


def test_the_guest_is_reached_by_loopback_only(machine):
    assert "user,id=network,hostfwd=tcp:127.0.0.1:2222-:22" in machine.command_line()


def test_a_comma_in_a_path_is_no_option(machine):
    drive = next(part for part in machine.command_line() if "id=disk," in part and part.startswith("file="))

    assert drive == f"file={machine.folder}/a,,b.qcow2,if=none,id=disk,format=qcow2,discard=unmap"


def test_only_software_emulation_has_a_translation_cache(machine):
    assert "tcg,tb-size=256" in machine.command_line()
    assert not any("tb-size" in part for part in replace(machine, accelerator="kvm").command_line())


def test_whoever_may_not_install_packages_is_told_the_command(monkeypatch):
    monkeypatch.setattr(prerequisites, "SEARCHED", "/nonexistent")
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    with pytest.raises(LabError, match="sudo apt-get install -y --no-install-recommends cpio genisoimage"):
        prerequisites.require(("genisoimage", "cpio"), "running guests", print)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("apt-get"), reason="only root installs packages, by apt")
def test_another_installer_at_work_is_waited_for():
    with Path("/var/lib/dpkg/lock-frontend").open("r+") as another:
        fcntl.lockf(another, fcntl.LOCK_EX)
        threading.Timer(2, another.close).start()
        done = subprocess.run(
            [*APT_GET, "-qq", "install", "--no-upgrade", "dpkg"], capture_output=True, text=True, check=False
        )

    assert done.returncode == 0, done.stderr


def test_programs_that_are_there_are_not_installed(monkeypatch, tmp_path):
    (tmp_path / "cpio").write_text("#!/bin/sh\n")
    (tmp_path / "cpio").chmod(0o755)
    monkeypatch.setattr(prerequisites, "SEARCHED", str(tmp_path))

    prerequisites.require(("cpio",), "running guests", pytest.fail)

    assert Path(prerequisites.program("cpio")) == tmp_path / "cpio"
