"""Names of files that are no UTF-8, through Ansible itself, which refuses the whole of an answer that holds one."""

import json
import os
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from ansible.module_utils.joliba.telling import told
from playing import PLAYBOOKS, play

ODD = os.fsdecode(b"caf\xe9-\xc3\xa9")
SHOWN = "caf\\xe9-é"


def here(python="/usr/bin/python3"):
    variables = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    return SimpleNamespace(inventory=lambda: variables)


def shown(expression):
    return {"name": "Show", "ansible.builtin.debug": {"msg": f"{{{{ {expression} }}}}"}}


def test_bytes_that_are_no_utf8_are_told_as_such_and_all_else_as_it_is():
    assert told({ODD: [ODD, {"a": (ODD, 1, None, True)}], "é": "é\n"}) == {
        SHOWN: [SHOWN, {"a": [SHOWN, 1, None, True]}], "é": "é\n",
    }  # fmt: skip


def test_an_audit_tells_such_a_file_and_all_other_rules(tmp_path):
    """Under another name than its own the module is asked without our action plugin, which chooses the rules."""
    programs, library = tmp_path / "programs", tmp_path / "library"
    for folder in (programs, library):
        folder.mkdir()
    (programs / ODD).touch()
    (programs / ODD).chmod(0o666)
    shutil.copy(PLAYBOOKS / "library/joliba_audit.py", library / "joliba_rule.py")
    rules = [
        {"rule": name, "recommendation": "R50", "probe": {probe: argument}, "expected": "none"}
        for name, probe, argument in (("one", "programs", [str(programs)]), ("other", "file_text", "/nowhere"))
    ]
    look = {"name": "Look", "joliba_rule": {"rules": rules, "role": "guest"}, "register": "asked"}

    said = play(here(), tmp_path, [look, shown("asked.verdicts | map(attribute='persistent')")], become=False)

    assert json.dumps(f"{programs}/{SHOWN}", ensure_ascii=False) in said
    assert '"absent"' in said


def apart():
    """Whether what this user mounts can be mounted for one program alone."""
    return not subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode


@pytest.mark.skipif(not apart(), reason="a restore point of the test's own needs namespaces of mounts")
def test_a_rollback_tells_such_a_file(tmp_path):
    store, tree, python = (tmp_path / name for name in ("store", "tree", "python"))
    for folder in (store, tree):
        folder.mkdir()
    inside = f'mount --bind {store} /var/lib && exec /usr/bin/python3 "$@"'
    python.write_text(f"#!/bin/sh\nexec unshare --mount sh -c '{inside}' python \"$@\"\n")
    python.chmod(0o755)
    (tree / ODD).touch()
    (tree / ODD).chmod(0o600)
    save = {"action": "create", "run": "1", "touches": {"files": [str(tree)]}}
    steps = [
        {"name": "Save", "joliba_restore_point": save},
        {"name": "Begin, as arming does", "ansible.builtin.raw": f"touch {store}/joliba/restore/1/begun"},
        {"name": "Change", "ansible.builtin.raw": f"chmod 640 {tree}/*"},
        {"name": "Foresee", "joliba_restore_point": {"action": "restore", "run": "1"}, "check_mode": True,
         "register": "foreseen"},
        shown("foreseen.outcomes[0].changed.files"),
    ]  # fmt: skip

    said = play(here(python), tmp_path, steps, become=False)

    assert json.dumps(f"{tree}/{SHOWN}", ensure_ascii=False) in said
    assert list((store / "joliba/restore").iterdir())
