"""R57's overrides go by the names that packages have, without which the next upgrade undoes them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playing import PLAYBOOKS

FAKE = """#!/bin/sh
echo "$@" >> "{noted}"
"""
PROGRAMS = {"/usr/bin/mount": "0755", "/usr/bin/chage": "0755", "/usr/lib/no/such": "0755"}


def test_overrides_are_of_the_names_that_packages_have(tmp_path):
    if not shutil.which("dpkg-query"):
        pytest.skip("this system has no dpkg")
    fake, noted = tmp_path / "dpkg-statoverride", tmp_path / "noted"
    fake.write_text(FAKE.format(noted=noted))
    fake.chmod(0o755)
    play = {
        "name": "Test", "hosts": "localhost", "gather_facts": False, "connection": "local",
        "tasks": [{"name": "R57", "ansible.builtin.include_tasks": str(PLAYBOOKS / "roles/files/tasks/R57.yml")}],
        "vars": {"joliba_asked": {"settings": {"R57": {"file": PROGRAMS}}}},
    }  # fmt: skip
    (tmp_path / "book.json").write_text(json.dumps([play]))

    programs = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["ansible-playbook", "-i", "localhost,", tmp_path / "book.json"],
        env={**os.environ, "PATH": programs}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    named = [line.split()[-1] for line in noted.read_text().splitlines()]
    assert [name.removeprefix("/usr") for name in named] == [name.removeprefix("/usr") for name in PROGRAMS]
    assert named[-1] == "/usr/lib/no/such"
    for name in named[:-1]:
        assert subprocess.run(["dpkg-query", "--search", name], check=False, capture_output=True).returncode == 0
