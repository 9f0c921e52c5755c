"""Joliba's playbooks and tasks against one host of a test, as harden.yml and a person run them."""

import json
import os
import subprocess

from infra import environment
from infra.environment import CHECKOUT

PLAYBOOKS = CHECKOUT / "playbooks"
PLUGINS = {
    "ANSIBLE_LIBRARY": str(PLAYBOOKS / "library"),
    "ANSIBLE_MODULE_UTILS": str(PLAYBOOKS / "module_utils"),
    "ANSIBLE_ACTION_PLUGINS": str(PLAYBOOKS / "action_plugins"),
}
"""A play that lies elsewhere finds ours, too."""
LOOKED_AT = {
    "level": "minimal", "lang": "en", "role": "guest", "cloud": "lab", "rules": ["R30"],
    "facts": {"automation_user": "exploitation"}, "deviations": [],
}  # fmt: skip
"""What a rollback asks of the host at its end."""


def playbook(access, folder, book, *options, expect=0, **variables):
    """What ansible-playbook prints; ``book`` is a path, ``folder`` takes the inventory, ``expect`` is the exit code."""
    inventory = folder / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": {"host": access.inventory()}}}), encoding="utf-8")
    program = environment.virtual_environment() / "bin" / "ansible-playbook"
    done = subprocess.run(
        [program, "-i", inventory, book, *options, "-e", json.dumps(variables)],
        cwd=PLAYBOOKS, capture_output=True, text=True, check=False, timeout=1800,
        env={**os.environ, **PLUGINS, "ANSIBLE_CONFIG": str(PLAYBOOKS / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
             "ANSIBLE_TIMEOUT": "60"},  # guests in software emulation on a busy machine
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def play(access, folder, steps, *, become=True, expect=0, **variables):
    """One play of these tasks, and see `playbook`."""
    book = folder / "book.json"
    plays = [{"name": "Test", "hosts": "all", "gather_facts": False, "become": become, "tasks": steps}]
    book.write_text(json.dumps(plays), encoding="utf-8")
    return playbook(access, folder, book, expect=expect, **variables)


def tasks(access, folder, names, **named):
    """Files of playbooks/tasks included in turn, and see `play`."""
    paths = [str(PLAYBOOKS / "tasks" / f"{name}.yml") for name in names]
    return play(access, folder, [{"name": path, "ansible.builtin.include_tasks": path} for path in paths], **named)


def module(access, folder, name, *, become=True, expect=0, **arguments):
    """One task with one module, and see `play`."""
    return play(access, folder, [{"name": name, name: arguments}], become=become, expect=expect)
