"""What is kept of a guest that booted once, and which accelerator is tried: stand-ins for the guest and for QEMU."""

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.environment import CHECKOUT
from infra.lab.guests import image as images
from infra.lab.guests.image import Image
from infra.lab.problem import LabError
from infra.lab.processes import started

booted = importlib.import_module("infra.lab.guests.booted")
TRY = """\
import sys
from pathlib import Path
from infra.lab.guests import accelerator

real = accelerator.program
accelerator.program = lambda name: sys.argv[1] if name == accelerator.EMULATOR else real(name)
accelerator._runs(Path("kernel"), Path("initrd"), 20.0)
"""


class Guest:
    """A guest that comes to rest, or does not."""

    calm = True

    def __init__(self, *_: object, **__: object) -> None: ...
    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None: ...
    def ssh(self, command: str, *, check: bool = True, timeout: float) -> None:
        if check and not self.calm:
            raise LabError(f"{command!r} ended with 255: no end after {timeout:.0f} s")

    def save(self, folder: Path) -> None:
        (folder / "memory").touch()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("JOLIBA_CACHE", str(tmp_path))
    monkeypatch.setattr(booted, "require", lambda *_: None)
    monkeypatch.setattr(booted, "_digest", lambda *_: "digest")
    monkeypatch.setattr(booted, "machine", lambda *_, **__: None)
    monkeypatch.setattr(booted, "Guest", Guest)
    return tmp_path


def kept(cache):
    return [path.name for path in cache.iterdir() if path.is_dir()]


@pytest.mark.parametrize("calm", [True, False])
def test_only_a_guest_that_came_to_rest_is_kept(cache, monkeypatch, calm):
    monkeypatch.setattr(Guest, "calm", calm)

    if calm:
        booted.booted(Image.of(cache))
    else:
        with pytest.raises(LabError, match="no end after 1800 s"):
            booted.booted(Image.of(cache))

    assert kept(cache) == (["booted-digest"] if calm else [])


def test_what_is_kept_is_on_the_disk_before_it_has_its_name(cache, monkeypatch):
    found = []
    monkeypatch.setattr(os, "sync", lambda: found.append(sorted(name[:7] for name in kept(cache))))
    monkeypatch.setattr(images, "require", lambda *_: None)
    monkeypatch.setattr(images, "_make", lambda _, folder: (folder / "kernel").touch())

    booted.booted(Image.of(cache))
    made = images.guest_image()

    assert found == [[".booted"], [".guest-", "booted-"]]
    assert made.kernel.exists()


def test_a_trial_of_kvm_ends_with_whoever_tries(tmp_path):
    emulator, number = tmp_path / "qemu", tmp_path / "number"
    emulator.write_text(f"#!/bin/sh\necho $$ > '{number}.new'\nmv '{number}.new' '{number}'\nexec sleep 30\n")
    emulator.chmod(0o755)
    deadline = time.monotonic() + 20

    with subprocess.Popen(
        [sys.executable, "-c", TRY, emulator], env={**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ) as one:
        while not number.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        one.kill()

    while started(int(number.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.02)
