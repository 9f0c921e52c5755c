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
LOCAL = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": "python3"}
_RECORDING = """
import json
import time
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        part, host = self._task.action, task_vars["inventory_hostname"]
        with open("log", "a+") as log:
            print(json.dumps({"part": part, "host": host, **self._task.args}), file=log)
            log.seek(0)
            times = sum(json.loads(line)["part"] == part for line in log)
        if times > task_vars.get("fails_after", {}).get(part, times):
            return {"failed": True, "msg": "it fired"}
        answers = {**task_vars["answers"], **task_vars.get("of", {}).get(host, {})}
        answer = answers.get(part, {})
        for _ in range(600):
            with open("log") as log:
                if answer.get("waits_for", "") in log.read():
                    return {"changed": True, **answer}
            time.sleep(0.1)
        return {"failed": True, "msg": "it waited in vain"}
"""


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


def recording(folder, parts):
    """Put parts of these names beside a playbook, which write down what they are asked and do nothing."""
    (folder / "action_plugins").mkdir(exist_ok=True)
    for part in parts:
        (folder / "action_plugins" / f"{part}.py").write_text(_RECORDING, encoding="utf-8")


def recorded(folder, book, *, answers, hosts=1, expect=0, **variables):
    """What such parts were asked, in order, and what ansible-playbook prints.

    ``answers`` are theirs by name; one with ``waits_for`` is given once the log has this text. Variables may have those
    of single hosts under ``of``, and in ``fails_after`` how often a part answers before it fails.
    """
    (folder / "hosts").write_text("".join(f"host-{number}\n" for number in range(hosts)), encoding="utf-8")
    (folder / "log").unlink(missing_ok=True)
    done = subprocess.run(
        [environment.virtual_environment() / "bin" / "ansible-playbook", "-i", "hosts", book,
         "-e", json.dumps({**LOCAL, "answers": answers, **variables})],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return [json.loads(line) for line in (folder / "log").read_text("utf-8").splitlines()], done.stdout


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
