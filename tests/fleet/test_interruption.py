import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from infra.fleet import locks, processes, recovery
from infra.fleet.backend import Backend
from infra.fleet.building import Job, preview, up
from infra.fleet.destruction import destroy, tenants_in_the_way
from infra.fleet.events import Status
from infra.fleet.leftovers import Leftovers
from infra.fleet.locks import Holder
from infra.fleet.recovery import Journal
from infra.fleet.running import Runner, run_folder
from infra.fleet.stacks import StackName

UP = """
import sys
from types import SimpleNamespace
from infra.fleet.backend import Backend
from infra.fleet.building import Job, up
from infra.fleet.datacenter import Datacenter
from infra.fleet.running import Runner
from infra.fleet.stacks import StackName
site = SimpleNamespace(name="ml-bko", cloud="lab", administration=SimpleNamespace(key=None))
print(up(Job(StackName.parse(sys.argv[1]), Datacenter(site, Backend("ml-bko", "lab")), Runner())))
"""
SLOW = {name: {"seconds": 3} for name in "abcd"}


def started_up(stack: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", UP, stack], stdout=subprocess.DEVNULL)


def everything(project) -> list[int]:
    """All processes that work on this project: Joliba, Pulumi, its plugins."""
    return list(processes.with_variable("FOLDER_CLOUD", str(project.cloud)))


def await_(condition, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def no_survivors(project):
    yield
    for pid in everything(project):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("folder_leftovers", "no_survivors")
def test_after_a_kill_of_everything_the_next_up_leaves_each_thing_once(project, sample):
    job = project.job("ml-bko.sante")
    for delay in sample((0.0, 1.0, 2.0, 2.6), 1):
        print(f"killed after {delay} s")
        project.want(first={}, **SLOW)
        process = started_up("ml-bko.sante")
        await_(lambda: project.made() == ["first"])
        time.sleep(delay)
        for pid in everything(project):
            os.kill(pid, signal.SIGKILL)
        process.wait()

        outcome = up(job)

        assert outcome.status is Status.OK, "\n".join(outcome.errors)
        assert project.made() == ["a", "b", "c", "d", "first"]
        assert not project.state("ml-bko.sante").pending
        assert not up(job).changed
        project.want()
        assert up(job).status is Status.OK


@pytest.mark.usefixtures("no_survivors")
def test_a_run_whose_joliba_was_killed_is_awaited_and_nothing_is_done_twice(project):
    job = project.job("ml-bko.sante")
    project.want(a={"seconds": 4})
    process = started_up("ml-bko.sante")
    await_(lambda: project.made() == ["a"])
    process.kill()
    process.wait()

    outcome = up(job)

    assert outcome.status is Status.OK
    assert not outcome.changed
    assert project.made() == ["a"]


@pytest.mark.usefixtures("no_survivors", "folder_leftovers")
def test_what_a_run_does_while_its_state_is_read_is_not_forgotten(project, monkeypatch):
    job, asked = project.job("ml-bko.sante"), Backend.pulumi
    project.want(a={"seconds": 4})
    process = started_up("ml-bko.sante")
    await_(lambda: project.made() == ["a"])
    process.kill()
    process.wait()
    made = list(project.cloud.iterdir())

    def slowly(backend, *arguments, **told):
        said = asked(backend, *arguments, **told)
        if arguments[:2] == ("stack", "export"):
            await_(lambda: not marked(job.stack))  # the run ends between the reading of its state and the writing
        return said

    monkeypatch.setattr(Backend, "pulumi", slowly)

    outcome = up(job)

    assert not outcome.changed
    assert list(project.cloud.iterdir()) == made


@pytest.mark.usefixtures("no_survivors")
def test_what_a_left_over_run_builds_before_a_destroy_is_seen_by_it(project):
    job = project.job("ml-bko.sante")
    project.want(first={}, late={"seconds": 4, "protect": True})
    process = started_up("ml-bko.sante")
    await_(lambda: project.made() == ["first", "late"])
    process.kill()
    process.wait()

    outcome = destroy(job)

    assert outcome.errors == ("it holds data: Thing late",)
    assert project.made() == ["first", "late"]


@pytest.mark.usefixtures("no_survivors", "folder_leftovers")
def test_the_cloud_is_looked_at_again_until_a_run_after_an_interruption_has_ended_well(project):
    job = project.job("ml-bko.sante")
    project.want(a={"seconds": 3})
    up(job)
    project.want()
    kill_everything(project, when=lambda: project.state("ml-bko.sante").pending)  # its delete
    for path in project.cloud.iterdir():
        path.unlink()  # it had reached the cloud
    project.want(a={"seconds": 3})
    kill_everything(project, when=lambda: not project.state("ml-bko.sante").pending)  # the run that recovered

    outcome, again = up(job), up(job)

    assert project.made() == ["a"]
    assert outcome.status is Status.OK
    assert not again.changed
    assert not Journal(job.stack).owes_refresh


def kill_everything(project, when) -> None:
    """Start an `up` and kill it, its engine and its plugins as soon as something is so."""
    process = started_up("ml-bko.sante")
    await_(when)
    for pid in everything(project):
        os.kill(pid, signal.SIGKILL)
    process.wait()


@pytest.mark.usefixtures("no_survivors", "folder_leftovers")
@pytest.mark.parametrize(("failure", "done"), [("lost", "created"), ("partial", "replaced")])
def test_how_a_create_failed_is_known_though_its_joliba_was_killed(project, failure, done):
    job = project.job("ml-bko.sante")
    project.want(a={"seconds": 4, failure: "the server went to ERROR"})
    process = started_up("ml-bko.sante")
    await_(lambda: project.made() == ["a"])
    process.kill()
    process.wait()
    first = list(project.cloud.iterdir())
    await_(lambda: not locks.run_of(job.stack))
    project.want(a={})

    outcome = up(job)

    assert outcome.counts[done] == 1, outcome
    assert project.made() == ["a"]
    assert list(project.cloud.iterdir()) != first
    assert not list(run_folder().glob("*.run-*"))


@pytest.mark.usefixtures("no_survivors")
def test_a_ctrl_c_ends_the_waiting_for_a_killed_run_which_is_told(project):
    job, seen, ended = project.job("ml-bko.sante"), [], []
    project.want(a={"seconds": 20})
    process = started_up("ml-bko.sante")
    await_(lambda: locks.run_of(job.stack))
    process.kill()
    process.wait()
    watched = Job(job.stack, job.datacenter, job.runner, lambda _, tally: seen.append(tally.awaited))
    waiting = threading.Thread(target=lambda: ended.append(up(watched)))
    waiting.start()
    await_(lambda: seen)

    job.runner.interrupt()
    waiting.join()

    assert seen[0] == locks.run_of(job.stack)
    assert ended[0].status is Status.STOPPED
    assert f"an earlier run is still at work on it (process {seen[0]})" in ended[0].errors[0]


def test_a_run_is_noted_though_nobody_can_be_told_of_it(project):
    def watch(*_):
        raise BrokenPipeError

    job = project.job("ml-bko.sante")
    project.want(a={"fails": "connection reset by peer"})

    outcome = up(Job(job.stack, job.datacenter, job.runner, watch))

    assert outcome.status is Status.FAILED
    assert [entry["inputs"]["name"] for entry in Journal(job.stack).entries()] == ["a"]


@pytest.mark.usefixtures("no_survivors")
def test_a_tenant_whose_first_build_is_at_work_stands_on_its_foundation(project):
    job, foundation = project.job("ml-bko.sante"), StackName("ml-bko", "foundation")
    project.want(a={"seconds": 20})
    assert tenants_in_the_way(foundation, project.datacenter) == []

    started_up("ml-bko.sante")
    await_(lambda: locks.run_of(job.stack))

    assert not project.state("ml-bko.sante").resources
    assert tenants_in_the_way(foundation, project.datacenter) == [job.stack]


@pytest.mark.usefixtures("no_survivors")
def test_a_living_pulumi_by_hand_is_left_alone_and_named(project):
    job = project.job("ml-bko.sante")
    project.want(a={"seconds": 4})
    hand = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", "organization/joliba/ml-bko.sante"],
        cwd=project.root, env=project.datacenter.backend.variables(), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    await_(lambda: project.made() == ["a"])

    hand.send_signal(signal.SIGSTOP)  # it does not end meanwhile, however slow we are
    outcome = up(job)
    hand.send_signal(signal.SIGCONT)

    assert outcome.status is Status.FAILED
    assert f"(process {hand.pid})" in outcome.errors[0]
    assert hand.wait() == 0


def test_a_second_joliba_on_the_same_stack_is_refused(project):
    job = project.job("ml-bko.sante")

    with locks.claimed(job.stack, run_folder()):
        outcome = up(job)

    assert outcome.errors == ("another joliba is at work on it; try again when it has ended",)


def test_a_lock_of_another_machine_is_never_lifted(project):
    job = project.job("ml-bko.sante")
    folder = project.datacenter.backend.place / ".pulumi" / "locks" / "organization" / "joliba" / "ml-bko.sante"
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "4a2b.json"
    lock.write_text('{"pid":1,"username":"awa","hostname":"elsewhere","timestamp":"2026-11-01T08:00:00Z"}')

    outcome = up(job)

    assert outcome.status is Status.FAILED
    assert "awa works on it on elsewhere" in outcome.errors[0]
    assert lock.exists()


def test_a_lock_is_stale_when_no_pulumi_has_its_number_whatever_the_clock_says(tmp_path):
    here, now = socket.gethostname(), time.time()
    (tmp_path / "pulumi").symlink_to(shutil.which("sleep"))
    alive = subprocess.Popen([tmp_path / "pulumi", "30"])

    try:
        assert not Holder(user="awa", host=here, pid=alive.pid, since=now - 86_400).is_dead()
        assert not Holder(user="awa", host=here, pid=alive.pid, since=now + 86_400).is_dead()
        assert Holder(user="awa", host=here, pid=os.getpid(), since=now).is_dead()
        assert Holder(user="awa", host=here, pid=2**22 + 1, since=now).is_dead()
        assert not Holder(user="awa", host="elsewhere", pid=2**22 + 1, since=now).is_dead()
    finally:
        alive.kill()
        alive.wait()


def test_a_preview_is_not_among_the_processes_that_a_dead_runs_lock_ends(project, no_survivors):
    job, found = project.job("ml-bko.sante"), []
    watched = Job(job.stack, job.datacenter, job.runner, lambda *_: found.extend(marked(job.stack)))
    project.want(a={})

    preview(watched)
    assert found == []

    up(watched)
    assert found


def marked(stack) -> list[int]:
    return [pid for name, value in locks.marks(stack).items() for pid in processes.with_variable(name, value)]


@pytest.mark.usefixtures("folder_leftovers")
def test_when_the_cloud_goes_away_the_service_is_named_and_what_a_lost_answer_left_is_removed_later(project):
    job = project.job("ml-bko.sante")
    project.want(a={"fails": 'Post "http://127.0.0.1:8774/v2.1/servers": dial tcp: connect: connection refused'}, b={})
    (project.cloud / "a-1").touch()  # the cloud did it; its answer was lost

    cut, later = up(job), (project.want(a={}, b={}), up(job))[1]

    assert cut.errors == ("the cloud does not answer at http://127.0.0.1:8774",)
    assert any("run the same command again" in note for note in cut.notes)
    assert any("removed what it had left: a" in note for note in later.notes)
    assert project.made() == ["a", "b"]
    assert Journal(job.stack).entries() == []


REFUSED = "Expected HTTP response code [201] when accessing [POST http://127.0.0.1:9001/zones], but got {} instead: EOF"


@pytest.mark.parametrize("code", [400, 403, 409, 413])
@pytest.mark.usefixtures("folder_leftovers")
def test_what_already_bore_the_name_of_a_refused_create_is_never_removed(project, code):
    job = project.job("ml-bko.sante")
    project.want(a={"fails": REFUSED.format(code)})
    (project.cloud / "a-1").touch()  # somebody's, in use

    first, second = up(job), up(job)

    assert [first.status, second.status] == [Status.FAILED, Status.FAILED]
    assert project.made() == ["a"]
    assert Journal(job.stack).entries() == []


def test_after_a_second_ctrl_c_it_is_known_since_when_the_run_was_at_work(project, monkeypatch):
    job, sought, began = project.job("ml-bko.sante"), [], time.time()
    project.want(a={"seconds": 6})
    run = threading.Thread(target=up, args=[job])
    run.start()
    await_(lambda: project.made() == ["a"])
    job.runner.interrupt()
    time.sleep(0.5)
    job.runner.interrupt()
    run.join()
    assert project.state("ml-bko.sante").pending

    monkeypatch.setattr(recovery, "_remove_leftovers", lambda entries, *_: sought.extend(entries) or Leftovers())
    up(Job(job.stack, job.datacenter, Runner()))

    assert [entry["since"] >= began for entry in sought] == [True]


def test_an_interrupt_lets_pulumi_write_its_state(project):
    job = project.job("ml-bko.sante")
    project.want(a={"seconds": 2})
    process = started_up("ml-bko.sante")
    await_(lambda: project.made() == ["a"])
    pulumi = next(pid for pid in everything(project) if Path(f"/proc/{pid}/comm").read_text().strip() == "pulumi")

    os.kill(pulumi, signal.SIGINT)
    process.wait()

    state = project.state("ml-bko.sante")
    assert not state.pending
    assert [entry["urn"].rpartition("::")[2] for entry in state.resources if entry["custom"]][-1] == "a"
    assert not up(job).changed
