"""Guests by name, for a person: what is refused before anything is started; the whole way with ``--full``."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from infra import environment
from infra.lab.guests import guest as guests
from infra.lab.guests import kept as kept_guests
from infra.lab.guests import parts, qemu
from infra.lab.guests.guest import Guest, Saved
from infra.lab.guests.image import Image
from infra.lab.guests.kept import KeptGuest
from infra.lab.problem import LabError
from infra.lab.processes import started

JOLIBA = environment.virtual_environment() / "bin" / "joliba"


@pytest.fixture
def in_home(tmp_path, monkeypatch):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path))
    return tmp_path


def guest(*arguments):
    return subprocess.run(
        [JOLIBA, "lab", "guest", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


@pytest.mark.parametrize("name", ["", "../other", "a/b", "Guest", "1st", "-x", "a b", "a\n", "x" * 32])
def test_a_name_that_could_be_a_path_or_an_option_is_refused(in_home, name):
    with pytest.raises(LabError, match="no guest's name"):
        KeptGuest(name)


@pytest.mark.parametrize("name", ["guest", "web-1", "x" * 31])
def test_a_plain_name_is_accepted_and_has_a_folder_of_its_own(in_home, name):
    assert KeptGuest(name).folder == in_home / "guests" / name


def test_a_guest_that_is_off_says_how_to_start_it(in_home):
    refused = guest("ssh", "--name", "web-1", "id")

    assert refused.returncode == 3
    assert "joliba lab guest start --name web-1" in refused.stderr


def test_a_process_number_that_has_passed_to_another_is_not_the_guests(in_home):
    kept = KeptGuest("guest")
    kept.folder.mkdir(parents=True)
    (kept.folder / "process.json").write_text(f'{{"pid": {os.getpid()}, "started": 1, "port": 22}}')

    kept.stop()  # would end this very process

    assert kept.process() is None


def test_a_console_is_shown_without_what_steers_terminals(in_home):
    folder = in_home / "guests" / "guest"
    folder.mkdir(parents=True)
    (folder / "console.log").write_bytes(b"login: \x1b]0;owned\x07\r\nend\n")

    shown = guest("console")

    assert shown.returncode == 0
    assert "\x1b" not in shown.stdout
    assert shown.stdout.splitlines()[1] == "end"


@pytest.fixture
def image(tmp_path_factory):
    """An image with an empty disk."""
    if not shutil.which("qemu-img"):
        pytest.skip("there is no qemu-img")
    made = Image.of(tmp_path_factory.mktemp("guest-old"))
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", made.disk, "1M"], check=True)
    made.kernel.touch()
    return made


@pytest.fixture
def emulator(in_home, image, monkeypatch, tmp_path_factory):
    """A stand-in for QEMU, which runs and writes its number here; the kept guest begins as a frozen one."""
    number = tmp_path_factory.mktemp("emulator") / "number"
    program = number.with_name("qemu")
    program.write_text(
        f'#!/bin/sh\necho "$@" > {number}.arguments; echo $$ > {number}.new; mv {number}.new {number}\nexec sleep 60\n'
    )
    program.chmod(0o755)
    frozen = tmp_path_factory.mktemp("booted")
    for name in ("key", "key.pub", "seed.iso", "console.log", "memory"):
        (frozen / name).touch()
    parts.overlay(image.disk, frozen / "disk.qcow2")
    real = qemu.program
    monkeypatch.setattr(qemu, "program", lambda name: str(program) if name == qemu.EMULATOR else real(name))
    monkeypatch.setattr(guests, "require", lambda *_: None)
    monkeypatch.setattr(parts, "accelerator", lambda *_: "tcg")
    saved = Saved(folder=frozen, machine=parts.machine(image, frozen))
    monkeypatch.setattr(kept_guests, "booted", lambda **_: saved)
    return number


def ended(number: Path) -> bool:
    return not started(int(number.read_text()))


@pytest.mark.parametrize("what", [LabError("QEMU does not answer"), KeyboardInterrupt()])
def test_a_start_that_fails_before_its_process_is_noted_leaves_none(emulator, monkeypatch, what):
    def monitor(_):
        while not emulator.exists():
            time.sleep(0.01)
        raise what

    monkeypatch.setattr(Guest, "monitor", monitor)

    with pytest.raises(type(what)):
        KeptGuest("guest").start(print)

    assert ended(emulator)


class Monitor:
    """A connection to a QEMU that runs its guest."""

    def __init__(self, _: Path) -> None: ...
    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None: ...
    def do(self, *_: object) -> dict[str, str]:
        return {"status": "running"}


@pytest.fixture
def waits(emulator, monkeypatch):
    """How often a guest was waited for; the first time the command is interrupted."""
    calls = []

    def wait(guest: Guest) -> None:
        calls.append(guest.port)
        guest._until(lambda: True, 0, "")
        if len(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(guests, "Monitor", Monitor)
    monkeypatch.setattr(Guest, "wait", wait)
    return calls


def test_a_guest_whose_first_start_was_interrupted_is_waited_for_by_the_next_and_then_no_more(waits):
    kept = KeptGuest("guest")
    with pytest.raises(KeyboardInterrupt):
        kept.start(print)
    process = kept.process()

    kept.start(print)
    kept.start(print)

    assert process == kept.process()
    assert waits == [kept.access().port] * 2
    kept.stop()


def test_a_stop_waits_for_a_start_that_has_not_noted_its_process(waits, emulator, monkeypatch):
    kept, stopped, real = KeptGuest("guest"), threading.Event(), Guest.start

    def start(guest: Guest) -> None:
        threading.Thread(target=lambda: (kept.remove(), stopped.set())).start()
        real(guest)
        assert not stopped.wait(0.5)

    monkeypatch.setattr(Guest, "start", start)
    with pytest.raises((KeyboardInterrupt, LabError)):
        kept.start(print)

    assert stopped.wait(10)
    assert ended(emulator)
    assert not kept.folder.exists()


def test_an_old_guest_boots_the_kernel_of_its_own_disk_and_says_if_that_is_gone(waits, image, emulator, monkeypatch):
    monkeypatch.setattr(guests, "guest_image", lambda: pytest.fail("an image of today"))
    kept = KeptGuest("guest")
    with pytest.raises(KeyboardInterrupt):
        kept.start(print)
    kept.stop()

    kept.start(print)

    kept.stop()
    assert f" -kernel {image.kernel} " in emulator.with_name("number.arguments").read_text()
    shutil.rmtree(image.folder)
    with pytest.raises(LabError, match="was made from is gone: joliba lab guest remove --name guest\n"):
        kept.start(print)


def test_a_guest_stays_between_commands_and_its_disk_over_a_stop(full, in_home):
    try:
        assert guest("start").returncode == 0
        assert guest("ssh", "sudo", "-n", "id", "-u").stdout == "0\n"
        assert guest("ssh", "echo kept > kept; sync").returncode == 0
        assert guest("stop").returncode == 0
        assert guest("start").returncode == 0
        assert guest("ssh", "cat", "kept").stdout == "kept\n"
    finally:
        guest("remove")
    assert not (in_home / "guests" / "guest").exists()
