"""Playbooks that the bench compares ours with, run by ansible-playbook with our connection settings."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra import environment
from infra.errors import CloudError
from infra.hosts.asking import questions
from infra.hosts.catalogue import read_catalogue
from infra.hosts.collecting import snapshot
from infra.hosts.inventory import Host

_CONTROL = "ANSIBLE_SSH_CONTROL_PATH_DIR"
_MODULE = "joliba_rule"
_LONGEST = 400  # characters of a problem
_FAILURES = ("[ERROR]", "ERROR!", "fatal:")


class PlayError(CloudError):
    """ansible-playbook did not come to a good end; the message is what it said first."""


@contextmanager
def own_connections() -> Iterator[None]:
    """What runs within makes its own SSH connections, and does not go on with those of the run before."""
    with tempfile.TemporaryDirectory(prefix="c") as folder:
        os.environ[_CONTROL] = folder
        try:
            yield
        finally:
            del os.environ[_CONTROL]


def a_task_a_rule(host: Host, folder: Path) -> Path:
    """A playbook in which each rule of a host's level is a task, with the module of our audit.

    The module has another name there: under its own, our action plugin would choose the rules.
    """
    library = folder / "library"
    library.mkdir()
    shutil.copy(environment.PLAYBOOKS / "library" / "joliba_audit.py", library / f"{_MODULE}.py")
    what = {"level": host.level, "facts": {**host.facts, "automation_user": host.user}}
    tasks = [
        {"name": rule["rule"], _MODULE: {"rules": [rule], "role": host.role.value}}
        for rule in questions(read_catalogue(), what)
    ]
    return _written(folder / "tasks.json", gather_facts=False, tasks=tasks)


def of_role(checkout: Path, folder: Path) -> Path:
    """A playbook of one role, with its own defaults.

    Raises:
        CloudError: the folder holds none.
    """
    if not (checkout / "tasks").is_dir():
        raise CloudError(f"{checkout} is no role: it has no folder tasks")
    return _written(folder / "role.json", gather_facts=True, roles=[str(checkout.resolve())])


def play(book: Path, host: Host, folder: Path, *options: str, injected: bool = False) -> str:
    """Run a playbook over a host, whose inventory is put into a folder, and return what it says.

    ``injected``: facts are variables too, as Ansible's default is and others' roles may need.

    Raises:
        PlayError: it failed.
    """
    given, inventory = folder / "hosts.json", folder / "joliba.yml"
    given.write_text(json.dumps(snapshot([host])), encoding="utf-8")
    inventory.write_text(json.dumps({"plugin": "joliba", "snapshot": str(given)}), encoding="utf-8")
    with own_connections():
        done = subprocess.run(
            [environment.virtual_environment() / "bin" / "ansible-playbook", "-i", inventory, book, *options],
            env={**os.environ, **environment.ansible_variables(), "ANSIBLE_NOCOLOR": "1",
                 "ANSIBLE_INJECT_FACT_VARS": str(injected)},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise PlayError(_first_failure(done.stdout))
    return done.stdout


def _written(book: Path, **said: Any) -> Path:  # noqa: ANN401  what a play holds
    book.write_text(json.dumps([{"name": "Bench", "hosts": "all", "become": True, **said}]), encoding="utf-8")
    return book


def _first_failure(said: str) -> str:
    """The first failure and the task in which it was."""
    task = ""
    for text in said.splitlines():
        if text.startswith("TASK ["):
            task = f"{text.rstrip(' *')}: "
        if text.startswith(_FAILURES):
            return f"{task}{text}"[:_LONGEST]
    return said.strip()[-_LONGEST:]
