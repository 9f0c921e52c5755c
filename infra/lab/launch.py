"""Starts a lab's supervisor and waits until every service answers."""

import http.client
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from infra.environment import CHECKOUT
from infra.lab.catalogue import BY_NAME, GROUPS, HOST, MACHINES, PROCESSES, SERVICES
from infra.lab.deployment import Deployment
from infra.lab.machines.profile import Profile
from infra.lab.problem import LabError
from infra.lab.processes import SUPERVISOR, Table, end_all, running

Progress = Callable[[str], None]
PATIENCE = 120.0
"""Seconds until a lab that does not come up is given up: more than ten times what it takes."""
MACHINES_PATIENCE = 900.0
"""The same for real machines: nova answers when it has started the guests that ran before, one after the other."""
GUESTS_PATIENCE = 120.0
"""Seconds until the processes of a lab with real machines are ended by force: its guests are shut down first."""
LOG_LINES = 15
PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "JOLIBA_LAB_PORT_BASE")
"""Nothing else of the caller's environment reaches the services: no proxy, no ``OS_*`` of another cloud."""


def service_environment() -> dict[str, str]:
    """The environment variables of what runs in the lab's environment."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONNOUSERSITE": "1",
    }


def launch(lab: Deployment, progress: Progress) -> None:
    """Start the supervisor in a session of its own; return when every service answers.

    Raises:
        LabError: a service ended or did not answer; its last lines of log are in the message. Nothing is left running.
    """
    began = time.monotonic()
    lab.logs.mkdir(parents=True, exist_ok=True)
    table = Table(lab.run)
    table.clear()
    shutil.rmtree(lab.temporary, ignore_errors=True)
    lab.temporary.mkdir(parents=True)
    with (lab.logs / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(
            [lab.environment / "bin" / "python", "-m", "infra.lab.services.supervisor", lab.folder],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=lab.folder,
            env={**service_environment(), "TMPDIR": str(lab.temporary)}, start_new_session=True,
        )  # fmt: skip
    machines = Profile.read(lab.data)
    try:
        patience = MACHINES_PATIENCE if machines else PATIENCE
        _await_processes(lab, table, process, patience)
        _await_answers(lab, table, patience, lambda name: progress(f"{time.monotonic() - began:5.1f} s  {name}"))
    except BaseException:
        end_all(lab.run, PROCESSES, patience=GUESTS_PATIENCE if machines else 2.0)
        raise


def answers(lab: Deployment, name: str, timeout: float) -> bool:
    """Does a service reply to an HTTP request within `timeout` seconds, with anything but a failure of its own?"""
    connection = http.client.HTTPConnection(HOST, lab.ports()[name], timeout=timeout)
    try:
        connection.request("GET", "/healthcheck" if name == "swift" else "/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def tail(lab: Deployment, group: str, lines: int = LOG_LINES) -> str:
    """The last lines of a process's log, and where the rest is."""
    path = lab.logs / f"{group}.log"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return f"(no log at {path})"
    return "\n".join((*(f"  {line}" for line in text.splitlines()[-lines:]), f"  ({path})"))


def ending(lab: Deployment, table: Table, group: str) -> str:
    """How a process that is no more has ended, and the last lines of its log."""
    code = table.exit_code(group)
    return f"ended{'' if code is None else f' with exit code {code}'}:\n{tail(lab, group)}"


def _await_processes(lab: Deployment, table: Table, supervisor: subprocess.Popen[bytes], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not table.known(GROUPS[-1]):
        if supervisor.poll() is not None:
            raise LabError(f"the lab did not start:\n{tail(lab, SUPERVISOR)}")
        if time.monotonic() > deadline:
            raise LabError(f"the lab did not start within {patience:.0f} s:\n{tail(lab, SUPERVISOR)}")
        time.sleep(0.05)


def _await_answers(lab: Deployment, table: Table, patience: float, ready: Progress) -> None:
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        waiting: dict[Future[bool], str] = {
            pool.submit(answers, lab, service.name, patience): service.name for service in SERVICES
        }
        while waiting:
            done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in done:
                name = waiting.pop(future)
                if not future.result():
                    _explain(lab, table, name, patience)
                ready(name)
            if table.exit_code(MACHINES) is not None:
                raise LabError(f"switch or hypervisor ended:\n{tail(lab, MACHINES)}")
            if not running(lab.run):
                raise LabError(f"the lab's supervisor ended:\n{tail(lab, SUPERVISOR)}")


def _explain(lab: Deployment, table: Table, name: str, patience: float) -> None:
    group = BY_NAME[name].group
    time.sleep(0.2)  # the supervisor is about to note how it ended
    if table.exit_code(group) is not None:
        raise LabError(f"{name} {ending(lab, table, group)}")
    raise LabError(f"{name} did not answer within {patience:.0f} s:\n{tail(lab, group)}")
