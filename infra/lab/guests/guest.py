"""A real Debian machine under plain QEMU: booted, reached by SSH, cut off, powered off hard and started again."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.lab.guests import seed
from infra.lab.guests.access import Access
from infra.lab.guests.console import HostKey, host_keys, known_hosts, printable
from infra.lab.guests.image import Image, guest_image
from infra.lab.guests.parts import HOST, free_port, machine, make_key, overlay
from infra.lab.guests.prerequisites import RUN, program, require
from infra.lab.guests.qemu import Machine, Monitor
from infra.lab.problem import LabError


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A guest that is booted and frozen: `folder` has its disk, memory, config drive, login key and host keys.

    Guests that go on from it share machine id, host keys and, for some seconds, the state of their random numbers: they
    are for tests only.
    """

    folder: Path
    machine: Machine


class Guest:
    """One machine; ``with`` starts it, waits for SSH, and leaves nothing behind.

    >>> with Guest(guest_image()) as guest:                        # doctest: +SKIP
    ...     guest.ssh("sudo -n sshd -T").stdout

    `memory` in MiB; `kernel_arguments` are added to the kernel's command line; `user_data` replaces the cloud-config
    that makes the user; `patience` is how many seconds ``with`` waits for SSH. A guest goes on from a `saved` one, or
    from the disk that an existing `folder` has. The process ends with the thread that started it, unless `detached`.
    """

    def __init__(
        self,
        image: Image | None = None,
        *,
        saved: Saved | None = None,
        name: str = "guest",
        memory: int = 768,
        processors: int = 1,
        kernel_arguments: str = "",
        user_data: str | None = None,
        folder: Path | None = None,
        detached: bool = False,
        patience: float = 900.0,
    ) -> None:
        """Make the disk, the login key and the config drive; nothing runs yet.

        Raises:
            LabError: programs are missing.
        """
        require(RUN, "running guests", print)
        self._detached, self._patience = detached, patience
        self._process: subprocess.Popen[bytes] | None = None
        self._state = saved.folder / "memory" if saved else None
        self._clock_stands = False
        self.folder = folder or Path(tempfile.mkdtemp(prefix="guest-"))
        if saved:
            for file in ("key", "key.pub", "seed.iso", "console.log"):
                shutil.copy(saved.folder / file, self.folder / file)
            self.machine = replace(
                saved.machine, folder=self.folder, disk=self.folder / "disk.qcow2", seed=self.folder / "seed.iso"
            )
            overlay(saved.machine.disk, self.machine.disk)
            return
        image = image or guest_image()
        self.machine = machine(image, self.folder, memory=memory, processors=processors, arguments=kernel_arguments)
        if not self.machine.disk.exists():
            make_key(self.folder / "key")
            public = (self.folder / "key.pub").read_text(encoding="utf-8")
            seed.write(self.machine.seed, name, user_data or seed.user_data(public))
            overlay(image.disk, self.machine.disk)

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait(self._patience)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.power_cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- power ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Turn it on, on the disk as it is; the SSH port is kept where possible. Does not wait.

        Raises:
            LabError: QEMU ended at once; the message says why.
        """
        for path in (self.machine.qmp_socket, self.machine.console_socket):
            path.unlink(missing_ok=True)
        self.machine = replace(self.machine, port=free_port(self.machine.port))
        with contextlib.ExitStack() as stack:
            state = stack.enter_context(self._state.open("rb")) if self._state else None
            command = self.machine.command_line(state.fileno() if state else None)
            if not self._detached:
                command = [program("setpriv"), "--pdeathsig", "KILL", *command]
            said = stack.enter_context((self.folder / "qemu.log").open("wb"))
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                pass_fds=(state.fileno(),) if state else (), start_new_session=self._detached,
            )  # fmt: skip
            try:
                with self.monitor() as monitor:
                    while monitor.do("query-status")["status"] == "inmigrate":
                        time.sleep(0.05)
                    monitor.do("cont")  # a frozen guest was stopped
            except LabError as error:
                raise LabError(f"{error}\n{self._said()}") from error
        self._clock_stands, self._state = self._state is not None, None  # the next start is a boot

    def wait(self, seconds: float = 900.0) -> None:
        """Wait until its host keys are known from its console and it lets its user in.

        Raises:
            LabError: it does not within so many seconds; the message has the end of its console.
        """
        deadline = time.monotonic() + seconds
        self._until(lambda: bool(self.host_keys), deadline, "announces no host keys")
        self._announce()
        self._until(self.access.greets, deadline, "does not answer on its SSH port")
        self._until(lambda: self.ssh("true", check=False).returncode == 0, deadline, "lets nobody in")
        if self._clock_stands:  # where it stood when the guest was frozen
            self.ssh(f"sudo -n date --utc --set=@{time.time():.0f} > /dev/null")
            self._clock_stands = False

    def power_cut(self) -> None:
        """Take the power away: QEMU is killed, the disk stays as it was. Nothing if it is off."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        if self._process:
            self._process.wait()
        self._process = None

    def power_off(self, seconds: float = 60.0) -> None:
        """Have it shut down by itself, as by its power button; cut the power after so many seconds."""
        if not self.running:
            return
        with self.monitor() as monitor:
            monitor.do("system_powerdown")
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert self._process is not None  # noqa: S101  it is running
            self._process.wait(seconds)
        self.power_cut()

    def reboot(self, seconds: float = 900.0) -> None:
        """Reboot it from within, and wait for SSH.

        Raises:
            LabError: it does not come back.
        """
        before = self.boot_id()
        self.ssh("sudo -n systemctl reboot", check=False)
        deadline = time.monotonic() + seconds
        self._until(lambda: self.boot_id() not in {"", before}, deadline, "does not come back")

    @property
    def running(self) -> bool:
        """Is its power on?"""
        return self._process is not None and self._process.poll() is None

    def boot_id(self) -> str:
        """What Linux calls this boot; empty if it does not answer."""
        if not self.access.greets():
            return ""
        return self.ssh("cat /proc/sys/kernel/random/boot_id", check=False).stdout.strip()

    # -- network -------------------------------------------------------------------------------------------------

    def cut_network(self) -> None:
        """Pull the cable out: connections hang, as when a switch dies."""
        with self.monitor() as monitor:
            monitor.do("set_link", name="card", up=False)

    def mend_network(self) -> None:
        """Put the cable back."""
        with self.monitor() as monitor:
            monitor.do("set_link", name="card", up=True)

    @property
    def pid(self) -> int:
        """The number of its QEMU's process.

        Raises:
            LabError: it is off.
        """
        if not (self._process and self.running):
            raise LabError("the guest is off")
        return self._process.pid

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that leads to its SSH server."""
        return self.machine.port

    # -- SSH -----------------------------------------------------------------------------------------------------

    @property
    def access(self) -> Access:
        """The way in: its user, by the login key and the host keys from its console."""
        return Access(
            address=HOST, port=self.port, user=seed.USER, key=self.folder / "key",
            known_hosts=self.folder / "known_hosts",
        )  # fmt: skip

    def ssh(
        self, command: str, *, check: bool = True, timeout: float = 120.0, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the guest over a new connection: `Access.run`."""
        return self.access.run(command, check=check, timeout=timeout, stdin=stdin)

    # -- what it says --------------------------------------------------------------------------------------------

    @property
    def accelerator(self) -> str:
        """``kvm`` or ``tcg`` (software emulation)."""
        return self.machine.accelerator

    @property
    def host_keys(self) -> tuple[HostKey, ...]:
        """Its host keys, from the console; empty before it has announced them."""
        return host_keys(self._console())

    def console(self) -> str:
        """What its console has shown, safe to print."""
        return printable(self._console())

    def monitor(self) -> Monitor:
        """A connection to its QEMU."""
        return Monitor(self.machine.qmp_socket)

    # -- frozen --------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> Saved:
        """Freeze it as it is into a folder, and turn it off; any number of guests may go on from there.

        The disk is moved, so this guest can only be thrown away then.
        """
        with (folder / "memory").open("wb") as memory, self.monitor() as monitor:
            monitor.do("stop")
            monitor.do("getfd", descriptor=memory.fileno(), fdname="memory")
            monitor.do("migrate", uri="fd:memory")
            while (status := monitor.do("query-migrate")["status"]) not in {"completed", "failed"}:
                time.sleep(0.05)
        self.power_cut()
        if status == "failed":
            raise LabError("QEMU could not save the guest's memory")
        for file in ("disk.qcow2", "key", "key.pub", "seed.iso", "console.log"):
            shutil.move(self.folder / file, folder / file)
        return Saved(folder=folder, machine=replace(self.machine, disk=folder / "disk.qcow2"))

    def _announce(self) -> None:
        self.access.known_hosts.write_text(known_hosts(self.host_keys, HOST, self.port), encoding="utf-8")

    def _console(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self.machine.console_log.read_text(encoding="utf-8", errors="replace")
        return ""

    def _until(self, true: Callable[[], bool], deadline: float, otherwise: str) -> None:
        while not true():
            if not self.running:
                raise LabError(f"the guest has ended\n{self._said()}")
            if time.monotonic() > deadline:
                raise LabError(f"the guest {otherwise}; the end of its console:\n{self.console()[-1500:]}")
            time.sleep(0.2)

    def _said(self) -> str:
        with contextlib.suppress(FileNotFoundError):  # it was removed
            return printable((self.folder / "qemu.log").read_text(encoding="utf-8", errors="replace"))[-1500:]
        return ""
