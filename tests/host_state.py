"""A host as the probes see it: a tree of files, and what its programs print."""

import importlib
import pkgutil
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ansible.module_utils.joliba import observing
from ansible.module_utils.joliba.judging import judge

from infra.hosts.asking import questions
from infra.hosts.catalogue import read_catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

FACTS = {
    "administration": "10.0.2.0/24",
    "administrators": "%administrateurs",
    "automation_user": "exploitation",
    "banner": "Accès réservé. Toute connexion est journalisée.",
    "flows_in": [{"from": "10.1.0.0/16", "ports": ["443/tcp"]}],
    "listening": ["443/tcp"],
    "log_collector": ["logs.example.ml"],
    "log_days": 180,
    "mail_alias": "securite@example.ml",
    "mirror": ["miroir.example.ml"],
    "ntp": ["10.0.0.123", "ntp.example.ml"],
    "packages": ["nginx"],
    "password_rounds": 8,
    "services": ["nginx"],
    "ssh_groups": ["administrateurs"],
    "trusted": [],
}
CATALOGUE = read_catalogue()


class HostState:
    """What a test says of a host; programs that it does not name are not installed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.commands: dict[tuple[str, ...], subprocess.CompletedProcess[str]] = {}

    def file(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Write a file of the host."""
        found = self.root / path.lstrip("/")
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text(text, encoding="utf-8")
        found.chmod(mode)
        return found

    def says(self, command: str, text: str, code: int = 0) -> None:
        """What a command prints, by its first words: the longest that was named answers."""
        words = tuple(command.split())
        self.commands[words] = subprocess.CompletedProcess(words, code, text, "refused" if code else "")

    def verdict(self, rule: str, role: str = "guest", **facts: Any) -> dict[str, Any]:
        """The whole verdict on one rule of the catalogue."""
        forget()
        host: Mapping[str, Any] = {"level": "high", "lang": "en", "facts": {**FACTS, **facts}}
        return judge(questions(CATALOGUE, host, [rule]), role)[0]

    def judged(self, rule: str, role: str = "guest", **facts: Any) -> str:
        """The verdict alone."""
        return str(self.verdict(rule, role, **facts)["verdict"])

    def run(self, command: tuple[str, ...], **_: Any) -> subprocess.CompletedProcess[str]:
        """In the place of `subprocess.run`."""
        for length in range(len(command), 0, -1):
            if command[:length] in self.commands:
                return self.commands[command[:length]]
        raise FileNotFoundError(command[0])


@cache
def _remembering() -> list[Any]:
    package = importlib.import_module("ansible.module_utils.joliba")
    names = (f"{package.__name__}.{each.name}" for each in pkgutil.iter_modules(package.__path__))
    values = (value for name in names for value in vars(importlib.import_module(name)).values())
    return [value for value in values if hasattr(value, "cache_clear")]


def forget() -> None:
    """Drop what the probes remember of an audit."""
    for function in _remembering():
        function.cache_clear()


def install(state: HostState, monkeypatch: Any) -> None:
    """Have the probes look at it."""
    monkeypatch.setattr(observing, "ROOT", str(state.root))
    monkeypatch.setattr(observing, "subprocess", SimpleNamespace(**{**vars(subprocess), "run": state.run}))
