"""What a room tells of what goes wrong in it; stand-ins for its daemons, and no namespaces."""

import subprocess
import sys

import pytest

from infra.environment import CHECKOUT

KEEP = """\
import os
from infra.lab.machines import room
from infra.lab.problem import LabError

def refuse(_):
    raise {error}

room._unshare = lambda _: None
room.sethostname = refuse
read, write = os.pipe()
room._keep(None, None, made=write, linked=read)
"""
RUN = """\
import sys, time
from pathlib import Path
from infra.lab.deployment import Deployment
from infra.lab.machines import daemons, room

place = Path(sys.argv[1])
LASTS = "exec sleep 10 2> /dev/null"

def daemon(name, then, shell="sh"):
    return daemons.Daemon(command=(shell, "-c", f"touch '{place}/{name}'; {then}"), sign=place / name)

def switch():
    time.sleep(0.5)
    return [daemon("switch", LASTS)]

daemons.databases = lambda _: [daemon("database", "sleep 0.2; exit 3", "/bin/sh")]
daemons.switch = switch
daemons.hypervisor = lambda *_: daemon("hypervisor", LASTS)
daemons.prepare_switch = lambda: None
daemons.prepare_external = lambda _: None
room.READY = str(place / "ready")
sys.exit(room._run(Deployment(place, place), None))
"""


def python(program: str, *arguments: object, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={"PYTHONPATH": str(CHECKOUT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=timeout, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "lines"),
    [("PermissionError(1, 'not permitted')", "PermissionError: [Errno 1] not permitted"), ("LabError('why')", "why")],
)
def test_whatever_ends_a_room_is_in_its_log(error, lines):
    done = python(KEEP.replace("{error}", error))

    assert done.returncode == 1
    assert done.stderr.strip().endswith(lines)
    assert ("Traceback" in done.stderr) == ("PermissionError" in error)


def test_a_daemon_that_ends_while_others_start_ends_the_room(tmp_path):
    done = python(RUN, tmp_path)

    assert done.returncode == 1
    assert done.stderr == "/bin/sh ended\n"
