"""Hosts whose answers are not our modules': what a compromised one says must stay a word about itself."""

import json
from types import SimpleNamespace

import pytest
from playing import play

from infra.environment import ansible_variables

WORDS = {
    "joliba": {"tenant": "management", "facts": {"backup_keys": "../keys"}},
    "ansible_sftp_executable": "/srv/x", "ansible_scp_executable": "/srv/x", "ansible_control_path": "/srv/x",
}  # fmt: skip
VERDICT = {"rule": "kernel-pointers-hidden", "recommendation": "R9", "verdict": "pass", "expected": "2"}
JOLIBA = {
    "level": "high", "role": "guest", "cloud": "lab", "rules": [VERDICT["rule"]], "facts": {},
    "deviations": [], "tenant": "sante",
}  # fmt: skip


@pytest.fixture
def answering(tmp_path):
    """``answering(answer)``: a host that gives each module this answer, and does nothing of what it is asked."""

    def host(answer):
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\ncat > {tmp_path}/asked\ncat {tmp_path}/answer.json\n")
        python.chmod(0o755)
        told = {"ansible_connection": "local", "ansible_python_interpreter": str(python), "joliba": JOLIBA}
        return SimpleNamespace(inventory=lambda: told)

    return host


def shown(expression):
    return {"name": "Show", "ansible.builtin.debug": {"msg": f"{{{{ ({expression}) | to_json }}}}"}}


@pytest.mark.parametrize("ours", [True, False], ids=["our environment", "our configuration alone"])
def test_what_a_host_calls_facts_are_no_variables(answering, tmp_path, monkeypatch, ours):
    """Whoever runs may have the setting in an environment of their own, which ours goes before."""
    monkeypatch.delenv("ANSIBLE_INJECT_FACT_VARS", raising=False)
    if ours:
        monkeypatch.setenv("ANSIBLE_INJECT_FACT_VARS", "True")
        for name, value in ansible_variables().items():
            monkeypatch.setenv(name, value)
    host = answering({"changed": False, "stat": {"exists": False}, "ansible_facts": {**WORDS, "kernel": "6.1"}})
    look = {"name": "Look", "ansible.builtin.stat": {"path": "/"}}
    told = shown("['of', joliba.tenant, ansible_facts.kernel, ansible_sftp_executable is defined]")

    said = play(host, tmp_path, [look, told], become=False)

    assert '"msg": "[\\"of\\", \\"sante\\", \\"6.1\\", false]"' in said


def test_nothing_of_a_hosts_answer_to_the_audit_is_taken_on_but_what_we_know(answering, tmp_path):
    answer = {"changed": True, "os": "debian-12", "verdicts": [VERDICT], "ansible_facts": WORDS, "more": 1}
    look = {"name": "Look", "joliba_audit": {}, "register": "asked"}
    told = shown("['of', asked.keys() | sort, asked.verdicts[0].verdict, ansible_facts.joliba is defined]")

    said = play(answering(answer), tmp_path, [look, told], become=False)

    keys = ["changed", "dangerous", "failed", "os", "recommendations", "settings", "touches", "verdicts"]
    assert json.dumps(json.dumps(["of", keys, "pass", False])) in said


def test_nothing_of_a_hosts_failure_is_taken_on_but_what_it_says_of_it(answering, tmp_path):
    answer = {"failed": True, "msg": "no disk", "ansible_facts": WORDS, "more": 1}
    look = {"name": "Look", "joliba_audit": {}, "register": "asked", "ignore_errors": True}
    told = shown("['of', asked.msg, asked.more is defined, ansible_facts.joliba is defined]")

    said = play(answering(answer), tmp_path, [look, told], become=False)

    assert json.dumps(json.dumps(["of", "no disk", False, False])) in said
