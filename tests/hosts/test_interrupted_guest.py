"""A hardening that is interrupted at any moment ends reachable: cable out, controller killed, power cut.

``--seed`` replays the moments of an earlier run; each is drawn over the whole length of a run that is left alone.
"""

import contextlib
import json
import multiprocessing
import os
import random
import signal
import time
from enum import StrEnum
from pathlib import Path

import pytest
from hosts.guests import as_host

from infra.hosts.record import Assessment, Kind
from infra.hosts.running import Order, run
from infra.hosts.runs import read_run
from infra.lab.guests import Guest, booted, guest_image
from infra.model.classification import HardeningLevel

MOMENTS = 20
PATIENCE = 1500  # seconds that a boot may take in software on a busy machine
DEADLINE = 300  # seconds; longer than the longest remedy takes in software, since it is renewed before each
LOCK_OUT = ("R9", "R31", "R33", "R36", "R38", "R39", "R55", "R68", "R79", "R80")
"""What can take the way in, and one that cannot."""
ORDER = Order(kind=Kind.HARDEN, asked="test", rules=LOCK_OUT, variables={"joliba_deadline": DEADLINE})
POINTS = "/var/lib/joliba/restore"


class Interruption(StrEnum):
    """What happens to a run."""

    NETWORK = "network"  # the cable is out for a while, shorter or longer than the deadline
    KILLED = "killed"  # the controller is gone for good
    POWER = "power"  # the guest's power is cut, and comes back


def quiet(*_):
    pass


@pytest.fixture
def guest(full, home):
    """A guest as it booted, and where runs find it."""
    home.mkdir(parents=True)
    with Guest(saved=booted(guest_image()), patience=PATIENCE) as started:
        yield started


def hardened(guest, home):
    """A run that nothing interrupts; how long it took."""
    (told,) = run(ORDER, [as_host(guest, home, HardeningLevel.HIGH)], quiet).hosts
    assert told.assessment is Assessment.ASSESSED, told.problem
    return told.seconds


@pytest.fixture(scope="module")
def length(full, tmp_path_factory):
    """Seconds of a whole run."""
    with pytest.MonkeyPatch.context() as patch, Guest(saved=booted(guest_image()), patience=PATIENCE) as left_alone:
        folder = tmp_path_factory.mktemp("home")
        (folder / "venv").symlink_to(Path(__file__).parents[2] / ".joliba/venv")
        patch.setenv("JOLIBA_HOME", str(folder))
        return hardened(left_alone, folder)


@pytest.mark.timeout(2 * 3600)
@pytest.mark.parametrize("number", range(MOMENTS))
def test_an_interrupted_hardening_ends_reachable(guest, home, length, pytestconfig, number):
    draw = random.Random(f"{pytestconfig.option.seed} {number}")
    interruption, moment = list(Interruption)[number % 3], draw.uniform(0, length)
    host = as_host(guest, home, HardeningLevel.HIGH)
    process = multiprocessing.get_context("fork").Process(target=run, args=(ORDER, [host], quiet))
    process.start()
    process.join(moment)
    was_at_work = process.is_alive()
    interrupt(interruption, guest, process, draw)
    began = time.monotonic()

    settle(guest)
    process.join(DEADLINE + PATIENCE)
    kill(process)  # if it still waits
    settle(guest)

    if not was_at_work:  # it was over before, and not because it was refused
        assert read_run().record.hosts[0].assessment is Assessment.ASSESSED
    told = outcomes(guest)
    print(json.dumps({
        "number": number, "seed": pytestconfig.option.seed, "interruption": interruption, "of": length,
        "at": round(moment), "at work": was_at_work, "settled after": round(time.monotonic() - began),
        "put back": len(told), "problems": [outcome["problems"] for outcome in told if outcome["problems"]],
    }), flush=True)  # fmt: skip
    assert guest.ssh("sudo -k -n id -u").stdout.strip() == "0"
    if any(outcome["reboot"] for outcome in told):  # a boot in mid-run has loaded what only another takes back
        guest.reboot()
        guest.ssh(f"sudo -n sh -c 'for each in {POINTS}/*/program; do python3 -ISB $each check || exit 1; done'")
    assert "joliba-revert" not in guest.ssh("systemctl list-units --all; ls -R /etc/systemd/system").stdout
    left = [name for outcome in told for names in outcome["left"].values() for name in names]
    assert {*left} <= {name for outcome in told for name in outcome["until_boot"]}
    if number < len(Interruption):
        hardened(guest, home)


def interrupt(interruption, guest, process, draw):
    """Do it, and undo what undoes itself."""
    match interruption:
        case Interruption.KILLED:
            kill(process)
        case Interruption.POWER:
            guest.power_cut()
            guest.start()
            guest.wait(PATIENCE)
        case Interruption.NETWORK:
            guest.cut_network()
            time.sleep(draw.uniform(1, 1.5 * DEADLINE))
            guest.mend_network()


def settle(guest):
    """Wait until one can log in anew, use sudo, and nothing is armed any more."""
    end = time.monotonic() + DEADLINE + PATIENCE
    while guest.ssh(f"sudo -k -n test ! -e {POINTS}/armed.json", check=False, timeout=60).returncode:
        assert time.monotonic() < end, guest.console()[-3000:]
        time.sleep(3)


def outcomes(guest):
    """What the host says of each restore point that was put back."""
    said = guest.ssh(f"sudo -n sh -c 'for each in {POINTS}/*/outcome.json; do test -f $each && cat $each; done; true'")
    decoder, text, found = json.JSONDecoder(), said.stdout.strip(), []
    while text:
        outcome, end = decoder.raw_decode(text)
        found.append(outcome)
        text = text[end:].strip()
    return found


def kill(process):
    """The controller and all that it started, at once, as when its machine dies."""
    for pid in [*descendants(process.pid), process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.join()


def descendants(pid):
    """A process's children, and theirs."""
    try:
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
    return [*children, *(each for child in children for each in descendants(child))]
