"""A site's lab as the rest of Joliba sees it: start, stop, reset, look at it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from infra.environment import LAB_CLOUD, lab_folder, stack_configuration_folder
from infra.errors import JolibaError
from infra.lab import shared
from infra.lab.catalogue import BY_NAME, MACHINES, PROCESSES, REGION, SERVICES, Service, members
from infra.lab.deployment import Deployment, write_file
from infra.lab.launch import GUESTS_PATIENCE, Progress, answers, ending, launch
from infra.lab.machines import packages, preparation, room
from infra.lab.machines.profile import Profile
from infra.lab.machines.uplink import Uplink
from infra.lab.problem import LabError
from infra.lab.processes import SUPERVISOR, Table, end_all, exclusive, memory, running

CLOUD = "lab"
"""The name of the entry in the lab's ``clouds.yaml``."""

SERVICES_PATIENCE = 10.0
"""Seconds until a lab's processes are ended by force."""


class State(StrEnum):
    """What a service is doing. DEAD is one that ended by itself; STOPPED one that nobody has started."""

    READY = "ready"
    STARTING = "starting"
    DEAD = "dead"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """One service of a lab."""

    service: str
    url: str
    """Empty before the first start."""
    state: State
    pid: int | None
    memory: int
    """MiB of its process; told once, at the first of the services that share it."""
    ending: str = ""
    """Of a dead one: how its process ended, the last lines of its log, and where the rest is. Told once, as above."""


class Lab:
    """The lab of one site. Every method may be called at any time, from several processes."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.folder = lab_folder(site)
        self._deployment = Deployment(self.folder, shared.places().environment)
        self._table = Table(self._deployment.run)

    @property
    def clouds_file(self) -> Path:
        """The lab's own ``clouds.yaml``, 0600, with the cloud administrator's entry ``lab``; made by `start`."""
        return self._deployment.clouds_file

    @property
    def state_folder(self) -> Path:
        """Where Pulumi keeps the state of the stacks on this lab."""
        return self.folder / "state"

    @property
    def machines(self) -> Profile | None:
        """What its real machines were made with; None for an ordinary lab. It is what it was made as until a reset."""
        return Profile.read(self._deployment.data)

    def start(self, progress: Progress | None = None, *, machines: Uplink | None = None) -> None:
        """Make it run and answer, with the data it had; nothing happens if it does already.

        The first start of this user makes what all labs share (about a minute). A lab of which a service has ended is
        started anew.

        Args:
            progress: told of what is done.
            machines: make it a lab with real machines (root only), reached so. None leaves it what it is.

        Raises:
            LabError: a service ended or did not answer; real machines were asked of a lab that was made without.
        """
        tell = progress or (lambda _: None)
        if self._unfinished_reset.exists():
            with self._alone():
                self._end()
                self._drop()
        real = self.machines
        if machines and not real:
            if self._deployment.data.exists():
                raise LabError(f"the lab of {self.site} was made without real machines: reset it first, its data go")
            packages.ensure(tell)
            real = preparation.prepare(machines, tell)
        elif real:
            packages.ensure(tell)
        cached = shared.ensure(tell, machines=bool(real))
        with self._alone():
            if self.is_ready():
                return
            self._end()
            self._take_golden_copy(cached.bare if real else cached.golden, cached.environment, real)
            self.state_folder.mkdir(exist_ok=True)
            launch(self._deployment, tell)
            write_file(self.clouds_file, self._clouds())

    def stop(self) -> None:
        """End all its processes; data and stacks' state are kept.

        Raises:
            LabError: a process could not be ended.
        """
        if self.folder.exists():
            with self._alone():
                self._end()

    def reset(self) -> None:
        """End it and drop its data, the state of its stacks and their configuration; `start` then begins anew.

        The stacks' configuration stays where the site's file names another cloud: then it belongs to what is there.

        Ports, passwords and ``clouds.yaml`` stay, so that what knows them goes on working.

        Raises:
            LabError: a process could not be ended.
        """
        if self.folder.exists():
            with self._alone():
                self._end(at_once=True)
                self._unfinished_reset.touch()
                self._drop()

    def status(self) -> list[ServiceStatus]:
        """Each service, in the order of starting."""
        alive = running(self._deployment.run)
        with ThreadPoolExecutor(len(SERVICES)) as pool:
            rows = list(pool.map(lambda service: self._status(service, alive), SERVICES))
        return [self._room_status(alive), *rows] if self.machines else rows

    def is_ready(self) -> bool:
        """Does every service run and answer?"""
        return all(row.state is State.READY for row in self.status())

    def logs(self, service: str | None = None, follow: bool = False) -> Iterator[str]:
        """The lines of one service's log, or of all with their names before them; without end if `follow`.

        Raises:
            LabError: there is no such service, or no log yet.
        """
        known = (*BY_NAME, *([MACHINES] if self.machines else []), SUPERVISOR)
        if service and service not in known:
            raise LabError(f"there is no service {service!r}; there are {', '.join(known)}")
        paths = [self._log(service)] if service else sorted(self._deployment.logs.glob("*.log"))
        if not [path for path in paths if path.exists()]:
            raise LabError(f"the lab of {self.site} has no log{f' of {service}' if service else ''} yet")
        return _follow(paths) if follow else _lines(paths)

    def cloud(self) -> dict[str, Any]:
        """The keyword arguments of ``openstack.connect`` for the cloud administrator.

        Raises:
            LabError: the lab has never been started.
        """
        if not self._deployment.ports():
            raise LabError(f"the lab of {self.site} has never been started")
        return {"load_yaml_config": False, "load_envvars": False, **self._entry()}

    @property
    def _unfinished_reset(self) -> Path:
        return self.folder / "reset-unfinished"

    def _alone(self) -> AbstractContextManager[int]:
        """The folder is its user's alone, whatever the umask: services write databases and keys in it as they like."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        return exclusive(self.folder / "control.lock")

    def _log(self, service: str) -> Path:
        own = self._deployment.logs / f"{service}.log"
        return (
            own if own.exists() or service not in BY_NAME else self._deployment.logs / f"{BY_NAME[service].group}.log"
        )

    def _end(self, *, at_once: bool = False) -> None:
        patience = GUESTS_PATIENCE if not at_once and self.machines else SERVICES_PATIENCE
        if not running(self._deployment.run):
            self._table.clear()
        elif not end_all(self._deployment.run, PROCESSES, patience):
            raise LabError(f"some process of the lab of {self.site} does not end; see {self._table.path}")

    def _drop(self) -> None:
        for folder in (
            self._deployment.data,
            self._deployment.logs,
            self.state_folder,
            *room.folders(self._deployment),
        ):
            shutil.rmtree(folder, ignore_errors=True)
        if self._is_the_sites_cloud():
            for path in stack_configuration_folder().glob(f"Pulumi.{self.site}.*.yaml"):
                path.unlink(missing_ok=True)
        self._unfinished_reset.unlink()

    def _is_the_sites_cloud(self) -> bool:
        """Whether the site's stacks are built on this lab; not if its file cannot be read."""
        from infra.toolchain.shell import cloud_and_state  # noqa: PLC0415  with what reads YAML

        try:
            return cloud_and_state(self.site)[0] == LAB_CLOUD
        except JolibaError:
            return False

    def _take_golden_copy(self, golden: Path, environment: Path, machines: Profile | None) -> None:
        data, mark = self._deployment.data, self._deployment.data / "environment"
        if not data.exists():
            copy = self.folder / "data.new"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(golden, copy)
            if machines:
                machines.write(copy)
            (copy / mark.name).write_text(environment.name, encoding="utf-8")
            copy.rename(data)
        if mark.read_text(encoding="utf-8") != environment.name:
            raise LabError(f"the data of the lab of {self.site} belong to other versions of the services; reset it")

    def _status(self, service: Service, alive: bool) -> ServiceStatus:
        pid = self._table.pid(service.group) if alive else None
        url = self._deployment.url(service.name) if service.name in self._deployment.ports() else ""
        if pid:
            state = State.READY if answers(self._deployment, service.name, 5.0) else State.STARTING
        elif self._table.known(service.group):
            state = State.DEAD  # a stop forgets what was running, a crash does not
        else:
            state = State.STARTING if alive else State.STOPPED
        first = members(service.group)[0] is service
        return ServiceStatus(
            service=service.name, url=url, state=state, pid=pid, memory=memory(pid) if pid and first else 0,
            ending=self._ending(service.group, state) if first else "",
        )  # fmt: skip

    def _room_status(self, alive: bool) -> ServiceStatus:
        pid = self._table.pid(MACHINES) if alive else None
        if pid:
            state = State.READY if room.ready(self._deployment) else State.STARTING
        else:
            state = State.DEAD if self._table.known(MACHINES) else State.STARTING if alive else State.STOPPED
        return ServiceStatus(
            service=MACHINES, url="", state=state, pid=pid, memory=memory(pid) if pid else 0,
            ending=self._ending(MACHINES, state),
        )  # fmt: skip

    def _ending(self, group: str, state: State) -> str:
        return ending(self._deployment, self._table, group) if state is State.DEAD else ""

    def _entry(self) -> dict[str, Any]:
        return {
            "auth": {
                "auth_url": self._deployment.url("keystone") + BY_NAME["keystone"].path,
                "username": "admin", "password": self._deployment.secrets["admin_password"], "project_name": "admin",
                "user_domain_name": "Default", "project_domain_name": "Default",
            },
            "region_name": REGION,
            "identity_api_version": "3",
        }  # fmt: skip

    def _clouds(self) -> str:
        # JSON is YAML
        note = "# Written by the lab at each start\n"
        return note + json.dumps({"clouds": {CLOUD: self._entry()}}, indent=2) + "\n"


def _lines(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        prefix = f"{path.stem}: " if len(paths) > 1 else ""
        with path.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                yield prefix + line.rstrip("\n")


def _follow(paths: list[Path]) -> Iterator[str]:
    command = ["tail", "--follow=name", "--retry", "--lines=20", *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        try:
            yield from (line.rstrip("\n") for line in process.stdout or ())
        finally:
            process.terminate()
