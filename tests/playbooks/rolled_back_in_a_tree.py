"""Runs in a tree (in_a_tree.sh): remedies what fails there and puts it back; prints what differs as JSON.

Arguments: the checkout, and the variable ``joliba`` of the host as JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import host_state

REMEDY = "{{ joliba_remedy.number[0] }}{{ '%02d' | format(joliba_remedy.number[1:] | int) }}.yml"
TASKS = [
    {"name": "Look", "joliba_audit": {"whole": True}, "register": "joliba_asked"},
    {"name": "Save", "joliba_restore_point": {"action": "create", "run": "r", "touches": "{{ joliba_asked.touches }}"}},
    {"name": "Begin, as arming does", "ansible.builtin.command": "touch /var/lib/joliba/restore/r/begun"},
    {
        "name": "Remedy",
        "ansible.builtin.include_role": {"name": "{{ joliba_remedy.chapter }}", "tasks_from": REMEDY},
        "loop": "{{ joliba_asked.recommendations }}",
        "loop_control": {"loop_var": "joliba_remedy"},
    },
    {"name": "Take effect", "ansible.builtin.meta": "flush_handlers"},
    {"name": "Put back", "joliba_restore_point": {"action": "restore", "run": "r"}},
]


SUBJECTS = ("tree", "packages", "manual", "overrides")


def state():
    return {subject: host_state.STATE[subject]() for subject in SUBJECTS}


def main():
    checkout, joliba = Path(sys.argv[1]), json.loads(sys.argv[2])
    ours = (str(checkout), sys.base_prefix)  # mounted there
    host_state.TREES[:] = [top for top in host_state.TREES if not any(each.startswith(f"{top}/") for each in ours)]
    before = state()
    book, hosts = Path("/run/book.json"), Path("/run/hosts")
    play = {"name": "Test", "hosts": "all", "gather_facts": False, "vars": {"joliba": joliba}, "tasks": TASKS}
    book.write_text(json.dumps([play]))
    hosts.write_text("host ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n")
    playbooks = checkout / "playbooks"
    done = subprocess.run(
        ["ansible-playbook", "-i", hosts, book],
        cwd=playbooks, stdout=sys.stderr, check=False,
        env={**os.environ, "ANSIBLE_CONFIG": str(playbooks / "ansible.cfg"), "JOLIBA_HOME": "/run/home"},
    )  # fmt: skip
    after = state()
    left = {
        subject: [each for each in {*was, *after[subject]} if _at(was, each) != _at(after[subject], each)]
        for subject, was in before.items()
    }
    outcome = Path("/var/lib/joliba/restore/r/outcome.json")
    changed = json.loads(outcome.read_text())["changed"] if outcome.exists() else {}
    told = {subject: sorted(each) for subject, each in left.items() if each}
    print(json.dumps({"code": done.returncode, "put back": sum(map(len, changed.values())), "left": told}))


def _at(known, each):
    return known.get(each) if isinstance(known, dict) else each in known


main()
