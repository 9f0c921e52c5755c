import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import openstack
import pytest

from infra.environment import project_root, virtual_environment
from infra.lab import Lab, LabError, State, controller, shared
from infra.lab.__main__ import main
from infra.lab.catalogue import GROUPS, SERVICES
from infra.lab.deployment import write_file
from infra.lab.processes import SUPERVISOR, Table

JOLIBA = virtual_environment() / "bin" / "joliba"


@pytest.fixture(scope="module")
def other(lab):
    """A second lab beside the first, made when the first is there."""
    other = Lab("bf-oua")
    other.start()
    yield other
    other.stop()


def pids(lab: Lab) -> list[int]:
    table = Table(lab.folder / "run")
    return [pid for group in (SUPERVISOR, *GROUPS) if (pid := table.pid(group))]


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3]


def networks(lab: Lab) -> list[str]:
    return [network.name for network in openstack.connect(**lab.cloud()).network.networks()]


def test_labs_of_two_sites_run_side_by_side_and_share_nothing(lab, other):
    openstack.connect(**other.cloud()).network.create_network(name="only-there")

    assert {row.state for row in (*lab.status(), *other.status())} == {State.READY}
    assert "only-there" in networks(other)
    assert "only-there" not in networks(lab)
    assert lab.cloud()["auth"]["password"] != other.cloud()["auth"]["password"]


def test_a_start_of_a_running_lab_changes_nothing(other):
    before = pids(other)
    other.start()

    assert pids(other) == before


def test_the_clouds_file_is_the_labs_own_and_private(other, monkeypatch):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(other.clouds_file))

    assert stat.S_IMODE(other.clouds_file.stat().st_mode) == 0o600
    assert openstack.connect(cloud="lab").identity.find_project("admin") is not None


def test_a_dead_service_is_told_with_its_log_and_the_next_start_brings_it_back(other, capsys):
    victim = next(row for row in other.status() if row.service == "glance")
    os.kill(victim.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while "exit code" not in (told := {row.service: row.ending for row in other.status()}["glance"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    log = other.folder / "log" / "glance.log"
    last = log.read_text(encoding="utf-8").splitlines()[-1]
    assert told.startswith("ended with exit code -9:")
    assert told.endswith(f"  {last}\n  ({log})")
    assert {row.service for row in other.status() if row.state is State.DEAD} == {"glance"}
    assert main(["status", "--site", "bf-oua"]) == 3
    assert f"glance {told}\n" in capsys.readouterr().out
    status = [JOLIBA, "lab", "status", "--site", "bf-oua"]
    shown, plain = (
        subprocess.run([*status, *more], capture_output=True, text=True, check=False) for more in ([], ["--json"])
    )
    assert (shown.returncode, plain.returncode) == (3, 3)
    assert f"glance {told}\n" in shown.stdout
    assert {row["service"]: row["ending"] for row in json.loads(plain.stdout) if row["ending"]} == {"glance": told}
    other.start()
    assert other.is_ready()


def test_data_survive_the_violent_end_of_every_process(other):
    before = pids(other)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    other.start()

    assert other.is_ready()
    assert not set(before) & set(pids(other))
    assert "only-there" in networks(other)


def test_services_end_with_their_supervisor(other):
    supervisor, *services = pids(other)
    os.kill(supervisor, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in services):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert not other.is_ready()


def test_reset_drops_the_data_with_the_state_of_their_stacks(other, lab, tmp_path, monkeypatch):
    own, foreign = stack_files(tmp_path, monkeypatch, "bf-oua", "cloud: lab\n")
    (other.state_folder / "stack.json").touch()
    password = other.cloud()["auth"]["password"]
    other.reset()

    assert not own.exists()
    assert foreign.exists()
    assert not other.state_folder.exists()
    assert {row.state for row in other.status()} == {State.STOPPED}
    other.start()
    assert networks(other) == []
    assert other.cloud()["auth"]["password"] == password
    assert lab.is_ready()


@pytest.mark.parametrize(
    ("says", "kept"),
    [("cloud: lab\n", False), ("{}\n", False), ("cloud: ministere\n", True), ("cloud: [\n", True), (None, True)],
)
def test_reset_keeps_the_stacks_of_a_site_that_is_built_elsewhere(tmp_path, monkeypatch, says, kept):
    idle = Lab("ne-nia")
    idle.state_folder.mkdir(parents=True)
    own, foreign = stack_files(tmp_path, monkeypatch, "ne-nia", says)

    idle.reset()

    assert (own.exists(), foreign.exists(), idle.state_folder.exists()) == (kept, True, False)


def stack_files(root, monkeypatch, site, says):
    """A project root whose site's file says this, with the configuration of a stack of that site and of another."""
    (root / "Pulumi.yaml").write_text((project_root() / "Pulumi.yaml").read_text())
    for name, text in ((site, says), ("ml-bko", "cloud: lab\n")):
        (root / "inventories" / name).mkdir(parents=True)
        if text is not None:
            (root / "inventories" / name / "site.yaml").write_text(text)
    monkeypatch.setenv("JOLIBA_ROOT", str(root))
    stacks = root / ".joliba" / "stacks"
    stacks.mkdir(parents=True)
    files = [stacks / f"Pulumi.{name}.sante.yaml" for name in (site, "ml-bko")]
    for file in files:
        file.touch()
    return files


@pytest.mark.parametrize("made", [None, 0o755])
def test_nobody_else_reads_a_lab_whatever_the_umask_or_an_earlier_release_made(tmp_path, monkeypatch, made):
    monkeypatch.setenv("JOLIBA_HOME", str(tmp_path / "home"))
    golden, fresh = tmp_path / "golden", Lab("ne-nia")
    golden.mkdir()
    cached = shared.Cached(environment=tmp_path / "environment", golden=golden, bare=golden)
    monkeypatch.setattr(shared, "ensure", lambda *_, **__: cached)
    monkeypatch.setattr(controller, "launch", lambda lab, _: write_file(lab.ports_file, '{"keystone": 1}'))
    former = os.umask(0o022)
    try:
        if made:
            fresh.folder.mkdir(parents=True, mode=made)
        fresh.start()
    finally:
        os.umask(former)

    assert stat.S_IMODE(fresh.folder.stat().st_mode) == 0o700
    assert (fresh.folder / "data").is_dir()


def test_a_lab_is_empty_of_what_a_foundation_makes(other):
    cloud = openstack.connect(**other.cloud())

    assert other.state_folder.is_dir()
    assert [*cloud.compute.flavors(), *cloud.image.images(), *cloud.network.networks(), *cloud.dns.zones()] == []
    assert [kind.name for kind in cloud.block_storage.types()] == ["__DEFAULT__"]
    assert {role.name for role in cloud.identity.roles()} == {"admin", "manager", "member", "reader", "service"}


def test_stop_leaves_no_process(other):
    before = pids(other)
    other.stop()

    assert before
    assert not any(alive(pid) for pid in before)
    assert {row.state for row in other.status()} == {State.STOPPED}


def test_a_service_that_cannot_start_is_told_with_its_log(other):
    other.stop()
    database = other.folder / "data" / "db" / "neutron.sqlite"
    kept = database.read_bytes()
    database.write_bytes(b"no database at all" * 1000)

    with pytest.raises(LabError) as failure:
        other.start()

    assert "neutron ended with exit code 1" in str(failure.value)
    assert "file is not a database" in str(failure.value)
    assert pids(other) == []
    database.write_bytes(kept)


def test_an_unknown_service_is_refused_with_those_there_are(lab):
    with pytest.raises(LabError, match="keystone, placement, glance"):
        list(lab.logs("sahara"))


def test_logs_of_each_service_can_be_read(lab):
    for service in SERVICES:
        assert isinstance(list(lab.logs(service.name)), list)
    assert any("nova-scheduler" in line or "scheduler" in line for line in lab.logs("nova"))
