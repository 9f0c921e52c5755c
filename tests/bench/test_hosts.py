"""Hosts in the bench: what is compared with our audit, and that nothing is left of it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from infra.bench import fleet, hosts, plays
from infra.bench.hosts import Timed
from infra.bench.machine import fleet_as_hosts
from infra.bench.warden import MARK, started_by
from infra.errors import CloudError
from infra.hosts.catalogue import HostRole, read_catalogue
from infra.hosts.inventory import Host
from infra.lab.guests import LightFleet
from infra.lab.guests.fleet import obstacle
from infra.lab.guests.image import light_tree_folder
from infra.model.classification import HardeningLevel

LEVEL = HardeningLevel.MINIMAL
BENCH = [sys.executable, "-P", "-m", "infra.bench"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of Joliba of the test's own, with the installed toolchain."""
    installed = plays.environment.virtual_environment()
    (tmp_path / "home").mkdir()
    (tmp_path / "home/venv").symlink_to(installed)
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def can_run_light_hosts(pytestconfig):
    if why := obstacle():
        pytest.skip(why)
    if not pytestconfig.option.full and not light_tree_folder().is_dir():
        pytest.skip("the tree of light hosts is not made yet: scripts/test --full makes it")


@pytest.fixture
def host():
    return Host(
        name="test.sante.guest", site="test", tenant="sante", ministry="Santé", platform="dossier", tier="web",
        role=HostRole.GUEST, level=LEVEL, address="127.0.0.1", cloud="lab", facts={"banner": "Attention"},
    )  # fmt: skip


@pytest.fixture
def role(tmp_path):
    """``role(*tasks)``: a public role's checkout with these tasks."""

    def made(*tasks):
        (tmp_path / "some-role/tasks").mkdir(parents=True, exist_ok=True)
        (tmp_path / "some-role/tasks/main.yml").write_text(json.dumps(tasks))
        return tmp_path / "some-role"

    return made


def test_each_rule_of_the_level_is_one_task(host, tmp_path):
    (play,) = json.loads(plays.a_task_a_rule(host, tmp_path).read_text())

    assert [each["name"] for each in play["tasks"]] == [rule.name for rule in read_catalogue().select(LEVEL)]
    assert all(len(each["joliba_rule"]["rules"]) == 1 for each in play["tasks"])
    assert play["gather_facts"] is False


def test_a_folder_without_tasks_is_no_role_and_one_with_them_is(role, tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(CloudError, match="is no role"):
        plays.of_role(tmp_path / "empty", tmp_path)
    (play,) = json.loads(plays.of_role(role(), tmp_path).read_text())
    assert play["roles"] == [str(tmp_path / "some-role")]


def test_seconds_are_the_medians_of_each_way():
    found = [Timed(way=way, seconds=seconds) for way, seconds in (("a", 3), ("b", 1), ("a", 9), ("b", 1), ("a", 4))]

    assert hosts.medians(found) == {"a": 4, "b": 1}


def test_a_way_that_ended_early_is_told_and_not_held_to_a_goal(monkeypatch, capsys):
    monkeypatch.setattr(hosts, "frozen", lambda: SimpleNamespace(machine=SimpleNamespace(accelerator="tcg")))
    seconds = {hosts.AUDIT: 2, hosts.AGAIN: 4, hosts.OSCAP: 30, "role --check": 19, "role, second run": 41}
    found = [Timed(way=way, seconds=each) for way, each in seconds.items()]

    hosts.show_host(LEVEL, [*found, Timed(way="other --check", seconds=1, problem="fatal: no")])

    said = capsys.readouterr().out
    assert f"{hosts.OSCAP}: 15.0x as long as joliba audit (goal: 5x)" in said
    assert "role --check: 9.5x as long as joliba audit (goal: 10x)" in said
    assert "role, second run: 10.2x as long as joliba harden, nothing to do (goal: 10x)" in said
    assert "other --check ended after 1.0 s: fatal: no" in said
    assert "other --check: " not in said


def test_ours_are_run_again_after_each_run_of_a_role_and_each_guest_is_known_when_its_turn_comes(role, monkeypatch):
    guests = iter(["ours", "theirs"])
    known, asked = [], []

    @contextlib.contextmanager
    def unhardened():
        yield SimpleNamespace(name=next(guests), access=None, folder=role().parent)

    def as_host(guest, _):
        known.append(guest.name)
        return guest.name

    def audited(asked_hosts, *_):
        asked.append((asked_hosts[0], known[-1]))
        return SimpleNamespace(hosts=[SimpleNamespace(changed=())])

    monkeypatch.setattr(hosts, "unhardened", unhardened)
    monkeypatch.setattr(hosts, "guest_as_host", as_host)
    monkeypatch.setattr(hosts, "audited", audited)
    monkeypatch.setattr(hosts.judges, "judge", lambda *_: None)
    monkeypatch.setattr(plays, "a_task_a_rule", lambda *_: None)
    monkeypatch.setattr(plays, "play", lambda _, host, *__, **___: asked.append((host, known[-1])))

    ways = [each.way for each in hosts.measure(LEVEL, 1, [role()])]

    compliant = [hosts.AUDIT, hosts.AGAIN]
    role_runs = [f"some-role{hosts.CHECKED}", "some-role, first run", f"some-role{hosts.SECOND}"]
    ours = [hosts.FIRST, *compliant, hosts.OSCAP, hosts.TASKS]
    assert ways == [*ours, *(way for run in role_runs for way in (run, *compliant))]
    assert all(host == last for host, last in asked)


def test_a_rival_is_refused_where_no_guest_is_asked_for(tmp_path):
    done = subprocess.run([*BENCH, "--rival", tmp_path], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "--rival is for --case host" in done.stderr


def test_light_hosts_are_audited_and_a_role_that_fails_is_told_with_its_task(can_run_light_hosts, role, home, tmp_path):
    assert [seconds > 0 for seconds in fleet.measure(LEVEL, 2, count=2)] == [True, True]
    failing = role(
        {"name": "Try", "ansible.builtin.command": "true"}, {"name": "Fail", "ansible.builtin.command": "false"}
    )
    with LightFleet(1) as light:
        (host,) = fleet_as_hosts(light, LEVEL)
        with pytest.raises(plays.PlayError, match=r"some-role : Fail\]: .*non-zero return code"):
            plays.play(plays.of_role(failing, tmp_path), host, tmp_path)
        said = plays.play(
            plays.of_role(role({"name": "Try", "ansible.builtin.command": "true"}), tmp_path), host, tmp_path
        )
    assert "changed=1" in said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_bench_of_hosts_leaves_no_process_and_no_file(can_run_light_hosts, tmp_path, number):
    temporary = tmp_path / "t"
    temporary.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in ("JOLIBA_ROOT", MARK)}
    with subprocess.Popen([*BENCH, "--case", "fleet"], env={**kept, "TMPDIR": str(temporary)}) as bench:
        until(lambda: list(temporary.glob("joliba-bench-*/home/runs/*")))  # the audit has begun
        (place,) = temporary.iterdir()
        assert list(started_by(place, place / "home/labs/ml-bko"))
        bench.send_signal(number)

    until(lambda: not list(temporary.iterdir()))
    until(lambda: not list(started_by(place, place / "home/labs/ml-bko")))  # the warden itself goes last


def until(true, patience=60.0):
    deadline = time.monotonic() + patience
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert true()
