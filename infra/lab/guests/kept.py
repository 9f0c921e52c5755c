"""Guests that a person plays with: started by one command, there until another ends them, each with a name."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

from infra.environment import home
from infra.lab.deployment import write_file
from infra.lab.guests import seed
from infra.lab.guests.access import Access
from infra.lab.guests.booted import booted
from infra.lab.guests.console import printable
from infra.lab.guests.guest import Guest
from infra.lab.guests.parts import HOST
from infra.lab.guests.prerequisites import Say
from infra.lab.problem import LabError
from infra.lab.processes import exclusive, started

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}\Z")


class KeptGuest:
    """A guest in ``<home>/guests/<name>``; its process outlives the command that starts it.

    Raises:
        LabError: the name is none.
    """

    def __init__(self, name: str) -> None:
        if not NAME.match(name):
            raise LabError(f"{name!r} is no guest's name: a small letter, then up to 30 of them, digits and hyphens")
        self.name = name
        self.folder = home() / "guests" / name

    def start(self, say: Say) -> None:
        """Make it run and wait for SSH; a new one goes on from the frozen guest, an old one boots from its disk.

        Raises:
            LabError: it cannot be made, or does not let its user in.
        """
        with exclusive(self.folder.parent / f"{self.name}.lock"):
            if self.process():
                return
            is_new = not (self.folder / "disk.qcow2").exists()
            if is_new:
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder.mkdir(parents=True, mode=0o700)
            guest = Guest(saved=booted(say=say) if is_new else None, folder=self.folder, detached=True)
            guest.start()
            write_file(self._note, json.dumps({"pid": guest.pid, "started": started(guest.pid), "port": guest.port}))
            guest.wait()

    def stop(self) -> None:
        """Take its power away; its disk is kept."""
        if pid := self.process():
            os.kill(pid, signal.SIGKILL)
            while self.process():
                time.sleep(0.02)

    def remove(self) -> None:
        """Stop it and drop its disk."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def process(self) -> int | None:
        """The number of its process; None if it is off."""
        try:
            noted = json.loads(self._note.read_text(encoding="utf-8"))
        except OSError:
            return None
        return int(noted["pid"]) if started(noted["pid"]) == noted["started"] else None

    def access(self) -> Access:
        """The way in.

        Raises:
            LabError: it is off.
        """
        if not self.process():
            raise LabError(f"the guest {self.name} does not run: joliba lab guest start --name {self.name}")
        port = json.loads(self._note.read_text(encoding="utf-8"))["port"]
        return Access(
            address=HOST, port=port, user=seed.USER, key=self.folder / "key", known_hosts=self.folder / "known_hosts"
        )

    def console(self) -> str:
        """What its console has shown, safe to print.

        Raises:
            LabError: it has never been started.
        """
        try:
            return printable((self.folder / "console.log").read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise LabError(f"there is no guest {self.name}") from error

    @property
    def _note(self) -> Path:
        return self.folder / "process.json"
