"""What an installation for real machines leaves on the machine; apt-get, dpkg's policy and systemd are stand-ins."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.environment import CHECKOUT
from infra.lab.machines import packages
from infra.lab.processes import exclusive

APT_GET = """\
#!/bin/sh
# "install" takes until its folder has `go`, and enables what the packages bring
case "$1" in update) exit 0;; esac
cd "$(dirname "$0")"
cp policy-rc.d seen
while [ ! -e go ]; do sleep 0.02; done
echo openvswitch-switch.service >> enabled
touch installed
"""
SYSTEMCTL = """\
#!/bin/sh
cd "$(dirname "$0")"
case "$1" in
  list-unit-files) sed 's/$/ enabled enabled/' enabled;;
  disable) shift; for unit in "$@"; do sed -i "/^$unit$/d" enabled; done;;
esac
"""
INSTALL = """\
import sys
from pathlib import Path
from infra.lab.machines import packages
place = Path(sys.argv[1])
packages.NO_SERVICES, packages.LOCK = place / "policy-rc.d", place / "lock"
packages.APT_GET = (str(place / "apt-get"),)
packages.MOUNT_POINTS = ()
packages.missing = lambda: [] if (place / "installed").exists() else ["ovn-host"]
packages._check_bindings = lambda: None
packages.os.geteuid = lambda: 0
packages.ensure(print)
"""


@pytest.fixture
def place(tmp_path):
    for name, text in (("apt-get", APT_GET), ("systemctl", SYSTEMCTL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "enabled").write_text("ssh.service\n")
    yield tmp_path
    (tmp_path / "go").touch()


def ensure(place: Path) -> subprocess.Popen[str]:
    path = f"{place}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [sys.executable, "-c", INSTALL, place], env={**os.environ, "PATH": path, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def finished(running: subprocess.Popen[str]) -> str:
    said, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    return said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_killed_installation_forbids_is_allowed_again_by_the_next(place, number):
    killed = ensure(place)
    until(place / "seen")
    killed.send_signal(number)
    killed.communicate()
    assert (place / "policy-rc.d").exists(), "apt-get goes on, and must start nothing"

    following = ensure(place)
    time.sleep(0.3)
    assert (place / "policy-rc.d").exists(), "it waits for that apt-get"
    (place / "go").touch()
    finished(following)

    assert not (place / "policy-rc.d").exists()


def test_what_others_forbid_stays_forbidden(place):
    (place / "policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (place / "go").touch()

    finished(ensure(place))

    assert (place / "seen").read_text() == (place / "policy-rc.d").read_text() == "#!/bin/sh\nexit 101\n"


def test_services_stay_forbidden_until_the_last_of_two_installations_has_ended(place):
    (place / "go").touch()
    with exclusive(place / "lock"):
        waiting = ensure(place)
        time.sleep(0.5)
        assert not (place / "seen").exists()

    assert "installing with apt-get" in finished(waiting)
    assert stat.S_IMODE((place / "seen").stat().st_mode) & 0o111
    assert (place / "seen").read_text() == packages.OURS
    assert not (place / "policy-rc.d").exists()


def test_units_that_the_packages_enable_are_disabled_and_told_and_no_others(place):
    (place / "go").touch()

    said = finished(ensure(place))

    assert (place / "enabled").read_text() == "ssh.service\n"
    assert said.splitlines()[-1].endswith("at the next boot: openvswitch-switch.service")
    assert finished(ensure(place)) == "", "nothing is missing any more"
