"""Guests that a person plays with: started by one command, there until another ends them, each with a name."""

import json
import os
import re
import shutil
import signal
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.environment import home
from infra.lab.deployment import read_json, write_file
from infra.lab.guests import seed
from infra.lab.guests.access import Access
from infra.lab.guests.booted import booted
from infra.lab.guests.console import printable
from infra.lab.guests.guest import Guest
from infra.lab.guests.image import Image
from infra.lab.guests.parts import HOST, layers
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
        with self._alone():
            if not self.process():
                guest = self._turn_on(say)
            elif self._noted().get("ready"):
                return
            else:
                guest = _Begun(self, self._image(), self._noted()["port"])
        guest.wait()
        with self._alone():
            if self.process():
                write_file(self._note, json.dumps({**self._noted(), "ready": True}))

    def stop(self) -> None:
        """Take its power away; its disk is kept. A start that waits for it is told so."""
        with self._alone():
            self._cut()

    def remove(self) -> None:
        """Stop it and drop its disk."""
        with self._alone():
            self._cut()
            shutil.rmtree(self.folder, ignore_errors=True)

    def process(self) -> int | None:
        """The number of its process; None if it is off."""
        noted = self._noted()
        return int(noted["pid"]) if noted and started(noted["pid"]) == noted["started"] else None

    def access(self) -> Access:
        """The way in.

        Raises:
            LabError: it is off.
        """
        if not self.process():
            raise LabError(f"the guest {self.name} does not run: joliba lab guest start --name {self.name}")
        return Access(
            address=HOST, port=self._noted()["port"], user=seed.USER, key=self.folder / "key",
            known_hosts=self.folder / "known_hosts",
        )  # fmt: skip

    def console(self) -> str:
        """What its console has shown, safe to print.

        Raises:
            LabError: it has never been started.
        """
        try:
            return printable((self.folder / "console.log").read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise LabError(f"there is no guest {self.name}") from error

    def _alone(self) -> AbstractContextManager[int]:
        return exclusive(self.folder.parent / f"{self.name}.lock")

    @property
    def _disk(self) -> Path:
        return self.folder / "disk.qcow2"

    @property
    def _note(self) -> Path:
        return self.folder / "process.json"

    def _noted(self) -> dict[str, Any]:
        return read_json(self._note)

    def _turn_on(self, say: Say) -> Guest:
        if self._disk.exists():
            guest = Guest(self._image(), folder=self.folder, detached=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True, mode=0o700)
            guest = Guest(saved=booted(say=say), folder=self.folder, detached=True)
        try:
            guest.start()
            write_file(self._note, json.dumps({"pid": guest.pid, "started": started(guest.pid), "port": guest.port}))
        except BaseException:
            guest.power_cut()  # nobody else will know its process
            raise
        return guest

    def _image(self) -> Image:
        """What its disk was made from, not the image of today: that has another kernel than the disk has modules of."""
        try:
            return Image.of(layers(self._disk)[-1].parent)
        except LabError as error:
            again = f"joliba lab guest remove --name {self.name}"
            raise LabError(f"what the guest {self.name} was made from is gone: {again}\n{error}") from error

    def _cut(self) -> None:
        if pid := self.process():
            os.kill(pid, signal.SIGKILL)
            while self.process():
                time.sleep(0.02)


class _Begun(Guest):
    """A guest that another command has turned on, and may not have waited for to the end."""

    def __init__(self, kept: KeptGuest, image: Image, port: int) -> None:
        super().__init__(image, folder=kept.folder, detached=True)
        self.machine = replace(self.machine, port=port)
        self._kept, self._clock_stands = kept, True

    @property
    def running(self) -> bool:
        """Is its power on?"""
        return self._kept.process() is not None
