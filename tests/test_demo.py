"""The README's first promise, in a namespace with the loopback alone, and after a SIGKILL of everything."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from infra import environment

pytestmark = pytest.mark.lab  # of its own
NAMESPACE = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
"""Its own network, loopback only; its own processes, all of which end with its first one."""
DEMO = 'ip link set lo up && exec "$1"'


def demo(root, home) -> subprocess.Popen[str]:
    """The demo on copies of the inventories, in a home that it has to set up itself."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "PULUMI_"))}
    return subprocess.Popen(
        [*NAMESPACE, "sh", "-c", DEMO, "sh", str(environment.CHECKOUT / "scripts" / "demo")],
        env={**variables, "JOLIBA_HOME": str(home), "JOLIBA_ROOT": str(root), "JOLIBA_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished(running) -> str:
    said, _ = running.communicate(timeout=600)
    assert running.returncode == 0, said
    return said


@pytest.mark.parametrize(("code", "goes_on"), [(0, True), (1, True), (2, False), (3, False)])
@pytest.mark.parametrize("command", ["harden", "audit"])
def test_findings_do_not_end_the_demo_and_a_host_that_failed_does(command, code, goes_on):
    script = (environment.CHECKOUT / "scripts" / "demo").read_text(encoding="utf-8").splitlines()
    ours = [line.strip() for line in script if line.startswith("findings()") or f"joliba {command} " in line]

    done = subprocess.run(
        ["bash", "-euc", "\n".join(["site=s", f"joliba() {{ return {code}; }}", *ours, "echo on"])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert len(ours) == 2
    assert done.stdout == ("on\n" if goes_on else "")


BOOT = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")


@pytest.mark.parametrize(
    ("mark", "lab", "code", "told"),
    [
        (None, 3, 0, ["start"]),
        (BOOT, 0, 0, ["start"]),
        (BOOT, 3, 0, ["reset", "start"]),
        ("of another boot\n", 0, 0, ["start"]),
        ("of another boot\n", 3, 2, []),
        ("", 3, 2, []),
    ],
)
def test_a_dead_lab_is_dropped_only_if_a_demo_was_cut_off_in_this_very_boot(tmp_path, mark, lab, code, told):
    script = (environment.CHECKOUT / "scripts" / "demo").read_text(encoding="utf-8")
    part = script[script.index("running=$") : script.index('say "2.')]
    if mark is not None:
        (tmp_path / "demo-running").write_text(mark)
    joliba = f'joliba() {{ if [ "$2" = status ]; then return {lab}; fi; echo "told $2"; }}'

    done = subprocess.run(
        ["bash", "-euc", f"site=s\nmachines=()\n{joliba}\n{part}"],
        env={**os.environ, "JOLIBA_HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == code, done.stderr
    assert [line.removeprefix("told ") for line in done.stdout.splitlines() if line.startswith("told ")] == told
    assert ("scripts/lab reset --site s" in done.stderr) == (code == 2)
    assert (tmp_path / "demo-running").read_text() == (BOOT if code == 0 else mark)


@pytest.fixture
def namespace():
    """Skips where the machine gives none: no `ip` (iproute2), or user namespaces are switched off."""
    probe = subprocess.run([*NAMESPACE, "sh", "-c", "ip link set lo up"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"no network namespace can be made here: {probe.stderr.strip()}")


def test_the_demo_passes_with_the_loopback_alone_also_after_a_sigkill_of_everything(installation, tmp_path, namespace):
    root, home = installation(tmp_path).root, tmp_path / "new home"
    seed = random.randrange(10**6)
    moment = random.Random(seed).uniform(2, 60)
    print(f"seed {seed}: killed after {moment:.1f} s")
    first = demo(root, home)
    time.sleep(moment)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()

    second, third = finished(demo(root, home)), finished(demo(root, home))

    for said in (second, third):
        assert "sante-dossier-patient-web-1" in said or "dossier-patient-web-1" in said
        assert "Remove it all" in said
